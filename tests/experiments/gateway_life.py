# SPDX-License-Identifier: Apache-2.0
"""E14: SIGTERM under load, with uploads under way and clients that never finish."""

import signal
import time

from programs import EVENT, PATH, Broken, connect, first_token, not_admitted, wait_until

UPLOADS = 5
HANGING = 10
DEADLINE = 1.0  # --drain-timeout


def upload_head(token, length):
    return (f"POST {PATH} HTTP/1.1\r\nHost: gate.example\r\nAuthorization: Bearer {token}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n").encode()


def read_answer(connection):
    """(status, says close); status 0 if the connection ended without an answer."""
    received = b""
    try:
        while b"\r\n\r\n" not in received:
            part = connection.recv(65536)
            if not part:
                return 0, False
            received += part
    except OSError:
        return 0, False
    head = received.split(b"\r\n\r\n")[0].lower()
    return int(head.split(b" ", 2)[1]), b"\nconnection: close" in head


def refuses(address):
    try:
        connect(address).close()
        return False
    except ConnectionRefusedError:
        return True
    except OSError:
        return False


class Stop:
    """One life of a gateway, and its end."""

    def __init__(self, run, keys, tokens, rate, twice):
        self.run, self.twice = run, twice
        programs = run.programs
        self.gateway = gateway = programs.gateway("--keys", keys, "--drain-timeout", f"{int(DEADLINE * 1000)}ms")
        gateway.wait_ready()
        self.token = first_token(tokens)
        body = EVENT.encode()
        self.hanging = [connect(gateway.listen) for _ in range(HANGING)]
        for number, one in enumerate(self.hanging):  # some within the head, some within the body
            head = upload_head(self.token, len(body))
            one.sendall(head[:80] if number % 2 else head + body[:20])
        self.uploads = [connect(gateway.listen) for _ in range(UPLOADS)]
        for one in self.uploads:
            one.sendall(upload_head(self.token, len(body)) + body[:50])
        self.load = programs.begin_send(gateway.listen, tokens, 0.6, rate=rate, connections=16, timeout=1)
        time.sleep(run.random.uniform(0.1, 0.4))
        self.end(body)
        for one in self.hanging + self.uploads:
            one.close()

    def end(self, body):
        gateway = self.gateway
        begun = time.monotonic()
        gateway.signal(signal.SIGTERM)
        self.closed = wait_until(lambda: refuses(gateway.listen), 10, "the listening socket closes")
        if self.twice:
            begun = time.monotonic()
            gateway.signal(signal.SIGTERM)
            self.status = gateway.wait(10)
            self.ended, self.answers = time.monotonic() - begun, []
            self.load.result()
            return
        time.sleep(DEADLINE / 4)
        for one in self.uploads:
            try:
                one.sendall(body[50:])
            except OSError:
                continue
        self.answers = [read_answer(one) for one in self.uploads]
        self.status = gateway.wait(DEADLINE + 10)
        self.ended = time.monotonic() - begun
        if self.status is None:
            raise Broken("the gateway did not end")
        self.outcome = self.load.result()


def drain(run):
    programs, report = run.programs, run.report
    tokens, keys = programs.tokens("load")
    gateway = programs.gateway("--keys", keys)
    gateway.wait_ready()
    capacity = programs.send(gateway.listen, tokens, run.seconds(3, 0.5), connections=16)["good_admitted_per_second"]
    gateway.child.kill()
    count = run.count(100, 3)
    # Every third stop is hurried by a second SIGTERM.
    stops = [Stop(run, keys, tokens, 0.7 * capacity, number % 3 == 2) for number in range(count)]
    calm = [one for one in stops if not one.twice]
    hurried = [one for one in stops if one.twice]

    answers = [answer for one in calm for answer in one.answers]
    cut = [one for one in calm if set(one.outcome["good"]["failures"]) & {"reset", "closed_before_answer"}]
    refused = [not_admitted(one.outcome) for one in calm]
    closed = sorted(one.closed for one in stops)
    report.figure("stops", f"{len(calm)} calm, {len(hurried)} hurried")
    report.figure("load at each stop", 0.7 * capacity, "callbacks/s (0.7 C)")
    report.figure("listening closed after, median", 1000 * closed[len(closed) // 2], "ms")
    report.figure("listening closed after, at most", 1000 * closed[-1], "ms")
    report.figure("ended after, at most", max(one.ended for one in calm), f"s, with a deadline of {DEADLINE} s")
    report.figure("second SIGTERM: ended after, at most", 1000 * max((one.ended for one in hurried), default=0), "ms")
    report.figure("what the load saw at the last stop", refused[-1] or "nothing")
    report.check("listening closes within 100 ms", closed[-1] <= 0.1, f"{1000 * closed[-1]:.0f} ms at most",
                 on_long_runs=True)
    report.check("uploads under way get their answer", all(status in (200, 503) for status, _ in answers),
                 f"{sum(status == 200 for status, _ in answers)} x 200, {sum(status == 503 for status, _ in answers)} x"
                 f" 503, {sum(status == 0 for status, _ in answers)} x none")
    report.check("the answer says Connection: close", all(closes for _, closes in answers),
                 f"{sum(closes for _, closes in answers)} of {len(answers)}")
    report.check("no request of the load cut off", not cut,
                 f"{len(cut)} of {len(calm)} stops" + (f", such as {not_admitted(cut[0].outcome)}" if cut else ""),
                 on_long_runs=True)
    late = max(one.ended for one in calm)
    report.check("ends by its deadline + 1 s though clients hang", late <= DEADLINE + 1, f"{late:.2f} s",
                 on_long_runs=True)
    statuses = sorted({one.status for one in calm})
    report.check("exit status 0", statuses == [0], f"{statuses}")
    hurry = max((one.ended for one in hurried), default=0)
    report.check("a second SIGTERM ends at once", hurry <= 0.5, f"{1000 * hurry:.0f} ms at most", on_long_runs=True)
