# SPDX-License-Identifier: Apache-2.0
"""E10: thousands of tokens a second that name unknown keys, beside good traffic. The issuer counts."""

import base64
import json
import math
import threading
import time

from issuer import Issuer
from programs import AUDIENCE, GATEWAY_CPU, callback_status, first_token, good, not_admitted
from report import LONG_RUNS_FROM

RATE = 2000  # tokens of unknown keys a second; a quarter of it on short runs
KIDS = 20_000

# name: (addresses that the flood comes from, mode of the issuer, rotates in the middle)
VARIANTS = {
    "one address": (1, "ok", False),
    "200 addresses": (200, "ok", False),
    "empty set": (1, "empty", False),
    "slow issuer": (1, "slow", False),
    "real rotation": (1, "ok", True),
}


def part(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def write_flood(run, issuer):
    """Tokens as a stranger makes them: each names another key."""
    now = int(time.time())
    claims = part(json.dumps({"iss": issuer.url, "aud": AUDIENCE, "iat": now, "nbf": now, "exp": now + 7200}).encode())
    path = run.programs.file("flood.tokens")
    with open(path, "w", encoding="utf-8") as out:
        for _ in range(run.count(KIDS, 1000)):
            header = part(json.dumps({"alg": "RS256", "typ": "JWT", "kid": run.random.randbytes(16).hex()}).encode())
            out.write(f"{header}.{claims}.{part(run.random.randbytes(256))}\n")
    return path


class Rotation:
    """After a while the issuer signs with a new key: how long until a callback signed with it is admitted?"""

    def __init__(self, issuer, gateway, key_sets, token, pause, give_up):
        self.issuer, self.gateway, self.key_sets, self.token = issuer, gateway, key_sets, token
        self.pause, self.give_up = pause, give_up
        self.seconds, self.refused = math.inf, 0
        self.thread = threading.Thread(target=self.rotate, daemon=True)
        self.thread.start()

    def rotate(self):
        time.sleep(self.pause)
        self.issuer.publish(*self.key_sets)
        begun = time.monotonic()
        while time.monotonic() - begun < self.give_up:
            if callback_status(self.gateway, self.token)[0] == 200:
                self.seconds = time.monotonic() - begun
                return
            self.refused += 1
            time.sleep(0.05)


class Variant:
    def __init__(self, run, name, window, seconds):
        addresses, mode, rotates = VARIANTS[name]
        programs = run.programs
        with Issuer() as issuer:
            tokens, keys = programs.tokens("old", issuer.url, count=100)
            issuer.publish(keys)
            gateway = programs.gateway(*issuer.gateway_arguments(), "--keys-refresh-window", f"{int(window * 1000)}ms",
                                       "--workers", 1, cpu=GATEWAY_CPU)
            gateway.wait_ready()
            self.rate, self.calm = 200, None
            if run.scale >= LONG_RUNS_FROM:
                closed = programs.send(gateway.listen, tokens, 2, connections=16)
                self.rate = closed["good_admitted_per_second"] / 4  # the flood takes its own share of both cores
                self.calm = programs.send(gateway.listen, tokens, seconds / 2, rate=self.rate, connections=64)
            flood_file = write_flood(run, issuer)
            new_tokens, new_keys = programs.tokens("new", issuer.url, count=10)
            memory = gateway.rss_kib()
            issuer.mode, issuer.delay = mode, min(2, window)
            before, begun = len(issuer.fetches), time.monotonic()
            rate = RATE if run.scale >= LONG_RUNS_FROM else RATE / 4
            flood = programs.begin_send(gateway.listen, flood_file, seconds, rate=rate, connections=400,
                                        sources=addresses)
            beside = programs.begin_send(gateway.listen, tokens, seconds, rate=self.rate, connections=64)
            self.rotation = None
            if rotates:
                self.rotation = Rotation(issuer, gateway, (new_keys, keys), first_token(new_tokens), seconds / 3,
                                         window * 3 + 2)
            self.flood, self.beside = flood.result(), beside.result()
            self.lasted = time.monotonic() - begun
            self.fetches = len(issuer.fetches) - before
            self.growth = gateway.rss_kib() - memory
            if self.rotation:
                self.rotation.thread.join()
            gateway.child.kill()


def unknown_kid_flood(run):
    report = run.report
    window, seconds = (5, run.seconds(40, 12)) if run.scale >= LONG_RUNS_FROM else (1, 1)
    report.figure("refresh window", window, "s")
    report.figure("flood of each variant", seconds, "s")
    for name in VARIANTS:
        variant = Variant(run, name, window, seconds)
        refused = good(variant.flood, "401")["count"]
        report.figure(f"{name}: unknown keys", refused / variant.lasted, "/s")
        report.figure(f"{name}: good traffic beside them", variant.rate, "/s")
        report.figure(f"{name}: fetches", variant.fetches, f"in {variant.lasted:.1f} s")
        report.figure(f"{name}: RSS grew by", variant.growth, "KiB")
        bound = math.ceil(variant.lasted / window) + 1
        report.check(f"{name}: fetches <= ceil(time / window) + 1", variant.fetches <= bound,
                     f"{variant.fetches} of {bound}")
        report.check(f"{name}: no good callback refused", not not_admitted(variant.beside),
                     not_admitted(variant.beside) or f"{good(variant.beside)['count']:,} admitted")
        admitted = good(variant.flood)["count"]
        report.check(f"{name}: no stranger admitted", admitted == 0 and refused > 0,
                     f"{admitted} admitted, {refused:,} refused")
        if variant.calm:
            calm, beside = good(variant.calm)["p99"], good(variant.beside)["p99"]
            report.check(f"{name}: p99 of good traffic <= 2 x", beside <= 2 * calm, f"{calm:.1f} ms, then {beside:.1f}")
        if variant.rotation:
            report.check(f"{name}: new key in use within window + 1 s", variant.rotation.seconds <= window + 1,
                         f"{variant.rotation.seconds:.2f} s, {variant.rotation.refused} refused before")
