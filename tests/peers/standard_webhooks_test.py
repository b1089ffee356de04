#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Hand-overs before a verifier that nobody here wrote: npm standardwebhooks.

    standard_webhooks_test.py HAND_OVERS FOLDER [unittest options]

HAND_OVERS is the program that prints hand-overs, FOLDER holds the installed package or will hold it. Ends with 77 where
Node.js or the packages cannot be had, and says why.
"""

import json
import os
import subprocess
import sys
import unittest

from peer_rig import FOLDER, prepare

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
NEXT = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
STRANGE = "whsec_" + "QUJD" * 8
NOW = 1790000000
DAY = 86400
NO_MATCH = "No matching signature found"
MISSING = "Missing required headers"


class StandardWebhooks(unittest.TestCase):
    program = None
    modules = None

    def hand_overs(self, secrets, *times):
        """Both events at the first time, then both at the next."""
        done = subprocess.run([self.program, ",".join(secrets), *map(str, times)], capture_output=True, text=True,
                              timeout=30, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]

    def verify(self, hand_over, secret=SECRET, now=NOW):
        """What the verifier says: "verified", or its error."""
        case = {"secret": secret, "now": now, **hand_over}
        done = subprocess.run(["node", str(FOLDER / "verify_webhooks.mjs"), self.modules], input=json.dumps(case) + "\n",
                              capture_output=True, text=True, timeout=30)
        self.assertEqual(done.returncode, 0, done.stderr)
        answer = json.loads(done.stdout)
        if "error" in answer:
            return answer["error"]
        self.assertEqual(answer["verified"], json.loads(hand_over["body"]))
        return "verified"

    def changed(self, hand_over, name, value):
        headers = {key: text for key, text in hand_over["headers"].items() if key != name}
        if value is not None:
            headers[name] = value
        return {**hand_over, "headers": headers}

    def test_takes_each_event_of_a_batch(self):
        first, second = self.hand_overs([SECRET], NOW)
        self.assertEqual(self.verify(first), "verified")
        self.assertEqual(self.verify(second), "verified")
        self.assertNotEqual(first["headers"]["webhook-id"], second["headers"]["webhook-id"])

    def test_takes_a_resend_a_day_later_under_the_same_name(self):
        first, _, again, _ = self.hand_overs([SECRET], NOW, NOW + DAY)
        self.assertEqual(again["headers"]["webhook-id"], first["headers"]["webhook-id"])
        self.assertEqual(again["headers"]["Callgate-Attempt"], "2")
        self.assertEqual(self.verify(again, now=NOW + DAY), "verified")
        # The first one itself would be too old by then, and the second too new today.
        self.assertEqual(self.verify(first, now=NOW + DAY), "Message timestamp too old")
        self.assertEqual(self.verify(again), "Message timestamp too new")

    def test_holds_its_own_tolerance(self):
        first, _ = self.hand_overs([SECRET], NOW)
        self.assertEqual(self.verify(first, now=NOW + 300), "verified")
        self.assertEqual(self.verify(first, now=NOW + 301), "Message timestamp too old")
        self.assertEqual(self.verify(first, now=NOW - 301), "Message timestamp too new")

    def test_refuses_what_was_changed(self):
        first, second = self.hand_overs([SECRET], NOW)
        headers = second["headers"]
        rows = [
            ("body", {**first, "body": first["body"].replace("1.50", "1.5")}, NO_MATCH),
            ("white space", {**first, "body": first["body"] + " "}, NO_MATCH),
            ("another event's body", {**first, "body": second["body"]}, NO_MATCH),
            ("id", self.changed(first, "webhook-id", headers["webhook-id"]), NO_MATCH),
            ("timestamp", self.changed(first, "webhook-timestamp", str(NOW + 1)), NO_MATCH),
            ("signature", self.changed(first, "webhook-signature", headers["webhook-signature"]), NO_MATCH),
            ("version", self.changed(first, "webhook-signature", first["headers"]["webhook-signature"].replace("v1,", "v2,")),
             NO_MATCH),
            ("no id", self.changed(first, "webhook-id", None), MISSING),
            ("no timestamp", self.changed(first, "webhook-timestamp", None), MISSING),
            ("no signature", self.changed(first, "webhook-signature", None), MISSING),
        ]
        for what, hand_over, error in rows:
            with self.subTest(what):
                self.assertEqual(self.verify(hand_over), error)

    def test_refuses_another_secret(self):
        first, _ = self.hand_overs([SECRET], NOW)
        for secret in (NEXT, STRANGE):
            self.assertEqual(self.verify(first, secret=secret), NO_MATCH)

    def test_takes_either_secret_during_rotation(self):
        for secrets in ([SECRET, NEXT], [NEXT, SECRET]):
            first, _ = self.hand_overs(secrets, NOW)
            self.assertEqual(self.verify(first, secret=SECRET), "verified")
            self.assertEqual(self.verify(first, secret=NEXT), "verified")
            self.assertEqual(self.verify(first, secret=STRANGE), NO_MATCH)
        first, _ = self.hand_overs([NEXT], NOW)
        self.assertEqual(self.verify(first, secret=SECRET), NO_MATCH, "once the rotation is over")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: standard_webhooks_test.py HAND_OVERS FOLDER [unittest options]")
    StandardWebhooks.program = os.path.abspath(sys.argv[1])
    StandardWebhooks.modules = os.path.abspath(sys.argv[2])
    prepare(StandardWebhooks.modules)
    unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[3:]])
