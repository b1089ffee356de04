# SPDX-License-Identifier: Apache-2.0
"""E27 and E24: strangers who write to the log and the metrics, and senders whose connections break at the worst moment."""

import base64
import collections
import http.server
import json
import re
import socket
import struct
import threading
import time

from programs import AUDIENCE, GATEWAY_CPU, PATH, Broken, ask, connect, first_token

PIPELINED = 50
LINES_PER_SECOND = 1000  # the default of [log] verdicts_per_second_max
TEXT_LINE = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z (debug|info|warning|error) [ -~]+")
SERIES_MAX = 300


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Stranger:
    """Makes requests none of which is the same as another, and each of which would like to be in the log as it is."""

    def __init__(self, run, secret):
        self.random, self.secret = run.random, secret
        self.made = 0

    def forged(self):
        return f"\r\n2026-01-01T00:00:00.000Z info verdict=admit reason=- status=200 provider=FORGED-{self.made}\x1b[2J\0"

    def token(self):
        kid = self.random.choice([self.forged(), f"k{self.made}", "\u202e" + self.random.randbytes(8).hex(), "k" * 4000])
        header = json.dumps({"alg": "RS256", "typ": "JWT", "kid": kid})
        return ".".join((part(header.encode()), part(json.dumps({"iss": self.secret}).encode()), part(self.secret.encode())))

    def request(self):
        self.made += 1
        path = self.random.choice([PATH, f"{PATH}/{self.made}", f"/p{self.made}", f"/%0d%0a{self.made}", f"/\\x{self.made}"])
        lines = [f"POST {path}?code={self.secret}&n={self.made} HTTP/1.1", "Host: h", "Content-Length: 2",
                 f"Cookie: session={self.secret}", f"X-Request-Id: {self.secret}",
                 f"traceparent: 00-{self.secret}-{self.made}"]
        if self.random.random() < 0.8:
            lines.append(f"Authorization: Bearer {self.token()}")
        return ("\r\n".join(lines) + "\r\n\r\n{}").encode()

    def broken_request(self):
        """One that is refused before anything of it is understood, and ends the connection."""
        self.made += 1
        bad = self.random.choice([b"X: a\0b", b"X: \x1b[31m", b"X : y", b" folded", b"X: y\rZ: w"])
        return f"POST {PATH}?{self.secret} HTTP/1.1\r\nHost: h\r\n".encode() + bad + b"\r\n\r\n"


def send_all(gateway, stranger, count):
    """How many answers came, by status."""
    statuses = collections.Counter()
    answer = re.compile(rb"HTTP/1\.1 (\d{3}) ")
    wire, left = None, count
    while left > 0:
        size = min(PIPELINED, left)
        breaks = stranger.random.random() < 0.02
        requests = [stranger.request() for _ in range(size - 1)]
        requests.append(stranger.broken_request() if breaks else stranger.request())
        wire = wire or connect(gateway.listen)
        wire.sendall(b"".join(requests))
        text, seen = b"", 0
        while seen < size:
            piece = wire.recv(1 << 16)
            if not piece:
                raise Broken(f"{size - seen} answers are missing")
            text += piece
            seen = len(answer.findall(text))
        statuses.update(status.decode() for status in answer.findall(text))
        left -= size
        if breaks:
            wire.close()
            wire = None
    if wire:
        wire.close()
    return statuses


def judge_log(report, name, gateway, secret, seconds, json_lines):
    lines = gateway.log().splitlines()
    if json_lines:
        odd = 0
        for line in lines:
            try:
                odd += not isinstance(json.loads(line), dict)
            except ValueError:
                odd += 1
        admitted = sum('"verdict":"admit"' in line for line in lines)
    else:
        odd = sum(TEXT_LINE.fullmatch(line) is None for line in lines)
        admitted = sum(" verdict=admit " in line.partition(" kid=")[0] for line in lines)
    report.figure(f"{name}: lines in the log", len(lines))
    report.check(f"{name}: every line of the log is one of ours", odd == 0, f"{odd} are not")
    report.check(f"{name}: no line is forged", admitted == 0, f"{admitted} say admit, though nothing was admitted")
    report.check(f"{name}: no secret in the log", secret not in gateway.log(), "query, token, cookie, request id")
    most = LINES_PER_SECOND * (seconds + 2) + 100
    report.check(f"{name}: the log is bounded", len(lines) <= most, f"{len(lines):,} of {most:,.0f}")


def log_abuse(run):
    report = run.report
    _, keys = run.programs.tokens("load")
    for name in ("text", "json"):
        secret = "s3cret" + run.random.randbytes(8).hex()
        gateway = run.programs.gateway("--keys", keys, "--workers", 1, "--log-format", name, cpu=GATEWAY_CPU,
                                       log_level="info")
        gateway.wait_ready()
        count = run.count(500_000, 2_000)
        memory, begun = gateway.rss_kib(), time.monotonic()
        statuses = send_all(gateway, Stranger(run, secret), count)
        seconds = time.monotonic() - begun
        metrics = gateway.metrics()
        listed = ask(gateway.admin, "GET", "/api/v1/verdicts?limit=10000")[1].decode()
        growth = gateway.rss_kib() - memory
        gateway.signal(15)
        report.check(f"{name}: stops when told", gateway.wait(10) == 0, "after SIGTERM")
        report.figure(f"{name}: requests", count, "none the same as another")
        report.figure(f"{name}: answered", count / seconds, "/s")
        report.check(f"{name}: refused, each of them", set(statuses) <= {"400", "401", "404", "414", "431"}
                     and sum(statuses.values()) == count, str(dict(statuses)))
        judge_log(report, name, gateway, secret, seconds, name == "json")
        counted = sum(value for key, value in metrics.items() if key.startswith("callgate_requests_total"))
        report.check(f"{name}: all are counted", counted == count, f"{counted:,.0f} of {count:,}")
        left_out = metrics["callgate_log_lines_left_out_total"]
        verdicts = sum("verdict" in line and "left out" not in line for line in gateway.log().splitlines())
        report.check(f"{name}: written and left out are all", verdicts + left_out == count,
                     f"{verdicts:,} written, {left_out:,.0f} left out")
        report.check(f"{name}: series of the metrics are bounded", len(metrics) <= SERIES_MAX, f"{len(metrics)} series")
        words = " ".join(metrics)
        report.check(f"{name}: no word of a stranger in the metrics", secret not in words and "FORGED" not in words, "")
        report.check(f"{name}: no secret in the list of verdicts", secret not in listed and bool(json.loads(listed)), "")
        report.check(f"{name}: memory stays", growth <= 8 * 1024, f"RSS + {growth:,} KiB")


class Application:
    """Remembers the ids of the events that it was handed whole."""

    def __init__(self):
        seen = self.seen = collections.Counter()
        lock = threading.Lock()

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):  # noqa: N802  the name is http.server's
                event = json.loads(self.rfile.read(int(self.headers["Content-Length"])))[0]
                with lock:
                    seen[event["id"]] += 1
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def event(number, size):
    call = f"{number:08x}-41a0-f2c7"
    return json.dumps([{"id": f"e{number}", "source": f"calling/callConnections/{call}", "specversion": "1.0",
                        "type": "Microsoft.Communication.PlayCompleted", "subject": "x",
                        "data": {"callConnectionId": call, "pad": "x" * size}}]).encode()


def reset(wire):
    wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    wire.close()


class Sender:
    """Sends each event until it is answered 200, as the service does; breaks most of its connections on purpose."""

    def __init__(self, run, gateway, token, events):
        self.random, self.gateway, self.token, self.events = run.random, gateway, token, events
        self.broken = collections.Counter()
        self.answered, self.other = [], collections.Counter()

    def run(self):
        for number in self.events:
            for attempt in range(6):
                moment = "none" if attempt == 5 else self.random.choice(
                    ["in the head", "behind the head", "in the body", "before the answer", "none"])
                status = self.send(event(number, self.random.choice([0, 200, 70_000])), moment)
                if status == 200:
                    self.answered.append(f"e{number}")
                    break
                if moment == "none":
                    self.other[status] += 1

    def send(self, body, moment):
        head = (f"POST {PATH} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {self.token}\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n").encode()
        cut = {"in the head": len(head) // 2, "behind the head": len(head), "in the body": len(head) + len(body) // 2}
        wire = connect(self.gateway.listen)
        wire.settimeout(30)
        if moment in cut:
            self.broken[moment] += 1
            wire.sendall((head + body)[:cut[moment]])
            reset(wire)
            return 0
        wire.sendall(head + body)
        if moment == "before the answer":
            self.broken[moment] += 1
            reset(wire)
            return 0
        text = b""
        while b"\r\n\r\n" not in text:
            piece = wire.recv(65536)
            if not piece:
                break
            text += piece
        wire.close()
        return int(text[9:12] or b"0")


def resets(run):
    report = run.report
    tokens, keys = run.programs.tokens("load", count=1)
    application = Application()
    gateway = run.programs.gateway("--keys", keys, "--upstream", application.url, cpu=GATEWAY_CPU)
    gateway.wait_ready()
    descriptors, threads = gateway.descriptors(), 8
    each = run.count(2_500, 10)
    senders = [Sender(run, gateway, first_token(tokens), range(one * each, (one + 1) * each)) for one in range(threads)]
    workers = [threading.Thread(target=sender.run) for sender in senders]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    alive = ask(gateway.admin, "GET", "/livez")[0] == 200
    deadline = time.monotonic() + 10
    while gateway.descriptors() > descriptors + 70 and time.monotonic() < deadline:
        time.sleep(0.05)
    left = gateway.descriptors() - descriptors
    gateway.signal(15)
    stopped = gateway.wait(40)
    application.close()
    answered = [one for sender in senders for one in sender.answered]
    broken = sum((sender.broken for sender in senders), collections.Counter())
    other = sum((sender.other for sender in senders), collections.Counter())
    for moment, number in sorted(broken.items()):
        report.figure(f"connections reset {moment}", number)
    report.figure("events", threads * each)
    lost = [one for one in answered if not application.seen[one]]
    unknown = sum(application.seen.values()) - len(answered)
    report.figure("handed on though the sender never saw the answer", unknown, "each is sent again by the sender")
    report.check("every event is answered 200 in the end", len(answered) == threads * each,
                 f"{len(answered):,} of {threads * each:,}; other answers: {dict(other)}")
    report.check("none that was answered is lost", not lost, f"{len(lost)} lost")
    report.check("nothing is handed on that was not sent whole",
                 unknown <= broken["before the answer"], f"{unknown} of {broken['before the answer']}")
    report.check("the gateway lives, and stops when told", alive and stopped == 0, f"exit {stopped}")
    report.check("no descriptor is lost", left <= 70, f"{left} more, kept connections to the application among them")
