#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the experiments of docs/reliability.md. Called by scripts/experiment, which says how."""

import argparse
import json
import os
import random
import signal
import sys
import tempfile
import time

import abuse
import duplicates
import gateway_life
import inbox_disk
import inbox_life
import inbox_rate
import key_faults
import key_flood
import outage
import overload
import reloading
import slow_clients
import upstreams
from programs import Broken, MachineUse, Programs
from report import Report

EXPERIMENTS = {
    "overload": (overload.overload, "ten times what the gateway can do, then half of it"),
    "slow-clients": (slow_clients.slow_clients, "idle connections, slow heads and slow bodies beside good traffic"),
    "unknown-kid-flood": (key_flood.unknown_kid_flood, "tokens of unknown keys beside good traffic; fetches counted"),
    "key-rotation": (key_faults.key_rotation, "a new signing key every 3 s under load"),
    "key-faults": (key_faults.key_faults, "every fault of the key endpoint, with a warm and with a cold cache"),
    "key-outage-restart": (key_faults.key_outage_restart, "restarts while the issuer is away"),
    "certificate-reload": (reloading.certificate_reload, "new certificates under load, and files that do not hold"),
    "config-reload": (reloading.config_reload, "1,000 reloads under load, every tenth invalid"),
    "drain": (gateway_life.drain, "100 stops under load, with slow clients and uploads"),
    "log-abuse": (abuse.log_abuse, "a million requests that would like to be in log and metrics as they are"),
    "resets": (abuse.resets, "connections reset in the head, in the body and before the answer"),
    "upstream-faults": (upstreams.upstream_faults, "an application that is slow, hangs, resets and talks nonsense; a full pool"),
    "inbox-kill": (inbox_life.inbox_kill, "200 kills -9 while events are made durable; everything acknowledged must be there"),
    "inbox-disk-errors": (inbox_disk.inbox_disk_errors, "the k-th write or sync of the inbox fails, once and from then on"),
    "inbox-disk-full": (inbox_disk.inbox_disk_full, "a small disk that is filled, and gets space again"),
    "inbox-rate": (inbox_rate.inbox_rate, "durable callbacks a second, with shared syncs and without"),
    "upstream-outage": (outage.upstream_outage, "an application behind the inbox that is away in five ways, and comes back"),
    "slow-consumer": (outage.slow_consumer, "an application behind the inbox that takes a tenth of what arrives"),
    "duplicates": (duplicates.duplicates, "each event sent again and again, with the same token and new ones, across a restart"),
    "two-gateways": (inbox_life.two_gateways, "a second gateway for a file that one holds, at work and stopped"),
    "descriptors": (slow_clients.descriptors, "256 file descriptors, 1,000 connections"),
}


class Run:
    """What an experiment is given."""

    def __init__(self, name, scale, seed, programs):
        self.scale = scale
        self.seed = seed
        self.random = random.Random(f"{seed} {name}")
        self.programs = programs
        self.report = Report(name, scale)

    def seconds(self, full, least):
        return max(least, full * self.scale / 100)

    def count(self, full, least):
        return max(least, round(full * self.scale / 100))


def experiment(name, scale, seed):
    use = MachineUse()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="callgate-experiment-") as folder, Programs(folder, seed) as programs:
        run = Run(name, scale, seed, programs)
        EXPERIMENTS[name][0](run)
    run.report.figure("time taken", time.monotonic() - begun, "s")
    run.report.figure("machine taken by others meanwhile", 100 * use.share_of_others(), "%")
    return run.report


def read_arguments():
    parser = argparse.ArgumentParser(prog="scripts/experiment", description="Reliability experiments",
                                     formatter_class=argparse.RawDescriptionHelpFormatter,
                                     epilog="\n".join(f"  {name:<20}{what}" for name, (_, what) in EXPERIMENTS.items()))
    parser.add_argument("name", nargs="?", choices=[*EXPERIMENTS, "all"], metavar="NAME", help="one of these, or all")
    parser.add_argument("--scale", type=int, default=100, help="percentage of the full size (default 100)")
    parser.add_argument("--seed", type=int, default=None, help="repeats the random choices of an earlier run")
    parser.add_argument("--json", metavar="FILE", help="also write everything there; - is standard output")
    arguments = parser.parse_args()
    if not 1 <= arguments.scale <= 9999:
        parser.error(f"the scale is a whole number from 1 to 9999, not {arguments.scale}")
    if arguments.name is None:
        parser.print_help()
        sys.exit(0)
    return arguments


def write(name, text):
    if name == "-":
        print(text)
        return
    with open(name, "w", encoding="utf-8") as out:
        print(text, file=out)


def end_on_signal(number, _):
    sys.exit(128 + number)  # the blocks that hold children and folders end on their way out


def main():
    arguments = read_arguments()
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, end_on_signal)
    seed = arguments.seed
    if seed is None:
        seed = int(os.environ.get("CALLGATE_SEED", time.time_ns() % 10**6))
    names = list(EXPERIMENTS) if arguments.name == "all" else [arguments.name]
    text_to = sys.stderr if arguments.json == "-" else sys.stdout
    documents, bad = [], []
    for name in names:
        try:
            report = experiment(name, arguments.scale, seed)
        except Broken as error:
            print(f"== {name}\n FAIL  could not be done: {error}", file=text_to, flush=True)
            documents.append({"experiment": name, "passed": False, "broken": str(error)})
            bad.append(name)
            continue
        print(report.text(), file=text_to, flush=True)
        documents.append(report.document())
        bad += [name] if report.failed() else []
    if arguments.json:
        write(arguments.json, json.dumps({"seed": seed, "scale": arguments.scale, "experiments": documents}, indent=2))
    outcome = f"failed: {', '.join(bad)}" if bad else "every criterion that was judged holds"
    print(f"experiment: seed {seed}: {outcome}", file=text_to)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
