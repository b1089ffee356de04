# SPDX-License-Identifier: Apache-2.0
"""What an experiment found: figures, and criteria with their verdicts."""

# From this scale on a run is long enough to judge times and rare events; below it they are told, not judged.
LONG_RUNS_FROM = 20


def number(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return str(value)


class Report:
    def __init__(self, name, scale):
        self.name = name
        self.scale = scale
        self.figures = []
        self.criteria = []

    def figure(self, name, value, unit=""):
        self.figures.append({"name": name, "value": value, "unit": unit})

    def check(self, name, passed, measured, on_long_runs=False):
        """`measured` says with numbers what was found."""
        judged = not on_long_runs or self.scale >= LONG_RUNS_FROM
        verdict = ("PASS" if passed else "FAIL") if judged else "note"
        self.criteria.append({"name": name, "verdict": verdict, "measured": measured})

    def failed(self):
        return [one for one in self.criteria if one["verdict"] == "FAIL"]

    def text(self):
        lines = [f"== {self.name}, scale {self.scale} %"]
        width = max((len(one["name"]) for one in self.figures), default=0)
        for one in self.figures:
            lines.append(f"   {one['name']:<{width}}  {number(one['value'])} {one['unit']}".rstrip())
        for one in self.criteria:
            lines.append(f" {one['verdict']}  {one['name']}: {one['measured']}")
        return "\n".join(lines)

    def document(self):
        return {"experiment": self.name, "scale": self.scale, "passed": not self.failed(),
                "figures": self.figures, "criteria": self.criteria}
