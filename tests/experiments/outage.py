# SPDX-License-Identifier: Apache-2.0
"""E7 and E23: an application behind the inbox that is away in every way there is, and one that is too slow."""

import collections
import signal
import time

from application import POISON, Application
from ledger import InboxFile, acknowledged, milliseconds, out_of_order, read_ledger, repeats
from prober import Prober
from programs import AUDIENCE, PATH, Sampler, ask, first_token, wait_until

WAYS = ("gone", "hang", "500", "reset", "cut")  # of being away
PARALLEL = 64  # pushes at once
TRIES = 3  # of what is refused for good
POISONED = POISON.decode() + "-1"


class Caught:
    """When the application had taken again all that was acknowledged until then, and how fast."""

    def __init__(self, sent, taken, returned):
        known = {one.id for one in sent}
        taken = [one for one in taken if one.id in known]
        first = [one.time for one in taken if one.time >= returned]
        self.first = first[0] if first else returned
        arrivals = [(one.answered, 1) for one in acknowledged(sent)]
        seen, ends = set(), []
        for one in taken:
            if one.id not in seen:
                ends.append((one.time, -1))
            seen.add(one.id)
        behind, self.at, self.backlog = 0, self.first, 0
        for when, step in sorted(arrivals + ends):
            behind += step
            if when <= self.first:
                self.backlog = behind
            elif behind <= PARALLEL:
                self.at = when
                break
        self.seconds = max(1e-3, self.at - self.first)
        self.rate = sum(self.first <= when <= self.at for when, _ in ends) / self.seconds
        self.arrival = sum(self.first <= when <= self.at for when, _ in arrivals) / self.seconds


class Outage:
    """The run: a while in which all is well, the application away in one way after the other, and back."""

    def __init__(self, run):
        programs = self.programs = run.programs
        tokens, keys = programs.tokens("load", count=50)
        self.application = Application(programs)
        self.path, self.ledger = programs.file("outage.db"), programs.file("outage.ledger")
        self.gateway = programs.gateway("--keys", keys, "--inbox", self.path, "--upstream", self.application.url,
                                        "--upstream-timeout", "2s", log_level="error")
        self.gateway.wait_ready()
        probe = programs.send(self.gateway.listen, tokens, run.seconds(3, 0.5), connections=32, events="c", calls=50,
                              ledger=programs.file("c.ledger"))
        self.probe = probe["good"]["milliseconds_by_status"]["200"]["count"]
        self.rate = min(200.0, 0.2 * probe["good_admitted_per_second"])
        self.prober = Prober(self.gateway, first_token(tokens))
        self.load = programs.begin_send(self.gateway.listen, tokens, 7200, rate=self.rate, connections=64, timeout=30,
                                        events="o", calls=500, ledger=self.ledger)
        self.began = time.monotonic()
        for name in (POISONED, "after-1", "after-2"):
            self.prober.send(name=name, call="ill-call")

    def go(self, run):
        time.sleep(run.seconds(60, 1))
        failed = self.tries_again()
        self.left = time.monotonic()
        for way in WAYS:
            if way == "gone":
                self.application.kill()
            elif way == "hang":
                self.application.start(way)
            else:
                self.application.mode(way)
            time.sleep(run.seconds(360, 3) / len(WAYS))
        self.failed = self.tries_again() - failed
        self.depth = self.gateway.metric("callgate_inbox_depth")
        self.application.mode("ok")
        self.returned, self.cpu = time.monotonic(), self.gateway.cpu_seconds()
        wait_until(lambda: self.gateway.metric("callgate_inbox_depth") <= max(PARALLEL, self.rate), 1200, "caught up")
        self.cpu = self.gateway.cpu_seconds() - self.cpu
        time.sleep(1)
        self.load.stop()
        others = self.probe + len(self.prober.sent) - 1  # the poison is never taken
        self.application.wait_taken(len(acknowledged(read_ledger(self.ledger))) + others, 120)
        self.gateway.signal(signal.SIGTERM)
        self.status = self.gateway.wait(60)

    def tries_again(self):
        return self.gateway.metric('callgate_delivery_attempts_total{result="again"}')


def upstream_outage(run):
    report, outage = run.report, Outage(run)
    outage.go(run)
    sent = read_ledger(outage.ledger)
    handed, inbox = outage.application.handed(), InboxFile(outage.path)
    taken = [one for one in handed if one.answer == "200"]
    away = outage.returned - outage.left
    report.figure("load", outage.rate, "events/s")
    report.figure("away", away, f"s, in turn: {', '.join(WAYS)}")
    answers = collections.Counter(one.status for one in sent)
    report.check("everything is accepted meanwhile", set(answers) == {200}, str(dict(answers)))
    missing = {one.id for one in acknowledged(sent)} - {one.id for one in taken}
    report.check("everything accepted reached the application", not missing, f"{len(missing)} of {len(sent):,} did not")
    report.figure("taken twice", repeats(taken), f"of {len(taken):,}")
    wrong = out_of_order(sent, taken)
    report.check("each call in order", not wrong, f"{len(wrong)} events early {wrong[:3]}")
    judge_storm(report, outage, away)
    judge_catching_up(report, outage, sent, taken)
    judge_poison(report, outage, handed, inbox)
    report.check("nothing but the poison is dead, nothing queued", inbox.count("dead") == 1 and inbox.count("queued") == 0,
                 f"{inbox.count('dead')} dead, {inbox.count('queued')} queued")
    report.check("the gateway stops when told", outage.status == 0, f"exit {outage.status}")


def judge_storm(report, outage, away):
    connections = outage.application.connections(outage.left, outage.returned)
    bound = PARALLEL + len(WAYS) + away
    report.check("no storm of connections while it is away", connections <= bound, f"{connections} of {bound:.0f}")
    report.check("nor of tries", outage.failed <= bound + PARALLEL, f"{outage.failed:.0f} failed of {bound + PARALLEL:.0f}")
    back = outage.application.connections(outage.returned, float("inf"))
    report.figure("connections after its return", back)


def judge_catching_up(report, outage, sent, taken):
    caught = Caught(sent, taken, outage.returned)
    report.figure("queued at its return", outage.depth)
    report.figure("first taken after its return", caught.first - outage.returned, "s")
    report.figure("caught up after", caught.seconds, f"s more, {caught.rate:.0f} events/s taken, {caught.arrival:.0f} arrived")
    report.figure("processor time of the gateway meanwhile", outage.cpu, "s")
    report.check("found well again within 35 s", caught.first - outage.returned <= 35,
                 f"{caught.first - outage.returned:.1f} s")
    report.check("the backlog goes at 3 times the arrival at least", caught.rate >= 3 * caught.arrival,
                 f"{caught.rate / max(1, caught.arrival):.1f} times", on_long_runs=True)
    spans = {"well": (outage.began, outage.left), "away": (outage.left, outage.returned),
             "catching up": (caught.first, caught.at)}
    p99 = {name: milliseconds(sent, 0.99, *span) for name, span in spans.items()}
    for name, value in p99.items():
        report.figure(f"p99 of accepting, {name}", value, f"ms, median {milliseconds(sent, 0.5, *spans[name]):.1f} ms")
    report.check("p99 of accepting at most doubles while it catches up", p99["catching up"] <= 2 * p99["well"],
                 f"{p99['catching up'] / max(1e-3, p99['well']):.2f} times", on_long_runs=True)


def judge_poison(report, outage, handed, inbox):
    tries = [one.time for one in handed if one.id == POISONED and one.answer == "400"]
    report.check("the poison is dead after three tries", inbox.states.get(POISONED) == "dead" and len(tries) == TRIES,
                 f"{inbox.states.get(POISONED)}, {len(tries)} tries")
    pauses = [later - sooner for sooner, later in zip(tries, tries[1:])]
    report.check("its pauses are 1 s and 2 s at least", len(pauses) == 2 and 1 <= pauses[0] and 2 <= pauses[1],
                 ", ".join(f"{one:.2f} s" for one in pauses))
    behind = [one for one in handed if one.call == "ill-call" and one.answer == "200"]
    report.check("its call goes on behind it", [one.id for one in behind] == ["after-1", "after-2"]
                 and bool(tries) and behind[0].time > tries[-1], str([one.id for one in behind]))
    beside = sum(tries[0] < one.time < tries[-1] and one.answer == "200" for one in handed) if tries else 0
    report.check("other calls go on beside it", beside > 0, f"{beside} events meanwhile")


# ---- An application that is too slow ----

BYTES_EACH = 12 << 10  # in the file, of an event of 8,000 bytes


def slow_config(keys, application, path, bytes_max):
    return f"""
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
replay = "off"
deliver = "inbox"
upstream = "{application}"
[inbox]
path = "{path}"
keep_bytes = "1MiB"
bytes_max = "{bytes_max >> 10}KiB"
"""


def slow_consumer(run):
    report, programs = run.report, run.programs
    tokens, keys = programs.tokens("load", count=50)
    application = Application(programs)
    seconds, rate = run.seconds(120, 2), 200
    bytes_max = max(2 << 20, round(0.5 * seconds * rate * BYTES_EACH))
    path, ledger = programs.file("slow.db"), programs.file("slow.ledger")
    config = programs.write("slow.toml", slow_config(keys, application.url, path, bytes_max))
    gateway = programs.gateway("--config", config, log_level="error")
    gateway.wait_ready()
    application.mode(f"slow {rate / 10}")
    with Sampler(gateway) as sampler:
        load = programs.begin_send(gateway.listen, tokens, seconds, rate=rate, connections=64, timeout=30, events="w",
                                   calls=300, pad=8000, ledger=ledger)
        load.result()
        full, bytes_then = gateway.metric("callgate_inbox_depth"), gateway.metric("callgate_inbox_bytes")
        ready, text = ask(gateway.admin, "GET", "/readyz?verbose")
        application.mode("ok")
        sent = read_ledger(ledger)
        took = application.wait_taken(len(acknowledged(sent)), 600)
    gateway.signal(signal.SIGTERM)
    status = gateway.wait(60)
    taken, inbox = application.taken(), InboxFile(path)
    answers = collections.Counter(one.status for one in sent)
    report.figure("load", rate, f"events/s of 8,000 bytes, for {seconds:.0f} s; {rate // 10} of them taken a second")
    report.figure("answers", str(dict(answers)))
    report.figure("queued at the end of the load", full, f"with {bytes_then / (1 << 20):.1f} MiB on disk")
    report.figure("RSS, first tenth, last tenth of the load",
                  f"{sampler.most(0, 0.05) / 1024:.0f} MiB, {sampler.most() / 1024:.0f} MiB at most")
    report.figure("delivered once it is quick again, within", took, "s")
    judge_slow(report, sent, taken, inbox)
    log = 64 << 20  # that it may have beside its content
    report.check("the file keeps to its bound", bytes_then <= bytes_max * 1.1 + log,
                 f"{bytes_then / (1 << 20):.1f} MiB with its log, bytes_max {bytes_max / (1 << 20):.1f} MiB")
    report.check("at the bound events are refused with 503", set(answers) <= {200, 503} and answers[503] > 0,
                 str(dict(answers)))
    report.check("and it is not ready, with a word", ready != 200 and b"bytes_max" in text, f"{ready}")
    growth = (sampler.most() - sampler.most(0, 0.05)) / 1024
    report.check("the queue is on disk, not in memory", growth <= 60, f"RSS + {growth:.0f} MiB at most", on_long_runs=True)
    report.check("the gateway stops when told", status == 0, f"exit {status}")


def judge_slow(report, sent, taken, inbox):
    missing = {one.id for one in acknowledged(sent)} - {one.id for one in taken}
    report.check("none that was accepted is dropped", not missing, f"{len(missing)} of {len(acknowledged(sent)):,}")
    report.check("each is taken once", repeats(taken) == 0, f"{repeats(taken)} repeats")
    refused = {one.id for one in sent if one.status == 503}
    came = sum(one.id in refused for one in taken)
    report.check("none that was refused is delivered", came == 0, f"{came} were")
    wrong = out_of_order(sent, taken)
    report.check("each call in order", not wrong, f"{len(wrong)} events early {wrong[:3]}")
    report.check("nothing is dead or queued", inbox.count("dead") + inbox.count("queued") == 0,
                 f"{inbox.count('dead')} dead, {inbox.count('queued')} queued")
