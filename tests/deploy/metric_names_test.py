#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard and the alert rules under deploy/ ask for metrics, labels and words that a running gateway serves.

    metric_names_test.py CALLGATE EMULATOR [unittest options]

CALLGATE and EMULATOR are the programs. Ends with 77 where PyYAML or prometheus_client are missing, and says so. Where
there is a promtool, Prometheus itself reads the rules and plays alerts_cases.yml; without it that part says that it is left out.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

try:
    import yaml
    from prometheus_client.parser import text_string_to_metric_families
except ImportError as missing:
    print(f"metric_names_test: left out: {missing}; install python3-yaml and python3-prometheus-client, and run "
          "/usr/bin/python3")
    sys.exit(77)

TESTS = pathlib.Path(__file__).resolve().parents[1]
DEPLOY = TESTS.parent / "deploy"
sys.path.insert(0, str(TESTS / "peers"))
from metrics_gateway import serve_some_traffic  # noqa: E402

# Their series are all there from the start, so that the words of a label are known.
ENUMERATED = {"callgate_replay_total", "callgate_delivery_attempts_total"}
OF_PROMETHEUS = {"up": set(), "ALERTS": set()}
OF_THE_TARGET = {"job", "instance"}
SEVERITIES = {"critical", "warning", "info"}
VERDICTS = {"admit", "refuse", "retry_later"}

NAME = re.compile(r"\b(callgate_\w+|up)\b(?:\{([^}]*)\})?")
MATCHER = re.compile(r"(\w+)\s*(=~|!~|!=|=)\s*\"([^\"]*)\"")
GROUPING = re.compile(r"\b(?:by|without|on|ignoring)\s*\(([^)]*)\)")


def labels_of(family):
    return {label for sample in family.samples for label in sample.labels}


class Served:
    """What a gateway with some traffic behind it says of itself."""

    def __init__(self, text):
        self.labels = dict(OF_PROMETHEUS)
        self.words = {}  # (metric, label): of the enumerated ones
        self.families = set()
        for family in text_string_to_metric_families(text):
            name = family.name + "_total" if family.type == "counter" else family.name
            self.families.add(name)
            for sample in {sample.name for sample in family.samples} or {name}:
                self.labels[sample] = labels_of(family)
            for sample in family.samples if name in ENUMERATED else []:
                for label, value in sample.labels.items():
                    self.words.setdefault((name, label), set()).add(value)


class Words(unittest.TestCase):
    program = emulator_program = None

    @classmethod
    def setUpClass(cls):
        with tempfile.TemporaryDirectory() as folder:
            cls.served = Served(serve_some_traffic(cls.program, cls.emulator_program, pathlib.Path(folder)))
        cls.rules = yaml.safe_load((DEPLOY / "alerts.yml").read_text())
        cls.dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
        cls.reasons = set(re.findall(r"^### `(\w+)`", (TESTS.parent / "docs/reasons.md").read_text(), re.M)) | {"-"}

    def alerts(self):
        return [rule for group in self.rules["groups"] for rule in group["rules"]]

    def panels(self):
        return [panel for panel in self.dashboard["panels"] if panel["type"] != "row"]

    def expressions(self):
        """[(where, expression, what is shown of it)]"""
        found = [(rule["alert"], rule["expr"], " ".join(rule["annotations"].values())) for rule in self.alerts()]
        found += [(panel["title"], target["expr"], target["legendFormat"])
                  for panel in self.panels() for target in panel["targets"]]
        return found

    def check_word(self, name, label, operator, value):
        known = {"reason": self.reasons, "verdict": VERDICTS}.get(label, self.served.words.get((name, label)))
        if known is None or "$" in value:
            return
        for word in value.split("|") if "~" in operator else [value]:
            self.assertIn(word, known, f"{label} {operator} {value}")

    def test_each_expression_asks_for_what_is_served(self):
        for where, expression, shown in self.expressions():
            with self.subTest(where):
                selectors = NAME.findall(expression)
                self.assertTrue(selectors, expression)
                here = set(OF_THE_TARGET)
                for name, matchers in selectors:
                    self.assertIn(name, self.served.labels, expression)
                    here |= self.served.labels[name]
                    for label, operator, value in MATCHER.findall(matchers):
                        self.assertIn(label, self.served.labels[name] | OF_THE_TARGET, expression)
                        self.check_word(name, label, operator, value)
                grouped = [label.strip() for labels in GROUPING.findall(expression) for label in labels.split(",")]
                self.assertLessEqual(set(grouped), here, expression)
                left = (set(grouped) or here)
                named = set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", shown))
                self.assertLessEqual(named, left, f"{shown} names what {expression} does not leave")

    def test_the_dashboard_shows_each_metric(self):
        shown = " ".join(target["expr"] for panel in self.panels() for target in panel["targets"])
        for name in self.served.families:
            self.assertRegex(shown, rf"\b{name}", "no panel shows it")

    def test_the_dashboard_is_one(self):
        ids = [panel["id"] for panel in self.dashboard["panels"]]
        self.assertEqual(len(ids), len(set(ids)))
        taken = set()
        for panel in self.dashboard["panels"]:
            place = panel["gridPos"]
            cells = {(x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])}
            self.assertFalse(cells & taken, f"{panel['title']} lies on another")
            self.assertLessEqual(place["x"] + place["w"], 24)
            taken |= cells
        for panel in self.panels():
            self.assertEqual(panel["datasource"]["uid"], "${datasource}", panel["title"])
            self.assertTrue(panel["description"], panel["title"])
        variables = self.dashboard["templating"]["list"]
        for variable in variables[1:]:
            name, label = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"]["query"]).groups()
            self.assertIn(label, self.served.labels[name] | OF_THE_TARGET, variable["name"])
        used = set(re.findall(r"\$(?:\{)?(\w+)", json.dumps(self.dashboard["panels"]))) - {"__rate_interval"}
        self.assertEqual(used, {variable["name"] for variable in variables})

    def test_each_alert_says_how_bad_it_is_and_what_to_do(self):
        names = [alert["alert"] for alert in self.alerts()]
        self.assertEqual(len(names), len(set(names)))
        for alert in self.alerts():
            with self.subTest(alert["alert"]):
                self.assertRegex(alert["alert"], r"^Callgate[A-Z]\w+$")
                self.assertRegex(alert["for"], r"^\d+[mh]$")
                self.assertIn(alert["labels"]["severity"], SEVERITIES)
                self.assertTrue(alert["annotations"]["summary"])
                self.assertGreater(len(alert["annotations"]["description"]), 40, "what to do")

    def test_what_needs_an_inbox_stands_apart(self):
        for group in self.rules["groups"]:
            asks_inbox = [bool(re.search(r"callgate_inbox_|callgate_delivery_", rule["expr"])) for rule in group["rules"]]
            self.assertEqual(set(asks_inbox), {group["name"] == "callgate-inbox"}, group["name"])

    def test_prometheus_reads_the_rules_and_they_fire(self):
        if shutil.which("promtool") is None:
            self.skipTest("there is no promtool here; install it with: apt-get install prometheus")
        with tempfile.TemporaryDirectory() as folder:
            for file in (DEPLOY / "alerts.yml", TESTS / "deploy/alerts_cases.yml"):
                shutil.copy(file, folder)
            done = subprocess.run(["promtool", "test", "rules", "alerts_cases.yml"], cwd=folder, capture_output=True,
                                  text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        cases = (TESTS / "deploy/alerts_cases.yml").read_text()
        for alert in self.alerts():
            self.assertIn(f'alertname="{alert["alert"]}"', cases, "no case in which it fires")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: metric_names_test.py CALLGATE EMULATOR [unittest options]")
    Words.program, Words.emulator_program = map(os.path.abspath, sys.argv[1:3])
    unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[3:]])
