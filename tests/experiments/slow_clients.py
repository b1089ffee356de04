# SPDX-License-Identifier: Apache-2.0
"""E2 and E15: connections that cost the sender nothing, and more of them than there are file descriptors."""

import http.client
import math
import time

from certificates import make_pair
from issuer import Issuer
from programs import (AUDIENCE, EVENT, GATEWAY_CPU, PATH, Sampler, ask, callback_status, first_token, good,
                      not_admitted, not_sent, wait_until)

IDLE_KIB_MAX = 20
CROWD = 1000
OPEN_RATE = 250  # connections a second: a handshake costs as much as several callbacks


def configuration(keys, pair, head, body, idle):
    return f"""[server]
workers = 1
[server.tls]
certificate = "{pair[0]}"
key = "{pair[1]}"
[server.limits]
head_timeout = "{int(head * 1000)}ms"
body_timeout = "{int(body * 1000)}ms"
idle_timeout = "{int(idle * 1000)}ms"
[[provider]]
name = "acs"
audiences = ["{AUDIENCE}"]
keys = "{keys}"
max_lifetime = "2h"
[[route]]
path = "/api/callback"
providers = ["acs"]
replay = "off"
"""


def slow_clients(run):
    programs, report = run.programs, run.report
    tokens, keys = programs.tokens("load")
    # The default time-outs from scale 50 on, tenths of them below.
    head, body, idle = (10, 30, 60) if run.scale >= 50 else (1, 2, 3)
    kinds = {"idle": run.count(2000, 40), "slow_head": run.count(900, 20), "slow_body": run.count(800, 20)}
    pair = make_pair(programs, "one", "ec")  # its handshakes are not what is measured
    config = programs.write("slow.toml", configuration(keys, pair, head, body, idle))
    gateway = programs.gateway("--config", config, cpu=GATEWAY_CPU)
    gateway.wait_ready()
    closed = programs.send(gateway.listen, tokens, run.seconds(5, 0.5), connections=16, tls=True)
    rate = closed["good_admitted_per_second"] / 2

    def good_traffic(seconds):
        """On kept connections and, less of it, on new ones; the same in both halves of the comparison."""
        kept = programs.begin_send(gateway.listen, tokens, seconds, rate=rate, connections=64, tls=True, series=True)
        return kept, programs.begin_send(gateway.listen, tokens, seconds, rate=5, connections=64, tls=True,
                                         new_connection_each=True)

    normal, normal_fresh = (load.result() for load in good_traffic(run.seconds(20, 1)))
    report.check("good traffic without slow clients, without error",
                 not not_admitted(normal) and not not_admitted(normal_fresh), f"{good(normal)['count']:,} admitted")
    per_idle = resident_per_idle(run, gateway, kinds["idle"])

    wait = idle * 1.3 + 1 + sum(kinds.values()) / OPEN_RATE
    with Sampler(gateway) as memory:
        slow = programs.begin_slow(gateway.listen, wait, tls=True, sources=16, tokens=tokens,
                                   interval=head, open_rate=OPEN_RATE, **kinds)
        time.sleep(min(1.0, head / 2))
        beside, fresh = (load.result() for load in good_traffic(idle))
        slow = slow.result()

    report.figure("rate of the good traffic (0.5 C)", rate, "callbacks/s")
    opening = sum(kinds.values()) / OPEN_RATE
    alone, held = p99_by_second(normal, 1), p99_by_second(beside, opening)
    report.figure("p99 without slow clients, median second", median(alone), "ms")
    report.figure("p99 beside them, median second", median(held), "ms")
    report.figure("p99 beside them, worst second", held[-1], "ms")
    report.figure("p99 while they are opened, worst second", p99_by_second(beside, 0, opening)[-1], "ms")
    report.figure("due, but never sent: every connection was busy", not_sent(beside))
    report.figure("resident per idle TLS connection", per_idle, "KiB")
    report.figure("RSS at most", memory.most(), "KiB")
    for name, result in (("kept connections", beside), ("new connections", fresh)):
        report.check(f"good traffic on {name} without error", not not_admitted(result),
                     not_admitted(result) or f"{good(result)['count']:,} admitted")
    ratio = median(held) / max(median(alone), 0.001)
    report.check("p99 of good traffic <= 2 x, median second", ratio <= 2, f"{ratio:.2f} x", on_long_runs=True)
    report.check(f"at most {IDLE_KIB_MAX} KiB resident for an idle TLS connection", per_idle <= IDLE_KIB_MAX,
                 f"{per_idle:.1f} KiB", on_long_runs=True)
    for kind, limit in (("idle", idle), ("slow_head", head), ("slow_body", body)):
        judge_timer(report, kind, limit, kinds[kind], slow[kind])


def p99_by_second(result, begin, end=math.inf):
    """Sorted; without the seconds in which the load itself opens its connections, if there are others."""
    seconds = [one for one in result["series"] if one["begun"]]
    chosen = [one["p99"] for one in seconds if begin <= one["second"] < end]
    return sorted(chosen or [one["p99"] for one in seconds])


def median(values):
    return values[len(values) // 2]


def resident_per_idle(run, gateway, count):
    before = gateway.rss_kib()
    held = run.programs.begin_slow(gateway.listen, 2.5 if run.scale >= 20 else 0.8, tls=True, sources=16, idle=count,
                                   open_rate=2000)
    most = 0
    while held.child.poll() is None:
        most = max(most, gateway.rss_kib())
        time.sleep(0.05)
    held.result()
    return (most - before) / count


def judge_timer(report, kind, limit, wanted, found):
    report.check(f"{kind}: every connection was accepted", found["opened"] == wanted and not found["refused"],
                 f"{found['opened']:,} of {wanted:,}")
    report.check(f"{kind}: closed by the gateway", found["open_at_end"] == 0,
                 f"{found['closed_by_server']:,} closed, {found['open_at_end']:,} left")
    times = found["closed_after_seconds"]
    in_time = times["first"] >= 0.8 * limit and times["last"] <= 1.2 * limit
    report.check(f"{kind}: closed after {limit} s +- 20 %", in_time,
                 f"{times['first']:.2f} to {times['last']:.2f} s", on_long_runs=True)


class KeptConnection:
    """A sender whose connection was there before."""

    def __init__(self, gateway):
        self.connection = http.client.HTTPConnection(gateway.listen, timeout=10)

    def status(self, token):
        self.connection.request("POST", PATH, EVENT,
                                {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
        answer = self.connection.getresponse()
        answer.read()
        return answer.status


class Exhaustion:
    """256 descriptors for all the gateway does, and a crowd that takes what is left of them."""

    def __init__(self, run, issuer):
        programs = run.programs
        tokens, keys = programs.tokens("load", issuer.url)
        new_tokens, new_keys = programs.tokens("new", issuer.url, count=1)
        issuer.publish(keys)
        gateway = programs.gateway(*issuer.gateway_arguments(), "--workers", 1, "--keys-refresh-window", "1s",
                                   files_max=256, cpu=GATEWAY_CPU)
        gateway.wait_ready()
        kept = KeptConnection(gateway)
        kept.status(first_token(tokens))
        self.before = gateway.descriptors()
        seconds = run.seconds(30, 2)
        # One connection, there before the crowd: another would have to wait for its turn.
        beside = programs.begin_send(gateway.listen, tokens, seconds + 1.5, rate=50, connections=1)
        time.sleep(0.5)
        crowd = programs.begin_slow(gateway.listen, seconds + 60, sources=16, idle=CROWD, open_rate=5000)
        time.sleep(1)
        self.during = gateway.descriptors()
        busy, begun = gateway.cpu_seconds(), time.monotonic()
        issuer.publish(new_keys, keys)
        self.new_key = [kept.status(first_token(new_tokens)) for _ in range(3)]
        self.said = [line for line in gateway.log().splitlines() if "keys" in line]
        self.admin = ask(gateway.admin, "GET", "/livez", seconds=1)[0]
        time.sleep(max(0.5, seconds - (time.monotonic() - begun)))
        self.cpu = (gateway.cpu_seconds() - busy) / (time.monotonic() - begun)
        self.alive = gateway.alive()
        self.beside = beside.result()
        crowd.child.terminate()
        token = first_token(tokens)
        self.recovery = wait_until(lambda: callback_status(gateway, token)[0] == 200, 15, "a new connection is served")
        self.last = programs.send(gateway.listen, tokens, 1, rate=50, connections=64, new_connection_each=True)
        self.after = gateway.descriptors()


def descriptors(run):
    report = run.report
    with Issuer() as issuer:
        found = Exhaustion(run, issuer)
    report.figure("descriptors before, during, after", f"{found.before}, {found.during}, {found.after}", "of 256")
    report.figure("CPU with none left", found.cpu, "cores")
    report.figure("administration on a new connection", found.admin or "no answer")
    report.check("still running", found.alive, "yes" if found.alive else "no")
    report.check("hardly a descriptor was left", found.during >= 200, f"{found.during} of 256")
    report.check("no busy loop: at most 0.5 cores with none left", found.cpu <= 0.5, f"{found.cpu:.2f} cores")
    for name, result in (("on connections from before", found.beside), ("on new connections afterwards", found.last)):
        report.check(f"good traffic {name} without error", not not_admitted(result) and good(result)["count"] > 0,
                     not_admitted(result) or f"{good(result)['count']:,} admitted")
    report.check("keys can still be fetched: a rotated key is taken up", found.new_key == [200] * 3,
                 f"answers {found.new_key}" + (f"; {found.said[-1]}" if found.said else ""))
    report.check("serves new connections within 2 s of the crowd's leaving", found.recovery <= 2,
                 f"{found.recovery:.2f} s")
    report.check("no descriptor lost", found.after <= found.before + 5, f"{found.before} before, {found.after} after")
