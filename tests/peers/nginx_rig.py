# SPDX-License-Identifier: Apache-2.0
"""nginx with the sample under deploy/, an application that remembers what it gets, and the emulator as processes of a test."""

import collections
import http.server
import json
import pathlib
import shutil
import signal
import socket
import tempfile
import threading

from peer_rig import Process, ask, wait_until

SAMPLE = pathlib.Path(__file__).resolve().parents[2] / "deploy/nginx-forward-auth.conf"
ADDRESSES = {"callgate": "127.0.0.1:8080", "application": "127.0.0.1:8000", "listen": "127.0.0.1:8081"}  # in the sample
# What a distribution's nginx.conf says around the sample. One process, as whoever started it, and files in one folder.
AROUND = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log stderr info;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    scgi_temp_path {folder}/scgi;
    uwsgi_temp_path {folder}/uwsgi;
    include {folder}/sample.conf;
}}
"""


def find_nginx():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin")


def free_address():
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return "127.0.0.1:{}".format(unused.getsockname()[1])


class Nginx:
    """The sample itself; nothing in it is changed but the three addresses."""

    def __init__(self, callgate, application):
        self.folder = tempfile.TemporaryDirectory()
        for _ in range(10):  # nginx cannot pick a port by itself: somebody else may take a free one first
            if self._start({"callgate": callgate, "application": application, "listen": free_address()}):
                return
        raise AssertionError(f"found no port to listen on; {self.said}")

    def _start(self, addresses):
        folder = pathlib.Path(self.folder.name)
        sample = SAMPLE.read_text()
        for name, address in ADDRESSES.items():
            assert sample.count(address) == 1, f"{address} stands {sample.count(address)} times in the sample"
            sample = sample.replace(address, addresses[name])
        (folder / "sample.conf").write_text(sample)
        (folder / "nginx.conf").write_text(AROUND.format(folder=folder))
        self.process = Process([find_nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf")])
        self.address = addresses["listen"]
        # The file with its process id comes once it listens.
        wait_until("nginx listens or ends", 30,
                   lambda: self.process.process.poll() is not None or self._listens(folder / "nginx.pid"))
        if self.process.process.poll() is None:
            return True
        self.said = self.process.said()
        self.process.end()
        if "Address already in use" not in self.said:
            raise AssertionError(f"nginx does not start; {self.said}")
        return False

    def _listens(self, pid_file):
        return pid_file.exists() and pid_file.read_text().strip() == str(self.process.process.pid)

    def end(self):
        code = self.process.end()
        self.folder.cleanup()
        return code


Received = collections.namedtuple("Received", "method target fields body")  # fields: list of (name, value) as they came


class Application:
    """Remembers each request and takes it, or answers it with another status."""

    def __init__(self):
        self.received = received = []
        self.status = 202
        application = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_any(self):
                body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
                received.append(Received(self.command, self.path, self.headers.items(), body))
                self.send_response(application.status)
                self.send_header("Content-Length", "5")
                self.send_header("X-Request-Id", "of the application")
                self.end_headers()
                self.wfile.write(b"taken")

            do_GET = do_POST = do_PUT = do_OPTIONS = do_any

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = "127.0.0.1:{}".format(self.server.server_address[1])
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})
        self.thread.start()

    def end(self):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


class Emulator:
    """Stands in for the sender: makes tokens and publishes their keys."""

    def __init__(self, program, audience):
        self.process = Process([program, "serve", "--listen", "127.0.0.1:0", "--audience", audience])
        ready = dict(word.split("=", 1) for word in self.process.line().split() if "=" in word)
        self.address = ready["listen"]
        self.url = "http://" + self.address

    def _order(self, path, **order):
        answer = ask(self.address, "POST", path, {"Content-Type": "application/json"}, json.dumps(order))
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def token(self, fault="none", **claims):
        return self._order("/emulator/token", fault=fault, claims=claims)["token"]

    def set_keys(self, mode):
        self._order("/emulator/keys-fault", mode=mode)


def freeze(process):
    """The signal is sent at once; each thread stops when its turn comes."""
    process.process.send_signal(signal.SIGSTOP)
    tasks = pathlib.Path(f"/proc/{process.process.pid}/task")

    def all_stopped():
        return all((task / "stat").read_text().rpartition(")")[2].split()[0] == "T" for task in tasks.iterdir())

    wait_until("the process has stopped", 10, all_stopped)


def thaw(process):
    process.process.send_signal(signal.SIGCONT)
