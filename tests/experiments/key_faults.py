# SPDX-License-Identifier: Apache-2.0
"""Rotation, faults and outage of the key endpoint: what they cost genuine callbacks."""

import collections
import json
import threading
import time
import urllib.request

from issuer import Issuer
from programs import Broken, callback_status, first_token, good, not_admitted, wait_until

MODES = ("down", "slow", "garbage", "html", "empty", "huge")
RETRY_WITHOUT_KEYS = 3  # seconds between two tries at most while there is no key at all
FETCH_TIMEOUT = 10  # seconds that one fetch may take


class Rotations:
    """Counts an issuer's rotations as they happen: on a busy machine new keys are made late."""

    def __init__(self, url):
        self.url, self.kids, self.ended = url, set(), threading.Event()
        self.thread = threading.Thread(target=self.watch, daemon=True)
        self.thread.start()

    def watch(self):
        while not self.ended.wait(0.2):
            with urllib.request.urlopen(self.url + "/calling/keys", timeout=10) as answer:
                self.kids.update(key["kid"] for key in json.load(answer)["keys"])

    def count(self):
        self.ended.set()
        self.thread.join()
        return max(0, len(self.kids) - 1)


def key_rotation(run):
    programs, report = run.programs, run.report
    seconds, rate = run.seconds(120, 6.5), 20
    emulator = programs.emulator("--rotate-every", "3s")
    gateway = programs.gateway("--issuer", emulator.url, "--insecure-http-issuer", "--keys-refresh-window", "2s",
                               reuses_tokens=False)
    gateway.wait_ready()
    memory = gateway.rss_kib()
    watched = Rotations(emulator.url)
    begun = time.monotonic()
    events = emulator.place_calls(gateway, round(seconds * rate), rate)
    taken = time.monotonic() - begun
    rotations = watched.count()
    lost = [event for event in events if event["status"] != 200]
    reasons = collections.Counter(event["reason"] or str(event["status"]) for event in lost)
    waited = sorted(event["milliseconds"] for event in events if event["status"] == 200)
    fetches = gateway.metric("callgate_keys_fetch_total")

    report.figure("rotations", rotations, f"seen at the issuer in {taken:.0f} s")
    report.figure("callbacks", len(events))
    report.figure("not admitted", len(lost), ", ".join(f"{count} x {reason}" for reason, count in reasons.items()))
    report.figure("fetches", int(fetches))
    report.figure("median answer", waited[len(waited) // 2] if waited else 0, "ms")
    report.figure("slowest answer (waits for the new key)", waited[-1] if waited else 0, "ms")
    report.figure("RSS grew by", gateway.rss_kib() - memory, "KiB")
    report.check("no genuine callback lost to a rotation", not lost, f"{len(lost)} of {len(events):,}")
    # One fetch at the start, one for each rotation but perhaps the last.
    report.check("rotations were met", rotations >= 1 and fetches >= rotations,
                 f"{int(fetches)} fetches for {rotations} rotations")
    report.check("fetches <= time / window + 2", fetches <= taken / 2 + 2, f"{int(fetches)} of {taken / 2 + 2:.0f}")


class Fault:
    """One fault of the key endpoint, as a gateway with keys and a gateway without meet it."""

    def __init__(self, run, mode):
        self.mode = mode
        programs = run.programs
        self.emulator = programs.emulator()
        arguments = ["--issuer", self.emulator.url, "--insecure-http-issuer", "--keys-refresh-window", "1s",
                     "--workers", 1]
        self.warm = programs.gateway(*arguments, reuses_tokens=False)
        self.warm.wait_ready()
        self.emulator.order("keys-fault", mode=mode)
        self.cold = programs.gateway(*arguments, reuses_tokens=False)
        self.warm_statuses, self.cold_statuses = collections.Counter(), collections.Counter()
        self.slowest_cold, self.recovery, self.cold_ready, self.error = 0.0, None, 0, None

    def meet(self, seconds):
        try:
            self.go(seconds)
        except (Broken, OSError) as error:
            self.error = str(error)

    def go(self, seconds):
        end = time.monotonic() + seconds
        next_refresh = 0.0
        while time.monotonic() < end:
            if time.monotonic() >= next_refresh:  # the fault shall be met, not slept through
                self.warm.refresh_keys()
                next_refresh = time.monotonic() + 2
            self.warm_statuses[callback_status(self.warm, self.emulator.token())[0]] += 1
            status, took = callback_status(self.cold, self.emulator.token())
            self.cold_statuses[status] += 1
            self.slowest_cold = max(self.slowest_cold, took)
            self.cold_ready += self.cold.is_ready()
            time.sleep(0.05)
        self.failed_fetches = self.warm.metric("callgate_keys_fetch_total") - 1
        self.emulator.order("keys-fault", mode="ok")
        self.recovery = wait_until(lambda: callback_status(self.cold, self.emulator.token())[0] == 200, 30,
                                   f"recovery from {self.mode}")
        self.warm_statuses[callback_status(self.warm, self.emulator.token())[0]] += 1


def words(statuses):
    return ", ".join(f"{count} x {status or 'no answer'}" for status, count in sorted(statuses.items()))


def key_faults(run):
    report = run.report
    seconds = run.seconds(20, 1.5)
    faults = [Fault(run, mode) for mode in MODES]
    threads = [threading.Thread(target=fault.meet, args=(seconds,)) for fault in faults]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report.figure("each fault for", seconds, "s")
    recovery_max = RETRY_WITHOUT_KEYS + FETCH_TIMEOUT
    for fault in faults:
        if fault.error:
            raise Broken(fault.error)
        mode = fault.mode
        report.figure(f"{mode}: with keys", words(fault.warm_statuses))
        report.figure(f"{mode}: without", words(fault.cold_statuses))
        report.figure(f"{mode}: without, served again after", fault.recovery, "s")
        report.check(f"{mode}: with keys no callback refused", set(fault.warm_statuses) == {200},
                     f"{words(fault.warm_statuses)}; {int(fault.failed_fetches)} fetches tried meanwhile")
        honest = set(fault.cold_statuses) == {503} and fault.cold_ready == 0
        # A slow endpoint answers in the end.
        served = mode == "slow" and set(fault.cold_statuses) <= {200, 503}
        report.check(f"{mode}: without keys 503 and not ready", honest or served,
                     f"{words(fault.cold_statuses)}; ready {fault.cold_ready} times")
        report.check(f"{mode}: without keys answered within 2 s", fault.slowest_cold <= 2.2,
                     f"{fault.slowest_cold:.2f} s at most", on_long_runs=True)
        report.check(f"{mode}: served within {recovery_max} s of the repair", fault.recovery <= recovery_max,
                     f"{fault.recovery:.2f} s")


def restart(run, issuer, cache, by_kill, old):
    """Ends the old gateway and starts one with this cache."""
    if old:
        old.child.kill() if by_kill else old.child.terminate()
        old.wait(10)
    return run.programs.gateway(*issuer.gateway_arguments(), *(["--keys-cache", cache] if cache else []),
                                "--workers", 1)


def key_outage_restart(run):
    programs, report = run.programs, run.report
    cache = programs.file("keys-kept.json")
    rounds = run.count(50, 3)
    slowest, first = 0.0, collections.Counter()
    with Issuer() as issuer:
        tokens, keys = programs.tokens("load", issuer.url)
        issuer.publish(keys)
        token = first_token(tokens)
        gateway = restart(run, issuer, cache, False, None)
        gateway.wait_ready()
        wait_until(cache.exists, 5, "the file of kept keys")
        mode = cache.stat().st_mode & 0o777
        issuer.stop()
        for number in range(rounds):
            gateway = restart(run, issuer, cache, number % 2 == 0, gateway)
            begun = time.monotonic()
            status, _ = callback_status(gateway, token)
            first[status] += 1
            wait_until(lambda: callback_status(gateway, token)[0] == 200, 10, "served from the kept keys")
            slowest = max(slowest, time.monotonic() - begun)
        served = programs.send(gateway.listen, tokens, run.seconds(10, 1), rate=200)
        without, damaged = meet_without_keys(run, issuer, cache, token)
        issuer.start()
        recovery = [wait_until(lambda: callback_status(one, token)[0] == 200, 30, "recovery after the outage")
                    for one in (without[0], damaged[0])]

    report.figure("restarts during the outage", rounds, "half of them by SIGKILL")
    report.figure("slowest, from listening to the first 200", 1000 * slowest, "ms")
    report.check("the very first callback after each restart is admitted", set(first) == {200}, words(first))
    report.check("served from the kept keys within 1 s of listening", slowest <= 1, f"{1000 * slowest:.0f} ms at most")
    report.check("no callback refused during the outage", not not_admitted(served),
                 not_admitted(served) or f"{good(served)['count']:,} admitted")
    report.check("the file of kept keys is for its owner alone", mode == 0o600, f"mode {mode:04o}")
    for name, (_, status), after in zip(("without the file", "damaged file"), (without, damaged), recovery):
        report.check(f"{name}: 503, not a guess", status == 503, f"status {status}")
        report.check(f"{name}: served within {RETRY_WITHOUT_KEYS + 2} s of the issuer's return",
                     after <= RETRY_WITHOUT_KEYS + 2, f"{after:.2f} s")


def meet_without_keys(run, issuer, cache, token):
    """A gateway without kept keys, and one whose file was damaged: (gateway, status of a good callback)."""
    text = bytearray(cache.read_bytes())
    text[run.random.randrange(len(text) // 2)] ^= 0x80
    damaged = run.programs.file("keys-damaged.json")
    damaged.write_bytes(text)
    damaged.chmod(0o600)
    found = []
    for file in (None, damaged):
        gateway = restart(run, issuer, file, False, None)
        found.append((gateway, callback_status(gateway, token)[0]))
    return found
