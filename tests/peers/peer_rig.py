# SPDX-License-Identifier: Apache-2.0
"""The foreign issuer and the real gateway as processes of a test; callbacks over real sockets."""

import http.client
import json
import os
import pathlib
import queue
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

FOLDER = pathlib.Path(__file__).resolve().parent
AUDIENCE = "https://hooks.test/callbacks"
ROUTE = "/api/callback"
EVENT = json.dumps([{
    "specversion": "1.0", "id": "7e570001-0000-4000-8000-000000000001", "source": "calling/callConnections/3a9f5c10",
    "type": "Microsoft.Communication.CallConnected", "time": "2026-09-30T08:15:42.1234567+00:00",
    "datacontenttype": "application/json", "data": {"callConnectionId": "3a9f5c10"},
}])


def prepare(modules):
    """Installs the npm packages where that is needed; ends with 77 where they cannot be had."""
    installed = subprocess.run([str(FOLDER / "install"), modules], timeout=200)
    if installed.returncode != 0:
        sys.exit(installed.returncode)


def wait_until(what, seconds, condition):
    """Asks again until `condition` gives something true, and gives it; fails after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.02)


class Process:
    """A program whose standard output is read line by line; what it says on standard error is kept for a failure."""

    def __init__(self, command):
        self.errors = tempfile.NamedTemporaryFile()
        # No variable of the caller may change a setting that a test relies on.
        plain = {name: value for name, value in os.environ.items() if not name.startswith("CALLGATE_")}
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.errors,
                                        text=True, env=plain)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self._read)
        self.reader.start()

    def _read(self):
        with self.process.stdout as stdout:
            for line in stdout:
                self.lines.put(line.rstrip("\n"))
        self.lines.put(None)

    def line(self, seconds=30):
        try:
            line = self.lines.get(timeout=seconds)
        except queue.Empty:
            raise AssertionError(f"no line within {seconds} s; {self.said()}") from None
        if line is None:
            raise AssertionError(f"ended; {self.said()}")
        return line

    def error_text(self):
        return pathlib.Path(self.errors.name).read_text()

    def said(self):
        return "on standard error: ..." + self.error_text()[-2000:]

    def end(self):
        self.process.terminate()
        self.process.stdin.close()
        try:
            return self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"does not end; {self.said()}") from None
        finally:
            self.reader.join()
            self.errors.close()


class Issuer:
    """oidc-provider; issuer.mjs says what its commands do."""

    def __init__(self, modules):
        self.process = Process(["node", str(FOLDER / "issuer.mjs"), str(modules)])
        self.url = self.process.line().partition("url=")[2]
        self.address = urllib.parse.urlsplit(self.url).netloc

    def command(self, text):
        self.process.process.stdin.write(text + "\n")
        self.process.process.stdin.flush()
        return self.process.line().partition(" ")[2]

    def rotate(self, how=""):
        answer = self.command(f"rotate {how}".strip())
        assert answer == "rotated", answer

    def fetches(self):
        return int(self.command("fetches").partition("=")[2])

    def key_set(self):
        return json.loads(ask(self.address, "GET", "/jwks").body)["keys"]

    def token(self, client="rs256", audience=AUDIENCE):
        """A token as the provider makes it for a client; without an audience it makes an opaque one."""
        form = {"grant_type": "client_credentials", "client_id": client,
                "client_secret": f"secret of {client}, for this test alone"}
        if audience is not None:
            form |= {"resource": audience, "scope": "callbacks"}
        answer = ask(self.address, "POST", "/token", {"Content-Type": "application/x-www-form-urlencoded"},
                     urllib.parse.urlencode(form))
        if answer.status != 200:
            raise AssertionError(f"the provider made no token: {answer.status} {answer.body}")
        return json.loads(answer.body)["access_token"]


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def reason(self):
        return None if self.status == 200 else json.loads(self.body).get("reason")


def ask(address, method, path, headers=None, body=None):
    connection = http.client.HTTPConnection(address, timeout=30)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return Answer(answer.status, answer.headers, answer.read().decode())
    finally:
        connection.close()


def config_text(issuer_url, provider="", keys=""):
    """Configuration of a gateway in front of the issuer; `provider` and `keys` are further lines of those tables."""
    return f"""
[server]
listen = "127.0.0.1:0"
admin = "127.0.0.1:0"
[keys]
{keys}
[[provider]]
name = "foreign"
preset = "generic"
issuer = "{issuer_url}"
insecure_http_issuer = true
audiences = ["{AUDIENCE}"]
{provider}
[[route]]
path = "{ROUTE}"
providers = ["foreign"]
"""


class Gateway:
    def __init__(self, program, config):
        self.process = Process([program, "serve", "--config", str(config)])
        try:
            line = self.process.line()
        except AssertionError:
            self.process.end()
            raise
        ready = dict(word.split("=", 1) for word in line.split() if "=" in word)
        self.listen = ready["listen"]
        self.admin = ready["admin"]

    def is_ready(self):
        return ask(self.admin, "GET", "/readyz").status == 200

    def callback(self, token):
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        return ask(self.listen, "POST", ROUTE, headers, EVENT)
