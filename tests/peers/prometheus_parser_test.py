#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What /metrics says, as Prometheus's own Python client reads it.

    prometheus_parser_test.py CALLGATE EMULATOR [unittest options]

CALLGATE and EMULATOR are the programs. Ends with 77 where prometheus_client is missing, and says so.
"""

import os
import pathlib
import sys
import tempfile
import unittest

try:
    from prometheus_client.parser import text_string_to_metric_families
except ImportError:
    print("prometheus_parser_test: left out: there is no prometheus_client here; install python3-prometheus-client, and run "
          "/usr/bin/python3")
    sys.exit(77)

from metrics_gateway import Traffic

# Name, type and labels, as the contract has them. The parser takes _total off the names of counters.
CONTRACT = {
    "callgate_requests": ("counter", {"provider", "verdict", "reason"}),
    "callgate_request_duration_seconds": ("histogram", {"le"}),
    "callgate_verify_duration_seconds": ("histogram", {"le"}),
    "callgate_keys_fetch": ("counter", {"provider", "result"}),
    "callgate_keys_age_seconds": ("gauge", {"provider"}),
    "callgate_keys_count": ("gauge", {"provider"}),
    "callgate_key_unknown": ("counter", {"provider"}),
    "callgate_replay": ("counter", {"result"}),
    "callgate_replay_records": ("gauge", set()),
    "callgate_inbox_depth": ("gauge", set()),
    "callgate_inbox_oldest_age_seconds": ("gauge", set()),
    "callgate_inbox_dead": ("gauge", set()),
    "callgate_inbox_bytes": ("gauge", set()),
    "callgate_delivery_attempts": ("counter", {"result"}),
    "callgate_connections": ("gauge", set()),
    "callgate_clock_offset_seconds": ("gauge", {"provider"}),
    "callgate_shadow_passed": ("counter", {"route", "reason"}),
    "callgate_log_lines_left_out": ("counter", set()),
    "callgate_build_info": ("gauge", {"version", "commit", "compiler"}),
}


class AsPrometheusReadsIt(unittest.TestCase):
    program = emulator_program = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.traffic = Traffic(self.program, self.emulator_program, pathlib.Path(folder.name))
        self.addCleanup(lambda: self.assertEqual(self.traffic.end(), 0))

    def families(self):
        answer = self.traffic.metrics()
        self.assertEqual(answer.status, 200)
        self.assertTrue(answer.headers["Content-Type"].startswith("text/plain; version=0.0.4"), answer.headers)
        found = list(text_string_to_metric_families(answer.body))
        self.assertEqual(len({family.name for family in found}), len(found), "a family comes twice")
        return {family.name: family for family in found}

    @staticmethod
    def series(families):
        """{(sample name, labels): value}"""
        return {(sample.name, tuple(sorted(sample.labels.items()))): sample.value
                for family in families.values() for sample in family.samples}

    def test_names_types_and_labels_are_those_of_the_contract(self):
        self.traffic.of_every_kind()
        families = self.families()
        for name, (kind, labels) in CONTRACT.items():
            with self.subTest(name):
                family = families[name]
                self.assertEqual(family.type, kind)
                self.assertTrue(family.documentation.endswith("."), family.documentation)
                found = {label for sample in family.samples for label in sample.labels}
                self.assertEqual(found, labels)
                # Every series of a family has all of its labels; of a histogram its buckets have.
                for sample in family.samples:
                    if kind != "histogram" or sample.name.endswith("_bucket"):
                        self.assertEqual(set(sample.labels), labels)
        self.assertEqual(set(families), set(CONTRACT))
        for name, family in families.items():
            self.assertRegex(name, r"^callgate_[a-z_]+$")
            self.assertIn(family.type, ("counter", "gauge", "histogram"), name)

    def test_each_request_is_counted_once_by_provider_verdict_and_reason(self):
        expected = self.traffic.of_every_kind()
        counts = {(sample.labels["provider"], sample.labels["verdict"], sample.labels["reason"]): sample.value
                  for sample in self.families()["callgate_requests"].samples}
        self.assertEqual(counts, expected)

    def test_counters_rise_and_never_fall(self):
        rising = {name for name, (kind, _) in CONTRACT.items() if kind != "gauge"}
        before = {}
        for _ in range(3):
            self.traffic.of_every_kind()
            families = self.families()
            now = {key: value for key, value in self.series(families).items()
                   if any(key[0].startswith(name) for name in rising)}
            self.assertLessEqual(set(before), set(now), "a series is gone")
            for key, value in now.items():
                self.assertGreaterEqual(value, before.get(key, 0), key)
                self.assertGreaterEqual(value, 0, key)
            for name in ("callgate_requests_total", "callgate_key_unknown_total", "callgate_shadow_passed_total",
                         "callgate_request_duration_seconds_count", "callgate_request_duration_seconds_sum"):
                total = [sum(value for key, value in one.items() if key[0] == name) for one in (before, now)]
                self.assertGreater(total[1], total[0], name)
            before = now

    def test_histograms_are_cumulative_and_agree_with_their_count(self):
        sent = sum(self.traffic.of_every_kind().values())
        families = self.families()
        for name in ("callgate_request_duration_seconds", "callgate_verify_duration_seconds"):
            with self.subTest(name):
                samples = families[name].samples
                buckets = [(float(sample.labels["le"]), sample.value) for sample in samples
                           if sample.name == name + "_bucket"]
                total = {sample.name: sample.value for sample in samples if sample.name != name + "_bucket"}
                self.assertEqual(buckets, sorted(buckets), "bounds and counts rise")
                self.assertEqual(len({bound for bound, _ in buckets}), len(buckets))
                self.assertEqual(buckets[-1], (float("inf"), total[name + "_count"]))
                self.assertEqual(set(total), {name + "_count", name + "_sum"})
                self.assertGreater(total[name + "_sum"], 0)
                # The sum lies between what the buckets allow at least and at most.
                least = sum(bound * (count - before) for (bound, before), (_, count) in zip(buckets, buckets[1:]))
                self.assertGreaterEqual(total[name + "_sum"], least)
        self.assertEqual(self.series(families)["callgate_request_duration_seconds_count", ()], sent)

    def test_no_series_comes_from_a_stranger(self):
        self.traffic.of_every_kind()
        before = set(self.series(self.families()))
        for number in range(50):
            self.traffic.post(f"/api/callback/{number}?x={number}", "unknown-kid")
        self.assertEqual(set(self.series(self.families())), before)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: prometheus_parser_test.py CALLGATE EMULATOR [unittest options]")
    AsPrometheusReadsIt.program, AsPrometheusReadsIt.emulator_program = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[3:]])
