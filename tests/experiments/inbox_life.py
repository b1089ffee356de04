# SPDX-License-Identifier: Apache-2.0
"""E3 and E28: a gateway that is killed again and again while it makes events durable, and two gateways for one file."""

import collections
import json
import signal
import subprocess
import time

from application import Application
from failing_disk import KILL_AFTER, KILL_BEFORE, SYNCS, WRITES, FailingDisk
from ledger import InboxFile, acknowledged, lost, out_of_order, read_ledger, repeats, strangers
from programs import AUDIENCE, BIN, REUSES_TOKENS, Broken, ask

PARALLEL = 64  # the default of push_parallel_max
IN_HAND = 2 * PARALLEL  # pushed, or answered and not yet told to the store


class Lives:
    """One inbox file and the gateways that hold it, one after the other, on the same port."""

    def __init__(self, run, name, keys, tokens, application):
        self.run, self.name, self.keys, self.tokens, self.application = run, name, keys, tokens, application
        self.path = run.programs.file(name + ".db")
        self.disk = FailingDisk(run.programs)
        self.sent, self.recoveries, self.deaths = [], [], collections.Counter()
        self.statuses = collections.Counter()
        self.gateway = None
        self.listen = "127.0.0.1:0"
        self.start()
        self.listen = self.gateway.listen

    def start(self):
        arguments = ["--keys", self.keys, "--inbox", self.path]
        if self.application:
            arguments += ["--upstream", self.application.url]
        begun = time.monotonic()
        self.gateway = self.run.programs.gateway(*arguments, listen=self.listen, log_level="error",
                                                 environment=self.disk.environment)
        self.gateway.wait_ready()
        return time.monotonic() - begun

    def begin_load(self, seconds, rate):
        ledger = self.run.programs.file(f"{self.name}-{len(self.recoveries)}.ledger")
        load = self.run.programs.begin_send(self.listen, self.tokens, seconds, rate=rate, connections=32, timeout=3,
                                            events=f"{self.name}{len(self.recoveries)}", calls=50, ledger=ledger)
        return load, ledger

    def capacity(self, seconds):
        load = self.run.programs.send(self.listen, self.tokens, seconds, connections=32, events=self.name + "c", calls=50,
                                      ledger=self.run.programs.file(self.name + "-c.ledger"))
        self.sent += read_ledger(self.run.programs.file(self.name + "-c.ledger"))
        return load["good_admitted_per_second"]

    def kill(self, number, rate, latest):
        """One life under load, and its end at a random moment; every second one within a write or a sync."""
        chance = self.run.random
        moment = chance.uniform(0.15, latest)
        load, ledger = self.begin_load(moment + 0.15, rate)
        time.sleep(moment)
        how = ("at any moment", "in a sync", "at any moment", "in a write")[number % 4]
        if how == "at any moment":
            self.gateway.child.kill()
        else:
            kinds, most = (SYNCS, 10) if how == "in a sync" else (WRITES, 60)
            self.disk.fail(kinds, chance.randint(1, most), False, chance.choice((KILL_BEFORE, KILL_AFTER)))
            if self.gateway.wait(1) is None:  # too little is written
                how = "at any moment"
                self.gateway.child.kill()
        self.gateway.child.wait()
        self.deaths[how] += 1
        if number % 5 == 4:
            self.kill_while_it_starts()
        self.disk.well()
        if self.application and number % 3 == 2:
            self.application.kill()
            self.deaths["of the application"] += 1
        self.recoveries.append(self.start())
        if self.application and not self.application.alive():
            self.application.start()
        for status, times in load.result()["good"]["milliseconds_by_status"].items():
            self.statuses[status] += times["count"]
        self.sent += read_ledger(ledger)

    def kill_while_it_starts(self):
        chance = self.run.random
        self.disk.fail(WRITES | SYNCS, chance.randint(1, 8), False, chance.choice((KILL_BEFORE, KILL_AFTER)))
        try:
            self.start()
        except Broken:
            self.deaths["while it starts"] += 1
            return
        self.gateway.child.kill()
        self.gateway.child.wait()
        self.deaths["at any moment"] += 1

    def listed(self):
        """The ids of all events, by the gateway's own word."""
        ids, after = [], 0
        while after is not None:
            page = self.ask("GET", f"/api/v1/inbox?limit=1000&after={after}")
            ids += [one["event_id"] for one in page["events"]]
            after = page["next"]
        return ids

    def take(self, leases):
        """The ids of what a consumer takes and acknowledges, a thousand at a time."""
        ids = []
        for _ in range(leases):
            lease = self.ask("POST", "/api/v1/inbox/take", {"max": 1000, "lease_seconds": 600})
            if not lease["events"]:
                break
            self.ask("POST", "/api/v1/inbox/ack", {"lease": lease["lease"]})
            ids += [one["event_id"] for one in lease["events"]]
        return ids

    def ask(self, method, target, body=None):
        status, answer = ask(self.gateway.admin, method, target, json.dumps(body) if body else None,
                             {"Content-Type": "application/json"}, seconds=60)
        if status != 200:
            raise Broken(f"{target} is answered with {status}: {answer[:200]}")
        return json.loads(answer)

    def end(self):
        self.gateway.signal(signal.SIGTERM)
        status = self.gateway.wait(60)
        if status is None:
            raise Broken("the gateway did not end")
        return status


def judge_lives(report, what, lives, rate):
    inbox, handed = InboxFile(lives.path), []
    report.figure(f"{what}: ends", ", ".join(f"{number} {how}" for how, number in sorted(lives.deaths.items())))
    report.figure(f"{what}: load", rate, "events/s (0.7 C)")
    known = acknowledged(lives.sent)
    unknown = sum(one.status == 0 for one in lives.sent)
    report.figure(f"{what}: events", f"{len(lives.sent):,} sent, {len(known):,} acknowledged, {unknown:,} without answer")
    report.figure(f"{what}: ready again after, median",
                  sorted(lives.recoveries)[len(lives.recoveries) // 2], "s from its start")
    if lives.application:
        handed = lives.application.taken()
    missing = lost(lives.sent, inbox, handed)
    report.check(f"{what}: no acknowledged event is lost", not missing and bool(known),
                 f"{len(missing)} of {len(known):,} {missing[:3]}")
    report.check(f"{what}: nothing is there that was not sent, nothing twice",
                 not strangers(lives.sent, inbox) and inbox.rows == len(inbox.states),
                 f"{inbox.rows:,} rows, {len(inbox.states):,} events")
    report.check(f"{what}: the file is sound", inbox.integrity == "ok", inbox.integrity[:200])
    report.check(f"{what}: ready again within 2 s", max(lives.recoveries) <= 2, f"{max(lives.recoveries):.2f} s at most",
                 on_long_runs=True)
    report.check(f"{what}: answers are 200 and 503 alone", set(lives.statuses) <= {"200", "503"}, str(dict(lives.statuses)))
    return inbox, handed


def judge_taking(report, what, lives):
    listed, taken = lives.listed(), lives.take(5)
    missing = {one.id for one in acknowledged(lives.sent)} - set(listed)
    report.check(f"{what}: the gateway itself lists every acknowledged event, each once",
                 not missing and len(set(listed)) == len(listed), f"{len(listed):,} listed, {len(missing)} missing")
    report.check(f"{what}: what a consumer takes and acknowledges it gets once",
                 bool(taken) and len(set(taken)) == len(taken) and set(taken) <= set(listed), f"{len(taken):,} taken")


def judge_deliveries(report, what, lives, inbox, handed):
    reached = {one.id for one in handed}
    missing = [one.id for one in acknowledged(lives.sent) if one.id not in reached]
    report.check(f"{what}: every acknowledged event reached the application", not missing,
                 f"{len(missing)} did not {missing[:3]}")
    own = sum(number for how, number in lives.deaths.items() if how != "of the application")
    bound = IN_HAND * own + PARALLEL * lives.deaths["of the application"]
    twice = repeats(handed)
    report.figure(f"{what}: taken twice", twice, f"of {len(handed):,}")
    report.check(f"{what}: no more is taken twice than was in hand at the ends", twice <= bound, f"{twice} of {bound:,}")
    wrong = out_of_order(lives.sent, handed)
    report.check(f"{what}: each call in order", not wrong, f"{len(wrong)} events early {wrong[:3]}")
    report.check(f"{what}: nothing stays queued", inbox.count("queued") == 0 and inbox.count("dead") == 0,
                 f"{inbox.count('queued')} queued, {inbox.count('dead')} dead")


def inbox_kill(run):
    report = run.report
    tokens, keys = run.programs.tokens("load", count=50)
    kills = 10 if run.scale <= 5 else run.count(200, 10)
    latest = min(3.0, max(0.25, 3 * run.scale / 100))
    for what, application in (("kept", None), ("pushed", Application(run.programs))):
        lives = Lives(run, what, keys, tokens, application)
        rate = 0.7 * lives.capacity(run.seconds(3, 0.4))
        for number in range(kills // 2):
            lives.kill(number, rate, latest)
        if not application:
            judge_taking(report, what, lives)
        if application:
            report.figure(f"{what}: the rest delivered within", lives.gateway.wait_delivered(300), "s")
        report.check(f"{what}: stops when told", lives.end() == 0, "after SIGTERM")
        inbox, handed = judge_lives(report, what, lives, rate)
        if application:
            judge_deliveries(report, what, lives, inbox, handed)


# ---- Two gateways for one file ----


def try_second(keys, path, application):
    """(exit status, what it said, seconds) of a gateway that wants a file which another one holds."""
    begun = time.monotonic()
    command = [BIN / "callgate", "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--audience", AUDIENCE,
               *REUSES_TOKENS, "--keys", keys, "--inbox", path, "--upstream", application.url]
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=20)
    except subprocess.TimeoutExpired:
        return None, "it went on", 20.0
    return done.returncode, done.stderr, time.monotonic() - begun


def two_gateways(run):
    report, programs = run.report, run.programs
    tokens, keys = programs.tokens("load", count=50)
    application = Application(programs)
    path, ledger = programs.file("shared.db"), programs.file("shared.ledger")
    holder = programs.gateway("--keys", keys, "--inbox", path, "--upstream", application.url, log_level="error")
    holder.wait_ready()
    stopped = run.seconds(30, 1.5)
    load = programs.begin_send(holder.listen, tokens, stopped + run.seconds(20, 1.5), rate=100, connections=64,
                               timeout=stopped + 30, events="s", calls=40, ledger=ledger)
    time.sleep(0.5)
    tries = [try_second(keys, path, application) for _ in range(run.count(20, 2))]
    holder.signal(signal.SIGSTOP)
    end = time.monotonic() + stopped
    asleep = []
    while time.monotonic() < end or not asleep:
        asleep.append(try_second(keys, path, application))
    holder.signal(signal.SIGCONT)
    outcome = load.result()
    sent = read_ledger(ledger)
    application.wait_taken(len(acknowledged(sent)), 60)
    holder.signal(signal.SIGTERM)
    status = holder.wait(60)
    inbox, handed = InboxFile(path), application.taken()
    judge_second(report, "beside a holder at work", tries)
    judge_second(report, f"beside a holder that was stopped for {stopped:.0f} s", asleep)
    report.figure("answers of the holder", str({one: times["count"] for one, times in
                                               outcome["good"]["milliseconds_by_status"].items()}))
    missing = lost(sent, inbox, handed)
    report.check("no acknowledged event is lost", not missing, f"{len(missing)} of {len(acknowledged(sent)):,}")
    twice = repeats(handed)
    report.check("no more is taken twice than was in hand at the stop", twice <= IN_HAND, f"{twice} of {len(handed):,}")
    wrong = out_of_order(sent, handed)
    report.check("each call in order", not wrong, f"{len(wrong)} events early")
    report.check("the file is sound", inbox.integrity == "ok" and inbox.rows == len(inbox.states), inbox.integrity[:200])
    report.check("the holder stops when told", status == 0, f"exit {status}")


def judge_second(report, when, tries):
    statuses = collections.Counter(status for status, _, _ in tries)
    words = {text.strip().rpartition("': ")[2] for _, text, _ in tries}
    report.figure(f"{when}: what the second one says", " | ".join(sorted(words))[:300])
    report.check(f"{when}: a second one ends with 2 and a word", set(statuses) == {2}
                 and all("another callgate has it open" in one for one in words), f"{dict(statuses)}")
    report.figure(f"{when}: the second one's end took, at most", max(seconds for *_, seconds in tries), "s")
