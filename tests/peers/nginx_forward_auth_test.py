#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A real nginx with deploy/nginx-forward-auth.conf asks callgate about each callback before an application sees it.

    nginx_forward_auth_test.py CALLGATE EMULATOR [unittest options]

CALLGATE and EMULATOR are the programs. Ends with 77 where there is no nginx, and says so.
"""

import http.client
import json
import os
import pathlib
import socket
import sys
import tempfile
import unittest

from nginx_rig import Application, Emulator, Nginx, find_nginx, freeze, thaw
from peer_rig import EVENT, ROUTE, Gateway, ask, wait_until

AUDIENCE = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"
OTHER_AUDIENCE = "0b9d2f6e-3c81-4a57-9e44-7fd1c5a8e630"
BODY_MAX = 1 << 20
CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
trusted_proxies = ["127.0.0.1"]
[[provider]]
name = "acs"
issuer = "{issuer}"
discovery = "{issuer}/calling/.well-known/acsopenidconfiguration"
insecure_http_issuer = true
audiences = ["{audience}"]
[[provider]]
name = "other"
issuer = "{issuer}"
discovery = "{issuer}/calling/.well-known/acsopenidconfiguration"
insecure_http_issuer = true
audiences = ["{other_audience}"]
[[route]]
path = "/api/callback"
providers = ["acs"]
authorize = "/callgate/authorize"
{route}
[[route]]
path = "/other"
providers = ["other"]
authorize = "/callgate/authorize/other"
"""
# Names that an application could take for ours. The last four are names that callgate gives no value here, or never.
FORGED = ["callgate_provider", "Callgate_Provider", "CALLGATE-PROVIDER", "callgate-issuer", "Callgate.Provider",
          "Callgate-Subject", "callgate_subject", "Callgate-Shadow", "Callgate-Whatever"]


class ForwardAuth(unittest.TestCase):
    program = None
    emulator_program = None

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.emulator = Emulator(self.emulator_program, AUDIENCE)
        self.addCleanup(self.emulator.process.end)
        self.application = Application()
        self.addCleanup(self.application.end)

    def start(self, route="", ready=True):
        config = self.folder / "callgate.toml"
        config.write_text(CONFIG.format(issuer=self.emulator.url, audience=AUDIENCE, other_audience=OTHER_AUDIENCE,
                                        route=route))
        self.gateway = Gateway(self.program, config)
        self.addCleanup(self.end_gateway)
        if ready:
            wait_until("the gateway has keys", 15, self.gateway.is_ready)
        self.nginx = Nginx(self.gateway.listen, self.application.address)
        self.addCleanup(lambda: self.assertEqual(self.nginx.end(), 0))

    def end_gateway(self):
        if self.gateway:
            self.assertEqual(self.gateway.process.end(), 0)
        self.gateway = None

    def post(self, token, headers=None, body=EVENT, target=ROUTE, method="POST"):
        fields = {"Content-Type": "application/json"} | (headers or {})
        if token is not None:
            fields["Authorization"] = f"Bearer {token}"
        return ask(self.nginx.address, method, target, fields, body)

    def verdicts(self):
        return json.loads(ask(self.gateway.admin, "GET", "/api/v1/verdicts").body)["verdicts"]

    def the_one_request(self):
        self.assertEqual(len(self.application.received), 1)
        return self.application.received.pop()

    def expect_no_verdict(self, why):
        answer = self.post(self.emulator.token())
        self.assertEqual(answer.status, 503, why)
        self.assertEqual(answer.headers["Retry-After"], "2")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(json.loads(answer.body)["status"], 503)
        self.assertEqual(self.application.received, [], why)
        return answer

    # What is let through

    def test_the_application_gets_body_and_proof(self):
        self.start()
        answer = self.post(self.emulator.token(), {"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"},
                           target=ROUTE + "/7?callerId=4%3A%2B1206")
        self.assertEqual((answer.status, answer.body), (202, "taken"))
        request = self.the_one_request()
        self.assertEqual((request.method, request.target), ("POST", ROUTE + "/7?callerId=4%3A%2B1206"))
        self.assertEqual(request.body, EVENT.encode())
        fields = dict(request.fields)
        self.assertEqual(len(fields), len(request.fields), "each name once")
        verdict = self.verdicts()[0]
        self.assertEqual(fields["Content-Type"], "application/json")
        self.assertEqual(fields["traceparent"], "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")
        self.assertEqual(fields["Callgate-Provider"], "acs")
        self.assertEqual(fields["Callgate-Issuer"], self.emulator.url)
        self.assertEqual(fields["Callgate-Audience"], AUDIENCE)
        self.assertEqual(fields["Callgate-Key-Id"], verdict["kid"])
        self.assertEqual(fields["Callgate-Received-At"], verdict["received_at"])
        self.assertEqual(fields["Callgate-Request-Id"], verdict["request_id"])
        self.assertEqual(answer.headers.get_all("X-Request-Id"), [verdict["request_id"]])
        self.assertNotIn("Authorization", fields)
        self.assertNotIn("Callgate-Subject", fields, "the token names none")

    def test_nothing_of_a_stranger_can_look_like_ours(self):
        self.start()
        for subject in (None, "resource"):
            with self.subTest(subject=subject):
                claims = {} if subject is None else {"sub": subject}
                answer = self.post(self.emulator.token(**claims), {name: "forged" for name in FORGED})
                self.assertEqual(answer.status, 202)
                fields = self.the_one_request().fields
                self.assertNotIn("forged", [value for _, value in fields], fields)
                expected = {"Request-Id", "Received-At", "Provider", "Issuer", "Audience", "Key-Id"}
                if subject is not None:
                    expected.add("Subject")
                    self.assertIn(("Callgate-Subject", "resource"), fields)
                ours = [name for name, _ in fields if name.lower().startswith("callgate")]
                self.assertEqual(sorted(ours), sorted("Callgate-" + name for name in expected))

    def test_a_large_body_passes_once_and_a_larger_one_not_at_all(self):
        self.start()
        token = self.emulator.token()
        body = bytes(range(256)) * (BODY_MAX // 256)
        self.assertEqual(self.post(token, body=body).status, 202)
        self.assertEqual(self.the_one_request().body, body)
        self.assertEqual(self.post(token, body=body + b"x").status, 413)
        self.assertEqual(self.application.received, [])

    def test_the_limit_a_captured_token_passes_with_any_body(self):
        self.start()
        token = self.emulator.token()
        for body in (EVENT, "another body", ""):
            self.assertEqual(self.post(token, body=body).status, 202)
            self.assertEqual(self.the_one_request().body, body.encode())

    def test_what_the_application_says_reaches_the_sender(self):
        self.start()
        token = self.emulator.token()
        for status in (200, 400, 401, 410, 429, 500, 503):
            self.application.status = status
            answer = self.post(token)
            self.assertEqual((answer.status, answer.body), (status, "taken"))
            self.assertNotIn("Retry-After", answer.headers, "callgate had nothing to say about it")
            self.the_one_request()

    # What is refused

    def test_refusals_reach_the_sender_as_they_are(self):
        self.start()
        cases = {
            "no token": (None, "Bearer", "token_missing"),
            "another audience": (self.emulator.token("wrong-audience"), 'Bearer error="invalid_token"', "audience_mismatch"),
            "expired": (self.emulator.token("expired"), 'Bearer error="invalid_token"', "token_expired"),
            "another key": (self.emulator.token("wrong-key"), 'Bearer error="invalid_token"', "signature_invalid"),
            "garbage": ("garbage", 'Bearer error="invalid_token"', "token_malformed"),
        }
        for name, (token, challenge, reason) in cases.items():
            with self.subTest(name):
                answer = self.post(token)
                self.assertEqual(answer.status, 401)
                self.assertEqual(len(answer.headers.get_all("WWW-Authenticate")), 1)
                self.assertTrue(answer.headers["WWW-Authenticate"].startswith(challenge), answer.headers)
                verdict = self.verdicts()[0]
                self.assertEqual((verdict["reason"], verdict["request_id"]), (reason, answer.headers["X-Request-Id"]))
        self.assertEqual(self.application.received, [])

    def test_two_authorization_fields_do_not_pass(self):
        self.start()
        connection = http.client.HTTPConnection(self.nginx.address, timeout=30)
        self.addCleanup(connection.close)
        connection.putrequest("POST", ROUTE)
        for token in (self.emulator.token(), "garbage"):
            connection.putheader("Authorization", f"Bearer {token}")
        connection.putheader("Content-Length", "0")
        connection.endheaders()
        self.assertIn(connection.getresponse().status, (400, 401))
        self.assertEqual(self.application.received, [])

    def test_what_is_no_http_is_the_senders_fault_and_never_ours(self):
        self.start()
        long = b"a" * 7000
        cases = {
            "a control character in the token": ("", b"Authorization: Bearer a\x01b", 400),
            "DEL in the token": ("", b"Authorization: Bearer a\x7fb", 400),
            "a control character in the trace": ("", b"traceparent: a\x01b", 400),
            "a byte in the query that is none of a URI": ("?a=\xff", b"X: y", 400),
            "a long token": ("", b"Authorization: Bearer " + long, 401),
            "a token that nginx finds too long": ("", b"Authorization: Bearer " + long * 2, 400),
            "a long query": ("?" + long.decode(), b"X: y", 401),
            "a query that nginx finds too long": ("?" + long.decode() * 2, b"X: y", 414),
            "characters that URIs must escape": ('?a="<>\\^`{|}%zz', b"X: y", 401),
            "no scheme": ("", b"Authorization: ", 401),
        }
        for name, (query, field, status) in cases.items():
            with self.subTest(name):
                host, port = self.nginx.address.split(":")
                with socket.create_connection((host, int(port)), timeout=30) as wire:
                    wire.sendall(f"POST {ROUTE}{query} HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n".encode("latin-1") +
                                 field + b"\r\n\r\n")
                    answer = http.client.HTTPResponse(wire)
                    answer.begin()
                    self.assertEqual(answer.status, status)
                    self.assertIsNone(answer.headers["Retry-After"], "nothing to try again")
        self.assertEqual(self.application.received, [])

    def test_other_methods_and_paths_do_not_pass(self):
        self.start()
        token = self.emulator.token()
        for method in ("GET", "PUT", "OPTIONS"):
            answer = self.post(token, method=method, body=None)
            self.assertEqual((answer.status, answer.headers["Allow"]), (405, "POST"))
        for target in ("/", "/api/callbacks", "/api/callback/../admin", "/api/callback/%2e%2e/admin", "/callgate-question",
                       "/callgate/authorize", "/api/callback/..%2f..%2fcallgate-question"):
            with self.subTest(target):
                self.assertIn(self.post(token, target=target).status, (400, 404))
        self.assertEqual(self.application.received, [])

    def test_a_stranger_cannot_choose_the_route(self):
        self.start()
        token = self.emulator.token(aud=OTHER_AUDIENCE)
        misleading = dict.fromkeys(("X-Forwarded-Uri", "X-Original-URI", "X-Original-URL", "X-Rewrite-Url"), "/other")
        for headers in ({}, misleading, dict.fromkeys(misleading, "/callgate/authorize/other")):
            answer = self.post(token, headers, target=ROUTE + "?authorize=/callgate/authorize/other")
            self.assertEqual(answer.status, 401)
            verdict = self.verdicts()[0]
            self.assertEqual((verdict["route"], verdict["reason"]), ("/callgate/authorize", "audience_mismatch"))
        self.assertEqual(self.application.received, [])
        direct = ask(self.gateway.listen, "GET", "/callgate/authorize/other", {"Authorization": f"Bearer {token}"})
        self.assertEqual(direct.status, 204, "the token is good where the configuration says so")

    def test_a_query_secret_counts(self):
        (self.folder / "secret.txt").write_text("open-sesame")
        (self.folder / "secret.txt").chmod(0o600)
        self.start(route='query_secret = { name = "code", file = "secret.txt" }')
        token = self.emulator.token()
        for query in ("", "?code=wrong", "?code="):
            self.assertEqual(self.post(token, target=ROUTE + query).status, 403)
        self.assertEqual(self.post(None, target=ROUTE + "?code=open-sesame").status, 401)
        self.assertEqual(self.application.received, [])
        self.assertEqual(self.post(token, target=ROUTE + "?code=open-sesame").status, 202)
        self.assertEqual(self.the_one_request().target, ROUTE + "?code=open-sesame")

    def test_a_source_that_is_not_allowed_is_403_whatever_it_says_of_itself(self):
        self.start(route='allowed_sources = ["127.0.0.2"]')
        token = self.emulator.token()
        for headers in ({}, {"X-Forwarded-For": "127.0.0.2"}, {"Forwarded": "for=127.0.0.2"}):
            self.assertEqual(self.post(token, headers).status, 403)
        self.assertEqual(self.application.received, [])
        allowed = http.client.HTTPConnection(self.nginx.address, timeout=30, source_address=("127.0.0.2", 0))
        self.addCleanup(allowed.close)
        allowed.request("POST", ROUTE, EVENT, {"Authorization": f"Bearer {token}", "X-Forwarded-For": "192.0.2.1"})
        self.assertEqual(allowed.getresponse().status, 202)
        self.the_one_request()

    # What cannot be told

    def test_without_keys_503_stays_503(self):
        self.emulator.set_keys("down")
        self.start(ready=False)
        answer = self.expect_no_verdict("no keys")
        self.assertEqual(self.verdicts()[0]["reason"], "keys_unavailable")
        self.assertEqual(answer.headers["X-Request-Id"], self.verdicts()[0]["request_id"])
        self.assertEqual(self.post(None).status, 401, "no token is no token, with keys or without")
        self.emulator.set_keys("ok")
        wait_until("the gateway has keys", 15, self.gateway.is_ready)
        self.assertEqual(self.post(self.emulator.token()).status, 202)

    def test_a_gateway_that_hangs_or_is_stopped_lets_nothing_through(self):
        self.start()
        self.assertEqual(self.post(self.emulator.token()).status, 202)
        self.the_one_request()
        freeze(self.gateway.process)
        try:
            self.expect_no_verdict("it hangs")
        finally:
            thaw(self.gateway.process)
        self.assertEqual(self.post(self.emulator.token()).status, 202)
        self.the_one_request()
        self.end_gateway()
        self.expect_no_verdict("it is stopped")


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit("usage: nginx_forward_auth_test.py CALLGATE EMULATOR [unittest options]")
    if find_nginx() is None:
        print("nginx_forward_auth_test: left out: there is no nginx here; install it with: apt-get install nginx")
        sys.exit(77)
    ForwardAuth.program = os.path.abspath(sys.argv[1])
    ForwardAuth.emulator_program = os.path.abspath(sys.argv[2])
    unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[3:]])
