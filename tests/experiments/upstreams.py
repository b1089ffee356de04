# SPDX-License-Identifier: Apache-2.0
"""An application behind the gateway that is slow, hangs, breaks off in the middle or talks nonsense: honest statuses, each
answer for its own request, and a gateway that serves everything else meanwhile."""

import asyncio
import collections
import contextlib
import hashlib
import json
import struct
import time

from programs import AUDIENCE, GATEWAY_CPU, PATH, ask, first_token

TIMEOUT = 1.0  # upstream_timeout, seconds
POOL = 64  # connections to one application, of one worker
WAITING = 256  # requests that may wait for one of them
ANSWER_MAX = 8 << 20  # bytes of an answer
OTHER = "/other"  # a route without an application

# What the application does with a request, how often, and what the sender must get.
PLANS = {
    "plain": (50, 200), "chunked": (8, 200), "slow": (8, 200), "in pieces": (6, 200), "says close": (5, 200),
    "behind an interim": (4, 200), "two answers at once": (3, 200), "until the end": (3, 200),
    "hangs": (2, 504), "hangs in the head": (1, 504), "hangs in the body": (1, 504),
    "resets": (2, 502), "resets in the head": (2, 502), "resets in the body": (2, 502), "ends without a word": (1, 502),
    "ends in the body": (1, 502), "no HTTP": (1, 502), "two lengths": (1, 502), "too large": (0.02, 502),
    "too large without a length": (0.02, 502),
}


def text_of(request_id, own):
    """The answer to one request, which says whose it is."""
    return f"{request_id} {own}".encode()


def plain(body, more=b""):
    return b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (more, len(body), body)


def reset(writer):
    writer.get_extra_info("socket").setsockopt(1, 13, struct.pack("ii", 1, 0))  # SOL_SOCKET, SO_LINGER
    writer.transport.abort()


class Application:
    """Does with each request what its field X-Plan says."""

    def __init__(self):
        self.seen = collections.Counter()  # by the sender's own name of the request
        self.open = 0

    async def start(self):
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", 0)
        self.url = "http://127.0.0.1:{}".format(self.server.sockets[0].getsockname()[1])

    async def serve(self, reader, writer):
        self.open += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            while await self.serve_one(reader, writer):
                pass
        self.open -= 1
        writer.close()

    async def serve_one(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode("latin-1").split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(fields["Content-Length"]))
        own = fields["X-Own"] + " " + hashlib.sha256(body).hexdigest()
        self.seen[fields["X-Own"]] += 1
        act = getattr(self, fields["X-Plan"].replace(" ", "_"))
        goes_on = await act(reader, writer, text_of(fields["Callgate-Request-Id"], own))
        if goes_on:
            await writer.drain()
        return goes_on

    # Each gives whether the connection goes on.

    async def plain(self, _, writer, text):
        writer.write(plain(text))
        return True

    async def chunked(self, _, writer, text):
        middle = len(text) // 3
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(
            b"%x\r\n%b\r\n" % (len(part), part) for part in (text[:middle], text[middle:])) + b"0\r\n\r\n")
        return True

    async def slow(self, _, writer, text):
        await asyncio.sleep(0.2)
        writer.write(plain(text))
        return True

    async def in_pieces(self, _, writer, text):
        answer = plain(text)
        for at in range(0, len(answer), 29):
            writer.write(answer[at:at + 29])
            await writer.drain()
            await asyncio.sleep(0)
        return True

    async def says_close(self, _, writer, text):
        writer.write(plain(text, b"Connection: close\r\n"))
        await writer.drain()
        return False

    async def behind_an_interim(self, _, writer, text):
        writer.write(b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + plain(text))
        return True

    async def two_answers_at_once(self, _, writer, text):
        writer.write(plain(text) + plain(b"nobody asked for this"))
        await writer.drain()
        return False

    async def until_the_end(self, _, writer, text):
        writer.write(b"HTTP/1.0 200 OK\r\n\r\n" + text)
        await writer.drain()
        return False

    async def hangs(self, reader, *_):
        await reader.read(1)  # until the gateway gives up
        return False

    async def hangs_in_the_head(self, reader, writer, _):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
        return await self.hangs(reader)

    async def hangs_in_the_body(self, reader, writer, text):
        writer.write(plain(text)[:-5])
        return await self.hangs(reader)

    async def resets(self, _, writer, __):
        reset(writer)
        return False

    async def resets_in_the_head(self, _, writer, __):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Le")
        await asyncio.sleep(0.01)
        reset(writer)
        return False

    async def resets_in_the_body(self, _, writer, text):
        writer.write(plain(text)[:-5])
        await asyncio.sleep(0.01)
        reset(writer)
        return False

    async def ends_without_a_word(self, *_):
        return False

    async def ends_in_the_body(self, _, writer, text):
        writer.write(plain(text)[:-5])
        await writer.drain()
        return False

    async def no_HTTP(self, _, writer, __):  # noqa: N802  named as the plan
        writer.write(b"220 mail.example ESMTP\r\n\r\n")
        await writer.drain()
        return False

    async def two_lengths(self, _, writer, text):
        writer.write(plain(text, b"Content-Length: 3\r\n"))
        await writer.drain()
        return False

    async def too_large(self, reader, writer, _):
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (ANSWER_MAX + 1))
        return await self.hangs(reader)

    async def too_large_without_a_length(self, _, writer, __):
        writer.write(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        for _ in range(ANSWER_MAX // 65536 + 1):
            writer.write(bytes(65536))
            await writer.drain()
        return False


class Sender:
    """A kept connection; counts what is not as it must be."""

    def __init__(self, gateway, token, tally):
        self.address, self.token, self.tally = gateway.listen.split(":"), token, tally
        self.reader = self.writer = None

    async def send(self, own, plan, path=PATH, size=0):
        """(status, fields, body)"""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(*self.address)
        body = json.dumps([{"id": own, "source": "s", "specversion": "1.0", "type": "t",
                            "data": {"callConnectionId": "c", "pad": "x" * size}}]).encode()
        self.writer.write((f"POST {path} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {self.token}\r\nX-Own: {own}\r\n"
                           f"X-Plan: {plan}\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body)
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        fields = {name.lower(): value for name, _, value in (line.partition(": ") for line in head[1:] if line)}
        answer = await self.reader.readexactly(int(fields.get("content-length", "0")))
        self.digest = hashlib.sha256(body).hexdigest()
        return int(head[0].split()[1]), fields, answer

    async def judge(self, own, plan, size):
        expected = PLANS[plan][1]
        status, fields, answer = await self.send(own, plan, size=size)
        self.tally.statuses[plan, status] += 1
        if status != expected:
            self.tally.other.append((plan, status))
        elif status == 200:
            # Its own request's id, its own name and the digest of its own body: all of it or another's answer.
            if answer != text_of(fields["x-request-id"], f"{own} {self.digest}"):
                self.tally.crossed.append((plan, own, answer[:100]))
        else:
            problem = json.loads(answer)
            reason = {502: "upstream_unreachable", 504: "upstream_timeout"}[status]
            if problem["reason"] != reason or problem["request_id"] != fields["x-request-id"]:
                self.tally.crossed.append((plan, own, answer[:100]))

    def close(self):
        if self.writer:
            self.writer.close()


class Tally:
    def __init__(self):
        self.statuses = collections.Counter()
        self.other, self.crossed = [], []


class Bystander:
    """Asks for everything else again and again: another route, health."""

    def __init__(self, gateway, token):
        self.gateway = gateway
        self.sender = Sender(gateway, token, None)
        self.times, self.bad, self.asked = [], [], 0
        self.ending = asyncio.Event()

    async def look(self):
        while not self.ending.is_set():
            begun = time.monotonic()
            status, _, _ = await asyncio.wait_for(self.sender.send("bystander", "-", OTHER), 30)
            self.times.append(time.monotonic() - begun)
            if status != 200:
                self.bad.append(status)
            for path in ("/readyz", "/livez"):
                health, _ = await asyncio.to_thread(ask, self.gateway.admin, "GET", path)
                if health != 200:
                    self.bad.append((path, health))
            self.asked += 1
            await asyncio.sleep(0.02)
        self.sender.close()

    def worst(self, percent):
        times = sorted(self.times)
        return 1000 * times[min(len(times) - 1, len(times) * percent // 100)]


@contextlib.asynccontextmanager
async def bystander(gateway, token):
    one = Bystander(gateway, token)
    task = asyncio.create_task(one.look())
    try:
        yield one
    finally:
        one.ending.set()
        await task


async def mixed(run, gateway, token, count):
    """`count` requests over 48 connections, each with a plan by chance."""
    tally, senders = Tally(), 48
    plans = run.random.choices(list(PLANS), [share for share, _ in PLANS.values()], k=count)
    plans[:2] = ["too large", "too large without a length"]  # rare, but never left out
    sizes = [run.random.choice((0, 0, 0, 3000, 60_000)) for _ in plans]

    async def work(number):
        sender = Sender(gateway, token, tally)
        for at in range(number, count, senders):
            await sender.judge(f"r{at}", plans[at], sizes[at])
        sender.close()

    await asyncio.gather(*(work(number) for number in range(senders)))
    return tally


async def full_pool(gateway, token, count):
    """`count` requests at once to an application that hangs: [(status, Retry-After, reason, seconds)]"""
    async def one(number):
        sender = Sender(gateway, token, None)
        begun = time.monotonic()
        status, fields, answer = await sender.send(f"h{number}", "hangs")
        sender.close()
        return status, fields.get("retry-after"), json.loads(answer)["reason"], time.monotonic() - begun

    return await asyncio.gather(*(one(number) for number in range(count)))


def config_text(keys, application):
    return f"""
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
workers = 1
[[provider]]
name = "acs"
audiences = ["{AUDIENCE}"]
keys = "{keys}"
max_lifetime = "2h"
[[route]]
path = "{PATH}"
providers = ["acs"]
replay = "off"
upstream = "{application}"
upstream_timeout = "{round(TIMEOUT * 1000)}ms"
[[route]]
path = "{OTHER}"
providers = ["acs"]
replay = "off"
"""


async def upstream_phases(run):
    tokens, keys = run.programs.tokens("load", count=1)
    token = first_token(tokens)
    application = Application()
    await application.start()
    gateway = run.programs.gateway("--config", run.programs.write("upstreams.toml", config_text(keys, application.url)),
                                   cpu=GATEWAY_CPU, log_level="error")
    await asyncio.to_thread(gateway.wait_ready)
    descriptors, memory = gateway.descriptors(), gateway.rss_kib()
    async with bystander(gateway, token) as beside:
        tally = await mixed(run, gateway, token, run.count(60_000, 1_200))
    judge_mixed(run.report, tally, beside, application)
    async with bystander(gateway, token) as beside:
        crowd = await full_pool(gateway, token, POOL + WAITING + 80)
    judge_full(run.report, crowd, beside)
    await judge_after(run, gateway, token, application, descriptors, memory)
    application.server.close()


def judge_mixed(report, tally, beside, application):
    by_status = collections.Counter()
    for (_, status), number in tally.statuses.items():
        by_status[status] += number
    report.figure("requests to an application with 20 ways to answer", sum(by_status.values()), str(dict(by_status)))
    report.figure("another route meanwhile, p99", beside.worst(99), f"ms, {beside.asked} times")
    report.check("each gets the status that its application's fault has", not tally.other,
                 f"{len(tally.other)} others {tally.other[:5]}")
    report.check("each answer is its own request's, by id, name and digest", not tally.crossed,
                 f"{len(tally.crossed)} crossed {tally.crossed[:3]}")
    twice = [own for own, number in application.seen.items() if number > 1]
    report.check("no request arrives twice", not twice, f"{len(twice)} did")
    report.check("another route and health answer 200 meanwhile", not beside.bad and beside.asked > 0,
                 f"{len(beside.bad)} of {beside.asked} did not {beside.bad[:5]}")


def judge_full(report, crowd, beside):
    statuses = collections.Counter((status, reason) for status, _, reason, _ in crowd)
    report.figure("at once, to an application that hangs", len(crowd), str(dict(statuses)))
    report.figure("another route meanwhile, slowest", beside.worst(100), f"ms, {beside.asked} times")
    allowed = {(504, "upstream_timeout"), (503, "overloaded")}
    report.check("full pool: 504 for those it hangs for, 503 for those it has no room for", set(statuses) <= allowed,
                 str(dict(statuses)))
    silent = [one for one in crowd if one[0] == 503 and one[1] is None]
    report.check("full pool: each 503 has Retry-After", not silent, f"{len(silent)} without")
    at_once = sum(status == 503 and seconds < TIMEOUT for status, _, _, seconds in crowd)
    report.check("full pool: those past the queue are told at once", at_once == len(crowd) - POOL - WAITING,
                 f"{at_once} of {len(crowd) - POOL - WAITING}", on_long_runs=True)
    slowest = max(seconds for *_, seconds in crowd)
    report.check("full pool: nobody waits longer than for a connection and an answer", slowest < 5 + TIMEOUT + 2,
                 f"{slowest:.1f} s", on_long_runs=True)
    report.check("full pool: another route and health answer 200 meanwhile", not beside.bad and beside.asked > 0,
                 f"{len(beside.bad)} of {beside.asked} did not {beside.bad[:5]}")


async def judge_after(run, gateway, token, application, descriptors, memory):
    report = run.report
    tally = Tally()
    sender = Sender(gateway, token, tally)
    for number in range(200):
        await sender.judge(f"a{number}", "plain", 0)
    sender.close()
    report.check("well again: every request is answered 200 at once", not tally.other and not tally.crossed,
                 f"{len(tally.other) + len(tally.crossed)} were not")
    deadline = time.monotonic() + 10
    while (gateway.descriptors() > descriptors or application.open) and time.monotonic() < deadline:
        await asyncio.sleep(0.05)
    report.check("no descriptor is lost once idle connections are closed", gateway.descriptors() <= descriptors,
                 f"{descriptors} before, {gateway.descriptors()} after, {application.open} open at the application")
    report.figure("RSS before and after", f"{memory:,} and {gateway.rss_kib():,}", "KiB")
    counted = await asyncio.to_thread(gateway.metric, "callgate_requests_total")
    report.figure("requests counted by the gateway", counted)
    gateway.signal(15)
    report.check("stops when told", await asyncio.to_thread(gateway.wait, 40) == 0, "after SIGTERM")


def upstream_faults(run):
    asyncio.run(upstream_phases(run))
