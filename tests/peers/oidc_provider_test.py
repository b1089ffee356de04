#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""callgate against an issuer that nobody here wrote: npm oidc-provider makes discovery document, key set and tokens.

    oidc_provider_test.py CALLGATE FOLDER [unittest options]

CALLGATE is the program, FOLDER holds the installed provider or will hold it. CALLGATE_PEER_SECONDS (8) is how long each
run under load lasts. Ends with 77 where Node.js or the packages cannot be had, and says why.
"""

import base64
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest

import peer_load
from peer_rig import AUDIENCE, Gateway, Issuer, config_text, prepare, wait_until

ALGORITHMS = {"rs256": "RS256", "ps256": "PS256", "es256": "ES256", "eddsa": "EdDSA"}  # client: what it gets


def decoded(segment):
    return json.loads(base64.urlsafe_b64decode(segment + "=" * (-len(segment) % 4)))


def encoded(value):
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def with_header(token, **changes):
    header, rest = token.split(".", 1)
    return encoded(decoded(header) | changes) + "." + rest


def with_claims(token, **changes):
    header, claims, signature = token.split(".")
    return ".".join([header, encoded(decoded(claims) | changes), signature])


def with_other_signature(token):
    """One bit differs, in a place where base64url has no slack."""
    at = token.rindex(".") + 10
    return token[:at] + ("A" if token[at] != "A" else "B") + token[at + 1:]


class ForeignIssuer(unittest.TestCase):
    program = None
    modules = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.issuer = Issuer(self.modules)
        self.addCleanup(self.issuer.process.end)

    def config(self, provider="", keys=""):
        path = self.folder / "callgate.toml"
        path.write_text(config_text(self.issuer.url, provider, keys))
        return path

    def gateway(self, provider="", keys="", ready=True):
        gateway = Gateway(self.program, self.config(provider, keys))
        self.addCleanup(lambda: self.assertEqual(gateway.process.end(), 0))
        if ready:
            wait_until("the gateway has keys", 15, gateway.is_ready)
        return gateway

    def run_verb(self, *arguments, text=""):
        return subprocess.run([self.program, *arguments], input=text, capture_output=True, text=True, timeout=60)

    def expect_admitted(self, gateway, token, why):
        answer = gateway.callback(token)
        self.assertEqual((answer.status, answer.reason), (200, None), why)

    def expect_refused(self, gateway, token, reason):
        answer = gateway.callback(token)
        self.assertEqual((answer.status, answer.reason), (401, reason))

    # What the provider publishes

    def test_check_online_and_keys_read_what_the_provider_publishes(self):
        checked = self.run_verb("check", "--online", "--config", self.config())
        self.assertEqual(checked.returncode, 0, checked.stdout + checked.stderr)
        shown = self.run_verb("keys", "-o", "json", "--config", self.config())
        self.assertEqual(shown.returncode, 0, shown.stderr)
        published = {key["kid"] for key in self.issuer.key_set()}
        self.assertEqual(len(published), 3)
        for kid in published:
            # The provider names its keys by their RFC 7638 thumbprint: two programs worked it out.
            self.assertIn(f'"kid":"{kid}"', "".join(shown.stdout.split()))
            self.assertIn(f'"thumbprint":"{kid}"', "".join(shown.stdout.split()))

    def test_tokens_of_every_algorithm_are_admitted(self):
        gateway = self.gateway()
        for client, algorithm in ALGORITHMS.items():
            with self.subTest(algorithm):
                token = self.issuer.token(client)
                self.assertEqual(decoded(token.split(".")[0])["alg"], algorithm)
                self.expect_admitted(gateway, token, algorithm)
        self.assertEqual(self.issuer.fetches(), 1)

    def test_verify_explains_a_token_of_the_provider(self):
        config = self.config()
        token = self.issuer.token("es256")
        self.assertEqual(self.run_verb("verify", "--config", config, text=token).returncode, 0)
        refused = self.run_verb("verify", "--config", config, text=with_other_signature(token))
        self.assertEqual(refused.returncode, 1)
        self.assertIn("signature_invalid", refused.stdout)

    # What is refused

    def test_what_the_provider_did_not_make_for_us_is_refused(self):
        gateway = self.gateway()
        kids = {key["kty"]: key["kid"] for key in self.issuer.key_set()}
        fetches = self.issuer.fetches()
        for client in ALGORITHMS:
            good = self.issuer.token(client)
            cases = {
                "signature": (with_other_signature(good), "signature_invalid"),
                "claims": (with_claims(good, sub="somebody else"), "signature_invalid"),
                "audience written in": (
                    with_claims(self.issuer.token(client, "https://other.test/"), aud=AUDIENCE), "signature_invalid"),
                "other audience": (self.issuer.token(client, "https://other.test/"), "audience_mismatch"),
                "longer audience": (self.issuer.token(client, AUDIENCE + "/more"), "audience_mismatch"),
                "opaque": (self.issuer.token(client, None), "token_malformed"),
                "none": (with_header(good, alg="none"), "algorithm_not_allowed"),
                "secret key": (with_header(good, alg="HS256"), "algorithm_not_allowed"),
                "another kind of key": (
                    with_header(good, kid=kids["RSA" if client in ("es256", "eddsa") else "EC"]), "key_unsuitable"),
            }
            for name, (token, reason) in cases.items():
                with self.subTest(f"{client}: {name}"):
                    self.expect_refused(gateway, token, reason)
            self.expect_admitted(gateway, good, "after all of those")
        self.assertEqual(self.issuer.fetches(), fetches, "none of it is a reason to fetch")

    def test_an_access_token_of_rfc_9068_is_another_kind_of_token(self):
        token = self.issuer.token("rfc9068")
        self.assertEqual(decoded(token.split(".")[0])["typ"], "at+jwt")
        self.expect_refused(self.gateway(), token, "token_type_unexpected")

    def test_settings_of_the_provider_count(self):
        gateway = self.gateway('algorithms = ["ES256"]\nmax_lifetime = "1m"\nclock_skew = "0s"')
        self.expect_refused(gateway, self.issuer.token("rs256"), "algorithm_not_allowed")
        self.expect_refused(gateway, self.issuer.token("es256"), "lifetime_too_long")
        brief = self.issuer.token("brief")
        wait_until("a token of two seconds expires", 5, lambda: gateway.callback(brief).reason == "token_expired")

    # Rotation

    def test_the_first_callback_with_a_new_key_is_admitted_and_the_withdrawn_key_refused(self):
        gateway = self.gateway()
        before = {client: self.issuer.token(client) for client in ALGORITHMS}
        for client in ALGORITHMS:
            self.expect_admitted(gateway, before[client], "before the rotation")
        self.issuer.rotate()
        for client in ALGORITHMS:
            self.expect_admitted(gateway, self.issuer.token(client), "the first of them waits for the refresh")
        self.assertEqual(self.issuer.fetches(), 2)
        for client in ALGORITHMS:
            self.expect_refused(gateway, before[client], "key_unknown")
        self.assertEqual(self.issuer.fetches(), 2, "the window's refresh is spent")

    def test_a_key_that_stays_published_stays_good(self):
        gateway = self.gateway()
        before = self.issuer.token()
        self.issuer.rotate("keep")
        self.expect_admitted(gateway, self.issuer.token(), "the new key")
        self.expect_admitted(gateway, before, "the old key is still published")

    def test_many_callbacks_that_wait_for_one_refresh_spend_one_and_the_next_window_is_whole(self):
        gateway = self.gateway(keys='refresh_window = "2s"')
        self.issuer.command("slow 500")
        self.issuer.rotate()
        tokens = [self.issuer.token(client) for client in ALGORITHMS] * 2
        started = time.monotonic()
        with concurrent.futures.ThreadPoolExecutor(len(tokens)) as pool:
            statuses = [answer.status for answer in pool.map(gateway.callback, tokens)]
        self.assertEqual(statuses, [200] * len(tokens))
        self.assertEqual(self.issuer.fetches(), 2)
        self.issuer.command("slow 0")
        time.sleep(max(0.0, started + 2.5 - time.monotonic()))  # the window ends, and nobody asked for more
        self.issuer.rotate()
        self.expect_admitted(gateway, self.issuer.token(), "one rotation in this window")
        self.assertEqual(self.issuer.fetches(), 3)

    def test_a_second_rotation_inside_the_window_waits_for_its_end_and_no_longer(self):
        gateway = self.gateway(keys='refresh_window = "8s"')
        self.issuer.rotate()
        self.expect_admitted(gateway, self.issuer.token(), "the window's one refresh")
        spent = time.monotonic()
        self.issuer.rotate()
        token = self.issuer.token()
        self.expect_refused(gateway, token, "key_unknown")
        self.assertLess(time.monotonic() - spent, 6, "refused at once, not after a wait")
        wait_until("the armed refresh", 20, lambda: gateway.callback(token).status == 200)
        self.assertLess(time.monotonic() - spent, 12, "the window and the fetch")
        self.assertEqual(self.issuer.fetches(), 3)

    # Outage

    def test_warm_keys_serve_while_the_issuer_is_down(self):
        gateway = self.gateway(keys='refresh_window = "1s"')
        old = self.issuer.token()
        self.issuer.rotate()
        new = self.issuer.token()
        self.issuer.command("down")
        self.expect_refused(gateway, new, "key_unknown")
        end = time.monotonic() + 3
        while time.monotonic() < end:
            self.expect_admitted(gateway, old, "the issuer is down")
            time.sleep(0.05)
        self.assertIn("the old keys serve meanwhile", gateway.process.error_text())
        self.issuer.command("up")
        wait_until("the key that came while it was down", 15, lambda: gateway.callback(new).status == 200)
        self.expect_refused(gateway, old, "key_unknown")

    def test_a_restart_while_the_issuer_is_down_serves_the_kept_keys_or_answers_503(self):
        cached = f'cache = "{self.folder}/keys.json"'
        token = self.issuer.token()
        first = Gateway(self.program, self.config(keys=cached))
        try:
            wait_until("the gateway has keys", 15, first.is_ready)
        finally:
            self.assertEqual(first.process.end(), 0)
        self.issuer.command("down")
        self.expect_admitted(self.gateway(keys=cached), token, "keys of the last run")
        cold = self.gateway(ready=False)
        answer = cold.callback(token)
        self.assertEqual((answer.status, answer.reason), (503, "keys_unavailable"))
        self.assertIn("Retry-After", answer.headers)
        self.issuer.command("up")
        wait_until("the cold gateway heals by itself", 15, cold.is_ready)
        self.expect_admitted(cold, token, "the issuer is back")

    # Load

    def test_rotation_under_load_loses_nothing_while_the_last_key_stays_published(self):
        figures = peer_load.run(self.issuer, self.gateway(keys='refresh_window = "2s"'), "keep")
        print(figures, file=sys.stderr)
        self.assertGreaterEqual(figures.rotations, 2)
        self.assertEqual(len(figures.lost), 0)
        self.assertLessEqual(figures.fetches, figures.rotations + 1, "one for each rotation, and one at the start")

    def test_abrupt_rotation_under_load_loses_nothing_outside_the_window(self):
        figures = peer_load.run(self.issuer, self.gateway(keys='refresh_window = "2s"'), "")
        print(figures, file=sys.stderr)
        self.assertGreaterEqual(figures.rotations, 2)
        # A callback whose key is withdrawn under way can spend the window's refresh: the next rotation then waits for
        # its end. Otherwise nothing is lost.
        self.assertEqual([lost for lost in figures.lost if lost.after_rotation > 2.5], [])
        if not figures.overtaken:
            self.assertEqual(len(figures.lost), 0)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: oidc_provider_test.py CALLGATE FOLDER [unittest options]")
    ForeignIssuer.program = os.path.abspath(sys.argv[1])
    ForeignIssuer.modules = os.path.abspath(sys.argv[2])
    prepare(ForeignIssuer.modules)
    unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[3:]])
