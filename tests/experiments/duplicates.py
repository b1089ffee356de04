# SPDX-License-Identifier: Apache-2.0
"""E22: senders that send again, with the same token and with new ones, with the same body and with others, before and after
a restart: each event is delivered once."""

import asyncio
import collections
import signal

from application import Application
from ledger import InboxFile
from programs import AUDIENCE, PATH

CONNECTIONS = 48
TOKENS_EACH = 3
LEAST_RECORDS = 1000  # the least that records_max may be


class Wire:
    """One kept connection, one request at a time."""

    def __init__(self, address):
        self.host, self.port = address.rsplit(":", 1)
        self.writer = None

    async def post(self, token, body):
        """(status, answer)"""
        if self.writer is None:
            self.reader, self.writer = await asyncio.open_connection(self.host, int(self.port))
        self.writer.write((f"POST {PATH} HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer {token}\r\n"
                           f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}").encode())
        head = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        size = int(head.partition(b"\r\ncontent-length: ")[2].partition(b"\r\n")[0])
        answer = await self.reader.readexactly(size)
        return int(head.split(b" ", 2)[1]), answer

    def close(self):
        if self.writer:
            self.writer.close()


class Event:
    """Its three tokens, and two bodies with one id."""

    def __init__(self, number, tokens):
        self.id, self.tokens = f"d-{number}", tokens
        self.first, self.other = self.body(number, "first"), self.body(number, "other")

    def body(self, number, text):
        call = f"d-call-{number % 997}"
        return (f'[{{"id":"{self.id}","source":"calling/callConnections/{call}","specversion":"1.0",'
                f'"type":"Microsoft.Communication.PlayCompleted",'
                f'"data":{{"callConnectionId":"{call}","text":"{text}"}}}}]')


# What is sent of each event: which token, which body, what comes back.
BEFORE = [("first", 0, "first", 200), ("same token", 0, "first", 200), ("new token", 1, "first", 200),
          ("same token, other body", 0, "other", 401)]
AFTER = [("same token after the restart", 0, "first", 200), ("new token, other body", 2, "other", 200),
         ("that again", 2, "other", 200), ("that token, first body", 2, "first", 401)]


async def send_all(gateway, events, steps):
    """{step: Counter of answers}; wrong ones as they were."""
    answers, wrong = collections.defaultdict(collections.Counter), []

    async def work(number):
        wire = Wire(gateway.listen)
        for event in events[number::CONNECTIONS]:
            for name, token, body, expected in steps:
                status, text = await wire.post(event.tokens[token], getattr(event, body))
                reason = "" if status == 200 else text.partition(b'"reason":"')[2].partition(b'"')[0].decode()
                answers[name][f"{status} {reason}".strip()] += 1
                if (status, reason) != (expected, "" if expected == 200 else "token_replayed"):
                    wrong.append((name, event.id, status, reason))
        wire.close()

    await asyncio.gather(*(work(number) for number in range(CONNECTIONS)))
    return answers, wrong


def judge_answers(report, when, sent):
    answers, wrong = sent
    for name, counts in answers.items():
        report.figure(f"{when}: {name}", ", ".join(f"{number:,} x {what}" for what, number in counts.items()))
    report.check(f"{when}: repeats are answered 200, another body under one token is token_replayed", not wrong,
                 f"{len(wrong)} otherwise {wrong[:3]}")


def start(run, keys, application, path, listen="127.0.0.1:0"):
    gateway = run.programs.gateway("--keys", keys, "--inbox", path, "--upstream", application.url, "--max-lifetime", "2h",
                                   listen=listen, reuses_tokens=False, log_level="error")
    gateway.wait_ready()
    return gateway


def duplicates(run):
    report, count = run.report, run.count(100_000, 400)
    tokens_file, keys = run.programs.tokens("each", count=count * TOKENS_EACH, jti=True)
    tokens = tokens_file.read_text().split()
    events = [Event(number, tokens[number * TOKENS_EACH:(number + 1) * TOKENS_EACH]) for number in range(count)]
    application, path = Application(run.programs), run.programs.file("once.db")
    gateway = start(run, keys, application, path)
    judge_answers(report, "before", asyncio.run(send_all(gateway, events, BEFORE)))
    before = gateway.metric("callgate_replay_records")
    gateway.signal(signal.SIGTERM)
    ended = gateway.wait(60)
    gateway = start(run, keys, application, path, gateway.listen)
    judge_answers(report, "after", asyncio.run(send_all(gateway, events, AFTER)))
    after = gateway.metric("callgate_replay_records")
    application.wait_taken(count, 600)
    gateway.signal(signal.SIGTERM)
    report.check("the gateway stops when told", (ended, gateway.wait(60)) == (0, 0), "twice")
    taken, inbox = collections.Counter(one.id for one in application.taken()), InboxFile(path)
    report.figure("events", count, f"each sent {len(BEFORE) + len(AFTER)} times, with {TOKENS_EACH} tokens")
    report.check("each is delivered once", len(taken) == count and set(taken.values()) == {1},
                 f"{len(taken):,} events, {sum(taken.values()):,} deliveries")
    report.check("each is in the inbox once", inbox.rows == len(inbox.states) == count, f"{inbox.rows:,} rows")
    report.check("the record holds one line a token, no more", (before, after) == (2 * count, 2 * count),
                 f"{before:,.0f} before and {after:,.0f} after the restart")
    full_record(run, tokens, keys)


def full_record(run, tokens, keys):
    """Past its bound new tokens get 503, and what is in it is not forgotten."""
    report, programs = run.report, run.programs
    config = programs.write("small.toml", f"""
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[[provider]]
name = "acs"
audiences = ["{AUDIENCE}"]
keys = "{keys}"
max_lifetime = "2h"
[[route]]
path = "{PATH}"
providers = ["acs"]
[replay]
records_max = {LEAST_RECORDS}
""")
    gateway = programs.gateway("--config", config, log_level="error")
    gateway.wait_ready()
    events = [Event(number, [token]) for number, token in enumerate(tokens[:LEAST_RECORDS + 200])]
    first, _ = asyncio.run(send_all(gateway, events, [("first", 0, "first", 200)]))
    records = gateway.metric("callgate_replay_records")
    _, forgotten = asyncio.run(send_all(gateway, events[:100], [("other body", 0, "other", 401)]))
    answers = first["first"]
    report.figure(f"{len(events):,} tokens for a record of {LEAST_RECORDS:,}", str(dict(answers)))
    report.check("a full record is 503, not forgetful", set(answers) <= {"200", "503 replay_store_unavailable"}
                 and records <= LEAST_RECORDS and answers["200"] == records and not forgotten,
                 f"{records:,.0f} records, {len(forgotten)} of 100 forgotten {forgotten[:2]}")
