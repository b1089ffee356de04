#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Sums up what gcovr has written, room by room, and names what did not run.

    scripts/coverage_report.py coverage.json
"""

import json
import sys

LINES_MIN = 96.0
ROOMS = ("json", "jose", "policy", "gate")
EVERY_BRANCH = ("lib/policy/src/",)

totals = {room: [0, 0, 0, 0] for room in ROOMS}  # lines, of these run, branches, of these taken
faults = []
with open(sys.argv[1], encoding="utf-8") as report:
    files = json.load(report)["files"]
for file in files:
    room = file["file"].split("/")[1]
    missed = []
    for line in file["lines"]:
        if line.get("gcovr/noncode"):
            continue
        total = totals[room]
        total[0] += 1
        total[1] += line["count"] > 0
        total[2] += len(line["branches"])
        total[3] += sum(branch["count"] > 0 for branch in line["branches"])
        if not line["count"]:
            missed.append(line["line_number"])
        for branch in line["branches"]:
            if not branch["count"] and file["file"].startswith(EVERY_BRANCH):
                faults.append(f"{file['file']}:{line['line_number']}: a branch is never taken")
                break
    if missed:
        print(f"coverage: {file['file']}: lines that did not run: {', '.join(map(str, missed))}")

for room, (lines, run, branches, taken) in totals.items():
    if not lines:
        faults.append(f"{room}: nothing was counted")
        continue
    percent = 100 * run / lines
    print(f"coverage: {room:7} {percent:6.2f} % of {lines:4} lines, {100 * taken / max(branches, 1):6.2f} % of {branches:4} branches")
    if percent < LINES_MIN:
        faults.append(f"{room}: {percent:.2f} % of the lines ran, {LINES_MIN} % must")

for fault in faults:
    print(f"coverage: {fault}")
sys.exit(1 if faults else 0)
