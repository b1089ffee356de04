#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Applications in C++, on Node and on Flask behind the gateway: they see callbacks byte for byte, and nothing of a
stranger that looks like callgate's own.

    forwarding_test.py CALLGATE EMULATOR MIRROR [unittest options]

CALLGATE, EMULATOR and MIRROR (the C++ application) are the programs. CALLGATE_SCALE is a percentage of 100,000 callbacks
for each application (default 1), CALLGATE_SEED repeats the random choices of an earlier run. An application that cannot
be had here is left out, with a plain word.
"""

import base64
import datetime
import json
import os
import pathlib
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest

from forwarded import EVIL, Maker, canonical, wire_bytes
from nginx_rig import Emulator
from peer_rig import FOLDER, ROUTE, Gateway, Process, wait_until

AUDIENCE = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"
SHADOW_ROUTE = "/shadow"
SENDERS = 6
FRESH_TOKEN_EVERY = 60.0  # seconds; a token lives for five minutes
PYTHON = "/usr/bin/python3"  # Debian's, which python3-flask is for
CONFIG = """
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[log]
level = "warning"
[[provider]]
name = "acs"
issuer = "{issuer}"
discovery = "{issuer}/calling/.well-known/acsopenidconfiguration"
insecure_http_issuer = true
audiences = ["{audience}"]
[[route]]
path = "{route}"
providers = ["acs"]
upstream = "http://{application}"
replay = "off"
[[route]]
path = "{shadow}"
providers = ["acs"]
upstream = "http://{application}"
replay = "off"
shadow = true
"""


class Wire:
    """A kept connection of a sender."""

    def __init__(self, address):
        host, port = address.split(":")
        self.socket = socket.create_connection((host, int(port)), timeout=60)
        self.file = self.socket.makefile("rb")

    def ask(self, request):
        """(status, fields by lower name, body)"""
        self.socket.sendall(request)
        status = int(self.file.readline().split()[1])
        fields = {}
        while (line := self.file.readline()) not in (b"\r\n", b""):
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        return status, fields, self.file.read(int(fields["content-length"]))

    def close(self):
        self.file.close()
        self.socket.close()


class AsSent:
    """An application that sees fields as they came."""

    @staticmethod
    def expected(passes):
        return passes

    @staticmethod
    def without_hop(fields):
        return [(name, value) for name, value in fields if name.lower() not in ("host", "content-length", "connection")]


class AsWsgi:
    """One that sees WSGI's: HTTP_NAME, fields of one name joined by a comma, in any order."""

    @staticmethod
    def key(name):
        name = name.upper().replace("-", "_")
        return name if name == "CONTENT_TYPE" else "HTTP_" + name

    @classmethod
    def expected(cls, passes):
        joined = {}
        for name, value in passes:
            key = cls.key(name)
            joined[key] = f"{joined[key]},{value}" if key in joined and key != "CONTENT_TYPE" else value
        return sorted(joined.items())

    @staticmethod
    def without_hop(fields):
        return sorted((name, value) for name, value in fields if name not in ("HTTP_HOST", "HTTP_CONNECTION"))


class Sender:
    """One of several that send at the same time, on a connection of its own."""

    def __init__(self, test, number, count):
        self.test, self.number, self.count, self.sent, self.fault = test, number, count, 0, None
        self.random = random.Random(f"{test.seed} {test.view.__name__} {number}")
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self):
        wire = Wire(self.test.gateway.listen)
        try:
            while self.sent < self.count and not self.test.stop.is_set():
                self._send_one(wire)
                self.sent += 1
        except Exception as fault:  # of a thread: the test tells it
            self.fault = AssertionError(f"callback {self.sent} of sender {self.number}: {type(fault).__name__}: {fault}")
            self.test.stop.set()
        finally:
            wire.close()

    def _send_one(self, wire):
        shadow = self.random.random() < 0.1
        maker = Maker(self.random, SHADOW_ROUTE if shadow else ROUTE)
        callback = maker.anything() if shadow else maker.genuine()
        token = None if shadow else self.test.token()
        status, answered, body = wire.ask(wire_bytes(callback, token))
        assert status == 200, f"{status} {body[:500]!r} to {callback.target} {callback.fields} {callback.body[:300]!r}"
        head, _, arrived = body.partition(b"\n")
        seen = json.loads(head)
        assert arrived == callback.body, f"{len(arrived)} bytes arrived, {len(callback.body)} were sent"
        assert (seen["method"], seen["target"]) == ("POST", callback.target), (seen, callback.target)
        self._judge_fields(callback, [tuple(pair) for pair in seen["fields"]], answered["x-request-id"], shadow)

    def _judge_fields(self, callback, fields, request_id, shadow):
        view = self.test.view
        proof = dict(self.test.proof_of_shadow if shadow else self.test.proof)
        received = [value for name, value in fields if canonical(name).endswith("callgate-received-at")]
        assert len(received) == 1, fields
        age = time.time() - datetime.datetime.fromisoformat(received[0].replace("Z", "+00:00")).timestamp()
        assert -5 < age < 120, received
        proof |= {"Callgate-Request-Id": request_id, "Callgate-Received-At": received[0]}
        for name, value in fields:
            assert EVIL not in value and EVIL not in name, (name, value, callback.fields)
        ours = {name for name, _ in view.expected(list(proof.items()))}
        rest = [one for one in view.without_hop(fields) if one[0] not in ours]
        found = sorted(one for one in fields if one[0] in ours)
        assert found == sorted(view.expected(list(proof.items()))), (found, proof, callback.fields)
        assert rest == view.expected(callback.passes), (rest, callback.fields)


class Forwarding(unittest.TestCase):
    program = emulator_program = mirror = seed = None
    scale = 1

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.emulator = Emulator(self.emulator_program, AUDIENCE)
        self.addCleanup(self.emulator.process.end)
        self.stop = threading.Event()
        self.token_lock = threading.Lock()
        self.token_until = 0

    def token(self):
        with self.token_lock:
            if time.monotonic() > self.token_until:
                self.last_token = self.emulator.token()
                self.token_until = time.monotonic() + FRESH_TOKEN_EVERY
            return self.last_token

    def start(self, command, view):
        self.view = view
        application = Process(command)
        self.addCleanup(application.end)
        address = application.line().partition("listen=")[2]
        config = self.folder / "callgate.toml"
        config.write_text(CONFIG.format(issuer=self.emulator.url, audience=AUDIENCE, route=ROUTE, shadow=SHADOW_ROUTE,
                                        application=address))
        self.gateway = Gateway(self.program, config)
        self.addCleanup(lambda: self.assertEqual(self.gateway.process.end(), 0))
        wait_until("the gateway has keys", 15, self.gateway.is_ready)
        header = self.token().split(".")[0]
        kid = json.loads(base64.urlsafe_b64decode(header + "=" * (-len(header) % 4)))["kid"]
        self.proof = {"Callgate-Provider": "acs", "Callgate-Issuer": self.emulator.url, "Callgate-Audience": AUDIENCE,
                      "Callgate-Key-Id": kid}
        self.proof_of_shadow = {"Callgate-Shadow": "token_missing"}

    def send(self):
        count = 1000 * self.scale
        print(f"{count} callbacks, seed {self.seed} (CALLGATE_SEED repeats it)", file=sys.stderr, flush=True)
        begun = time.monotonic()
        senders = [Sender(self, number, len(range(number, count, SENDERS))) for number in range(SENDERS)]
        for sender in senders:
            sender.thread.join()
        for sender in senders:
            if sender.fault:
                raise sender.fault
        self.assertEqual(sum(sender.sent for sender in senders), count)
        print(f"{count / (time.monotonic() - begun):.0f} a second", file=sys.stderr, flush=True)

    def test_an_application_in_cpp(self):
        self.start([self.mirror], AsSent)
        self.send()

    def test_an_application_on_node(self):
        if shutil.which("node") is None:
            self.skipTest("there is no Node.js here; install it with: apt-get install nodejs")
        self.start(["node", str(FOLDER / "applications/mirror.mjs")], AsSent)
        self.send()

    def test_an_application_on_flask(self):
        if subprocess.run([PYTHON, "-c", "import flask"], capture_output=True, check=False).returncode != 0:
            self.skipTest("there is no Flask here; install it with: apt-get install python3-flask")
        self.start([PYTHON, "-B", str(FOLDER / "applications/mirror_flask.py")], AsWsgi)
        self.send()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit("usage: forwarding_test.py CALLGATE EMULATOR MIRROR [unittest options]")
    Forwarding.program, Forwarding.emulator_program, Forwarding.mirror = map(os.path.abspath, sys.argv[1:4])
    Forwarding.scale = int(os.environ.get("CALLGATE_SCALE", "1"))
    Forwarding.seed = os.environ.get("CALLGATE_SEED") or str(random.SystemRandom().randrange(1 << 31))
    unittest.main(argv=[sys.argv[0], "--verbose", *sys.argv[4:]])
