# SPDX-License-Identifier: Apache-2.0
"""E1: ten times what the gateway can do, then half of it. Gateway and load have a core each."""

import math

from programs import GATEWAY_CPU, Sampler, good

CONNECTIONS = 2000
SOURCES = 8  # 250 connections each, below the bound per source
TIMES = 10
KIB_PER_CONNECTION = 40  # the bound of a head, and the buffers around it
PATIENCE = 2  # seconds a sender waits for a free connection, and again for its answer
BROKEN_PROMISES = ("reset", "closed_before_answer", "other")


class Phase:
    """One overload: what was offered, and what an ordinary sender beside it saw."""

    def __init__(self, run, gateway, tokens, rate, good_percent):
        programs = run.programs
        seconds = run.seconds(60, 1.5)
        before = gateway.metric('callgate_requests_total{provider="acs",verdict="admit"')
        busy = gateway.cpu_seconds()
        with Sampler(gateway) as self.memory:
            crowd = programs.begin_send(gateway.listen, tokens, seconds, rate=rate, connections=CONNECTIONS,
                                        sources=SOURCES, timeout=PATIENCE, good_percent=good_percent)
            probe = programs.begin_send(gateway.listen, tokens, seconds, rate=50, connections=100, series=True)
            self.crowd, self.probe = crowd.result(), probe.result()
        self.taken = self.crowd["seconds_taken"]
        self.cpu = (gateway.cpu_seconds() - busy) / self.taken
        self.offered = (self.crowd["good"]["begun"] + self.crowd["bad"]["begun"]) / seconds
        self.admitted = (good(self.crowd)["count"] + good(self.probe)["count"]) / self.taken
        self.judged = self.admitted + self.count("bad", "401") / self.taken
        self.unavailable = self.count("good", "503") + self.count("bad", "503")
        self.broken = sum(self.crowd[kind]["failures"].get(name, 0) for kind in ("good", "bad")
                          for name in BROKEN_PROMISES)
        admitted = gateway.metric('callgate_requests_total{provider="acs",verdict="admit"') - before
        self.too_late = admitted - good(self.crowd)["count"] - good(self.probe)["count"]

    def count(self, kind, status):
        return self.crowd[kind]["milliseconds_by_status"].get(status, {"count": 0})["count"]

    def silent_503(self):
        return sum(self.crowd[kind]["answers_503_without_retry_after"] for kind in ("good", "bad"))


def overload(run):
    programs, report = run.programs, run.report
    tokens, keys = programs.tokens("load")
    gateway = programs.gateway("--keys", keys, "--workers", 1, cpu=GATEWAY_CPU)
    gateway.wait_ready()
    closed = programs.send(gateway.listen, tokens, run.seconds(10, 0.8), connections=16)
    capacity = closed["good_admitted_per_second"]
    idle = gateway.rss_kib()
    normal = programs.send(gateway.listen, tokens, run.seconds(10, 0.8), rate=capacity / 2, connections=64)
    normal_p99 = good(normal)["p99"]

    all_good = Phase(run, gateway, tokens, TIMES * capacity, 100)
    half_bad = Phase(run, gateway, tokens, TIMES * capacity, 50)
    after = programs.send(gateway.listen, tokens, run.seconds(10, 1), rate=capacity / 2, connections=64, series=True)

    report.figure("capacity C, closed loop, 16 connections", capacity, "callbacks/s")
    report.figure("p99 at 0.5 C", normal_p99, "ms")
    report.figure("RSS before", idle, "KiB")
    for name, phase in (("all good", all_good), ("half bad", half_bad)):
        report.figure(f"{name}: offered", phase.offered / capacity, "C")
        report.figure(f"{name}: admitted", phase.admitted / capacity, "C")
        report.figure(f"{name}: judged, admitted or 401", phase.judged / capacity, "C")
        report.figure(f"{name}: CPU of the gateway", phase.cpu, "cores; with less than 1 the load was the limit")
        report.figure(f"{name}: answered 503", phase.unavailable)
        report.figure(f"{name}: admitted after the sender had given up", phase.too_late)
        by_second = sorted(one["p99"] for one in phase.probe["series"] if one["begun"])
        report.figure(f"{name}: p99 of an ordinary sender, median second", by_second[len(by_second) // 2], "ms")
        report.figure(f"{name}: the same, worst second", by_second[-1], "ms")
        report.figure(f"{name}: RSS at most", phase.memory.most(), "KiB")
    judge(report, capacity, normal_p99, idle, all_good, half_bad)
    judge_after(report, normal_p99, after)


def judge(report, capacity, normal_p99, idle, all_good, half_bad):
    report.check("good callbacks admitted >= 0.8 C when all are good", all_good.admitted >= 0.8 * capacity,
                 f"{all_good.admitted / capacity:.2f} C", on_long_runs=True)
    report.check("callbacks judged >= 0.8 C when half are bad", half_bad.judged >= 0.8 * capacity,
                 f"{half_bad.judged / capacity:.2f} C", on_long_runs=True)
    bound = 1.5 * idle + CONNECTIONS * KIB_PER_CONNECTION
    most = max(all_good.memory.most(), half_bad.memory.most())
    report.check(f"RSS <= 1.5 x idle + {KIB_PER_CONNECTION} KiB for each connection", most <= bound,
                 f"{most:,} of {bound:,.0f} KiB")
    middle, last = half_bad.memory.most(0.33, 0.67), half_bad.memory.most(0.67, 1)
    report.check("RSS flat under overload", last <= 1.05 * middle, f"{middle:,} KiB in the middle, {last:,} at the end")
    for name, phase in (("all good", all_good), ("half bad", half_bad)):
        worst = good(phase.probe)["p99"]
        report.check(f"{name}: p99 of what is admitted <= 10 x normal", worst <= 10 * normal_p99,
                     f"{worst / max(normal_p99, 0.001):.1f} x", on_long_runs=True)
        report.check(f"{name}: every 503 has Retry-After", phase.silent_503() == 0,
                     f"{phase.silent_503()} of {phase.unavailable} without")
        report.check(f"{name}: nothing accepted, then dropped", phase.broken == 0,
                     f"{phase.broken} connections cut with a request under way")


def judge_after(report, normal_p99, after):
    late = good(after)["count"] < after["good"]["begun"]
    report.check("after it every good callback is admitted", not late,
                 f"{good(after)['count']:,} of {after['good']['begun']:,}", on_long_runs=True)
    calm = [one["second"] for one in after["series"] if one["begun"] and one["p99"] <= 2 * normal_p99]
    first = min(calm, default=math.inf)
    report.check("normal p99 (2 x) again within 5 s", first <= 5, f"from second {first} on", on_long_runs=True)
