# SPDX-License-Identifier: Apache-2.0
"""A gateway with some traffic behind it, of every kind that its metrics tell apart."""

import contextlib

from nginx_rig import Application, Emulator
from peer_rig import EVENT, ROUTE, Gateway, ask, wait_until

AUDIENCE = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"
SHADOW_ROUTE = "/shadow"
GUARDED_ROUTE = "/guarded"
INBOX_ROUTE = "/queued"
CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[log]
verdicts_per_second_max = 5
[[provider]]
name = "acs"
issuer = "{issuer}"
discovery = "{issuer}/calling/.well-known/acsopenidconfiguration"
insecure_http_issuer = true
audiences = ["{audience}"]
[[route]]
path = "{route}"
providers = ["acs"]
replay = "off"
[[route]]
path = "{shadow}"
providers = ["acs"]
upstream = "http://{application}"
replay = "off"
shadow = true
[[route]]
path = "{guarded}"
providers = ["acs"]
replay = "enforce"
[[route]]
path = "{inbox}"
providers = ["acs"]
deliver = "inbox"
upstream = "http://{application}"
replay = "off"
[inbox]
path = "inbox.db"
"""


class Traffic:
    """Emulator, application and gateway, and callbacks through them."""

    def __init__(self, program, emulator_program, folder):
        with contextlib.ExitStack() as started:  # what has started ends if the rest does not
            self.emulator = Emulator(emulator_program, AUDIENCE)
            started.callback(self.emulator.process.end)
            self.application = Application()
            started.callback(self.application.end)
            config = folder / "callgate.toml"
            config.write_text(CONFIG.format(issuer=self.emulator.url, audience=AUDIENCE, route=ROUTE, shadow=SHADOW_ROUTE,
                                            guarded=GUARDED_ROUTE, inbox=INBOX_ROUTE,
                                            application=self.application.address))
            self.gateway = Gateway(program, config)
            started.callback(self._end_gateway)
            wait_until("the gateway has keys", 15, self.gateway.is_ready)
            self.started = started.pop_all()

    def _end_gateway(self):
        self.code = self.gateway.process.end()

    def post(self, target=ROUTE, fault="none", body=EVENT):
        return self.post_token(self.emulator.token(fault), target, body)

    def post_token(self, token, target, body=EVENT):
        return ask(self.gateway.listen, "POST", target, {"Authorization": f"Bearer {token}"}, body).status

    def of_every_kind(self):
        """How many requests it was: {(provider, verdict, reason): count}"""
        expected = {}
        for fault, reason, count in (("none", "-", 7), ("expired", "token_expired", 3), ("unknown-kid", "key_unknown", 1),
                                     ("wrong-audience", "audience_mismatch", 2), ("garbage-token", "token_malformed", 4)):
            for _ in range(count):
                assert self.post(fault=fault) == (200 if fault == "none" else 401)
            expected["acs", "admit" if fault == "none" else "refuse", reason] = count
        assert self.post(body="{}") == 400
        assert self.post(SHADOW_ROUTE, "expired") == 202
        assert ask(self.gateway.listen, "GET", "/nowhere").status == 404
        token = self.emulator.token()
        assert [self.post_token(token, GUARDED_ROUTE, body) for body in (EVENT, EVENT, EVENT + " ")] == [200, 200, 401]
        expected["acs", "refuse", "token_expired"] += 1
        assert self.post(INBOX_ROUTE) == 200
        # Once: it is the same event each time.
        wait_until("the event is pushed", 20, lambda: 'attempts_total{result="delivered"} 1' in self.metrics().body)
        expected["acs", "admit", "-"] += 3
        return expected | {("acs", "refuse", "event_malformed"): 1, ("acs", "refuse", "token_replayed"): 1,
                           ("-", "refuse", "route_unknown"): 1}

    def metrics(self):
        return ask(self.gateway.admin, "GET", "/metrics")

    def end(self):
        """The gateway's exit code."""
        self.started.close()
        return self.code


def serve_some_traffic(program, emulator_program, folder):
    """The text of /metrics after it."""
    traffic = Traffic(program, emulator_program, folder)
    try:
        traffic.of_every_kind()
        return traffic.metrics().body
    finally:
        traffic.end()
