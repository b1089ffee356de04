# SPDX-License-Identifier: Apache-2.0
"""E5 and E6: a disk under the inbox that fails, for a moment or for a while, and one that is full."""

import collections
import contextlib
import errno
import pathlib
import shutil
import signal
import subprocess
import time

from failing_disk import SYNCS, WRITES, FailingDisk
from ledger import InboxFile, acknowledged, lost, read_ledger, strangers
from prober import Prober
from programs import ask, first_token, wait_until

RECOVERY = 5.0  # seconds, by itself
KIND_NAMES = {WRITES: "write", SYNCS: "sync"}


def readiness(gateway):
    """(ready, whether the inbox is named as what is missing)"""
    status, text = ask(gateway.admin, "GET", "/readyz?verbose")
    return status == 200, status == 503 and b"inbox" in text


class Trouble:
    """A gateway, load on it, and what was seen while its disk was ill."""

    def __init__(self, run, path, rate, environment=None, pad=0):
        programs = run.programs
        tokens, keys = programs.tokens("load", count=50)
        self.path, self.ledger = path, programs.file("load.ledger")
        self.gateway = programs.gateway("--keys", keys, "--inbox", path, log_level="error", environment=environment)
        self.gateway.wait_ready()
        self.prober = Prober(self.gateway, first_token(tokens))
        self.load = programs.begin_send(self.gateway.listen, tokens, 3600, rate=rate, connections=32, timeout=30,
                                        events="e", calls=200, pad=pad, ledger=self.ledger)
        self.times = collections.defaultdict(list)  # by what was waited for
        self.unnamed = self.ready_while_ill = self.looks = self.taken_while_ill = 0

    def watch(self, seconds):
        """Looks at it while nothing can be written."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            ready, named = readiness(self.gateway)
            self.looks += 1
            self.ready_while_ill += ready
            self.unnamed += not ready and not named
            self.taken_while_ill += self.prober.send() == 200
            time.sleep(0.02)

    def until_well(self, what, since):
        wait_until(lambda: self.gateway.is_ready() and self.prober.send() == 200, 60, "well again")
        self.times[what].append(time.monotonic() - since)

    def end(self):
        """(the load's outcome, everything sent, the file)"""
        outcome = self.load.stop()
        alive = self.gateway.alive()
        self.gateway.signal(signal.SIGTERM)
        self.status = self.gateway.wait(60) if alive else None
        return outcome, read_ledger(self.ledger) + self.prober.sent, InboxFile(self.copy())

    def copy(self):
        """Of the file and its log, where there is room to look at them."""
        copy = self.ledger.with_name("copy.db")
        for end in ("", "-wal"):
            if pathlib.Path(f"{self.path}{end}").exists():
                shutil.copyfile(f"{self.path}{end}", f"{copy}{end}")
        return copy


def judge(report, trouble, outcome, sent, inbox):
    statuses = collections.Counter(one.status for one in sent)
    report.figure("answers", str(dict(sorted(statuses.items()))))
    unpromised = sum(one.status != 200 and one.id in inbox.states for one in sent)
    report.figure("in the inbox though never promised", unpromised, "as documented")
    missing = lost(sent, inbox)
    report.check("no acknowledged event is lost", not missing, f"{len(missing)} of {len(acknowledged(sent)):,} {missing[:3]}")
    report.check("nothing is there that was not sent, nothing twice",
                 not strangers(sent, inbox) and inbox.rows == len(inbox.states), f"{inbox.rows:,} rows")
    report.check("the file is sound", inbox.integrity == "ok", inbox.integrity[:200])
    report.check("answers are 200 and 503 alone, of the inbox", set(statuses) <= {200, 503} and not trouble.prober.odd,
                 f"{trouble.prober.odd[:3]}")
    report.check("each 503 has Retry-After", outcome["good"]["answers_503_without_retry_after"] == 0,
                 f"{outcome['good']['answers_503_without_retry_after']} without")
    report.check("the process lives, and stops when told", trouble.status == 0, f"exit {trouble.status}")


def judge_watch(report, trouble, what):
    report.check(f"{what}: not ready, and it says that it is the inbox",
                 trouble.looks > 0 and trouble.ready_while_ill == 0 and trouble.unnamed == 0,
                 f"{trouble.looks} looks, {trouble.ready_while_ill} ready, {trouble.unnamed} without its name")
    for name, times in trouble.times.items():
        report.check(f"{name}: well again by itself within {RECOVERY:.0f} s", max(times) <= RECOVERY,
                     f"{max(times):.2f} s at most, {sorted(times)[len(times) // 2]:.2f} s the median of {len(times)}")


def plan(run):
    """(which write or sync fails, of what kind, whether those behind it do too)"""
    every = [(at, kinds, stays) for at in range(1, 51) for kinds in (WRITES, SYNCS) for stays in (False, True)]
    if run.scale >= 100:
        return every
    first = [(run.random.randint(1, 50), kinds, stays) for kinds in (WRITES, SYNCS) for stays in (False, True)]
    return first + run.random.sample(every, run.count(200, 4) - 4)


def inbox_disk_errors(run):
    report = run.report
    with FailingDisk(run.programs) as disk:
        trouble = Trouble(run, run.programs.file("ill.db"), 200, disk.environment)
        trouble.until_well("at the start", time.monotonic())
        del trouble.times["at the start"]
        failures = 0
        for at, kinds, stays in plan(run):
            disk.fail(kinds, at, stays, errno.EIO)
            wait_until(lambda: disk.failed() > 0, 30, f"the {at}. {KIND_NAMES[kinds]}")
            since = time.monotonic()
            if stays:
                wait_until(lambda: not trouble.gateway.is_ready(), RECOVERY, "not ready")
                trouble.watch(1.3)  # it tries again each second
                since = time.monotonic()
            failures += disk.failed()
            disk.well()
            trouble.until_well("errors that stay" if stays else "one error", since)
        outcome, sent, inbox = trouble.end()
    report.figure("times that a write or sync was made to fail", failures, f"in {len(plan(run))} rounds")
    judge(report, trouble, outcome, sent, inbox)
    judge_watch(report, trouble, "errors that stay")
    report.check("nothing is promised while errors stay", trouble.taken_while_ill == 0, f"{trouble.taken_while_ill} were")


# ---- A full disk ----


@contextlib.contextmanager
def small_disk(folder, size):
    """Yields the word why not, or an empty one."""
    folder.mkdir()
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size},mode=700", "callgate-experiment", folder],
                          capture_output=True, text=True)
    if done.returncode != 0:
        yield done.stderr.strip() or "mount failed"
        return
    try:
        yield ""
    finally:
        subprocess.run(["umount", "--lazy", folder], check=False)


def inbox_disk_full(run):
    report = run.report
    size = run.count(64 << 20, 16 << 20)
    folder = run.programs.file("disk")
    with small_disk(folder, size) as why:
        if why:
            report.figure("left out, as there is no small disk to be had", why)
            return
        ballast = folder / "ballast"
        ballast.write_bytes(bytes(size * 5 // 8))
        fill_and_free(run, folder, ballast, size)


def fill_and_free(run, folder, ballast, size):
    report = run.report
    trouble = Trouble(run, folder / "full.db", 300, pad=8000)
    gateway, prober = trouble.gateway, trouble.prober
    wait_until(lambda: prober.send(8000) == 503, 600, "the disk is full")
    full = prober.sent[-1].answered
    wait_until(lambda: not gateway.is_ready(), RECOVERY, "not ready")
    trouble.watch(max(2.0, run.seconds(20, 2)))
    freed = time.monotonic()
    ballast.unlink()
    trouble.until_well("space returns", freed)
    time.sleep(1)
    outcome, sent, inbox = trouble.end()
    within = [one for one in sent if full <= one.begun and one.answered < freed]
    after = [one for one in sent if one.begun > freed + trouble.times["space returns"][0]]
    report.figure("disk", f"{size >> 20} MiB, {size * 5 >> 23} of them something else's until it goes")
    report.figure("sent while it was full", len(within), f"{sum(one.status == 200 for one in within)} of them taken")
    judge(report, trouble, outcome, sent, inbox)
    judge_watch(report, trouble, "disk full")
    refused = sum(one.status == 503 for one in within)
    report.check("from the first refused write on, events are refused", refused == len(within) > 0,
                 f"{refused} of {len(within)}")
    again = sum(one.status == 503 for one in after)
    report.check("with space again, none is refused", again == 0 and bool(after), f"{again} of {len(after)}")
    log, refusals = len(gateway.log().splitlines()), sum(one.status == 503 for one in sent)
    report.check("the log has a line for each refusal at most", log <= refusals + 50, f"{log:,} lines, {refusals:,} refusals")
