# SPDX-License-Identifier: Apache-2.0
"""The programs under test and the load on them, as children that never outlive the experiment."""

import contextlib
import ctypes
import http.client
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import threading
import time

BIN = pathlib.Path(os.environ.get("CALLGATE_BIN", "build/release/bin"))
AUDIENCE = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"
PATH = "/api/callback"
PAGE_KIB = os.sysconf("SC_PAGE_SIZE") // 1024
TICKS = os.sysconf("SC_CLK_TCK")
# The load sends its tokens many times, and lives longer than a token of the service does.
REUSES_TOKENS = ["--max-lifetime", "2h", "--replay", "off"]

GATEWAY_CPU, LOAD_CPU = (0, 1) if (os.cpu_count() or 1) > 1 else (None, None)
_die_with_parent = ctypes.CDLL(None).prctl


class Broken(Exception):
    """The experiment could not be done; says nothing about the gateway."""


def wait_until(condition, seconds, what):
    """The seconds it took."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise Broken(f"{what}: not within {seconds} s")
        time.sleep(0.01)
    return time.monotonic() - begun


class Programs:
    """Starts children in this process's own group; all are gone when the block ends."""

    def __init__(self, folder, seed):
        self.folder = pathlib.Path(folder)
        self.seed = seed
        self.children = []
        self.lock = threading.Lock()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for child in self.children:
            if child.poll() is None:
                child.kill()
        for child in self.children:
            child.wait()
            for stream in (child.stdin, child.stdout, child.stderr):
                if stream:
                    with contextlib.suppress(OSError):  # what was to be written to one that has gone
                        stream.close()

    def file(self, name):
        return self.folder / name

    def write(self, name, text):
        """Replaces the file in one step, as an administrator should."""
        path = self.file(name)
        fresh = path.with_name(path.name + ".new")
        fresh.write_text(text, encoding="utf-8")
        fresh.chmod(0o600)
        fresh.replace(path)
        return path

    def start(self, command, cpu=None, files_max=None, stderr=None, stdin=subprocess.DEVNULL, environment=None):
        def prepare():
            _die_with_parent(1, signal.SIGKILL)
            if cpu is not None:
                os.sched_setaffinity(0, {cpu})
            if files_max:
                resource.setrlimit(resource.RLIMIT_NOFILE, (files_max, files_max))

        child = subprocess.Popen([str(part) for part in command], stdin=stdin, stdout=subprocess.PIPE, stderr=stderr,
                                 text=True, preexec_fn=prepare, env={**os.environ, **(environment or {})})
        with self.lock:
            self.children.append(child)
        return child

    def run(self, command):
        done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=1200)
        if done.returncode != 0:
            raise Broken(f"{command[0]} {command[1]}: {done.stderr.strip()[-300:]}")
        return done.stdout

    def tokens(self, name, issuer=None, count=500, jti=False):
        """A key of its own: (tokens file, key-set file)."""
        tokens, keys = self.file(name + ".tokens"), self.file(name + ".keys.json")
        command = [BIN / "load_callbacks", "tokens", "--audience", AUDIENCE, "--lifetime", 120, "--count", count,
                   "--tokens-out", tokens, "--keys-out", keys]
        self.run(command + (["--issuer", issuer] if issuer else []) + (["--jti"] if jti else []))
        return tokens, keys

    def gateway(self, *arguments, **options):
        return Gateway(self, list(arguments), **options)

    def emulator(self, *arguments):
        return Emulator(self, list(arguments))

    def send(self, target, tokens, seconds, **options):
        return self.begin_send(target, tokens, seconds, **options).result()

    def begin_send(self, target, tokens, seconds, **options):
        return Load(self, "send", target, seconds, {"tokens": tokens, **options})

    def begin_slow(self, target, seconds, **options):
        return Load(self, "slow", target, seconds, options)


class Process:
    """What the kernel tells about a child."""

    def __init__(self, child):
        self.child = child
        self.pid = child.pid

    def rss_kib(self):
        return int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * PAGE_KIB

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.pid}/fd"))

    def cpu_seconds(self):
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def alive(self):
        return self.child.poll() is None

    def signal(self, number):
        self.child.send_signal(number)

    def wait(self, seconds):
        """The exit status, or None if it still runs."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            return None


class Gateway(Process):
    _count = 0

    def __init__(self, programs, arguments, cpu=None, files_max=None, reuses_tokens=True, log_level="warning",
                 listen="127.0.0.1:0", environment=None):
        Gateway._count += 1
        self.log_path = programs.file(f"gateway-{Gateway._count}.log")
        command = [BIN / "callgate", "serve", "--listen", listen, "--admin", "127.0.0.1:0", "--log-level",
                   log_level] + arguments
        if "--config" not in arguments:
            command += ["--audience", AUDIENCE] + (REUSES_TOKENS if reuses_tokens else [])
        with open(self.log_path, "w", encoding="utf-8") as log:
            super().__init__(programs.start(command, cpu, files_max, log, environment=environment))
        ready = re.match(r"callgate ready listen=(\S+) admin=(\S+)", self.child.stdout.readline())
        if not ready:
            raise Broken("the gateway did not start: " + self.log()[-400:])
        self.listen, self.admin = ready.groups()

    def log(self):
        return self.log_path.read_text(encoding="utf-8", errors="replace")

    def is_ready(self):
        return ask(self.admin, "GET", "/readyz")[0] == 200

    def wait_ready(self, seconds=20):
        return wait_until(self.is_ready, seconds, "ready")

    def metrics(self):
        """{'name{labels}': value}"""
        text = ask(self.admin, "GET", "/metrics")[1].decode()
        pairs = (line.rsplit(" ", 1) for line in text.splitlines() if line and not line.startswith("#"))
        return {name: float(value) for name, value in pairs}

    def metric(self, start):
        return sum(value for name, value in self.metrics().items() if name.startswith(start))

    def wait_delivered(self, seconds):
        """Nothing is queued, and stays so: the count is some moments old. The seconds it took."""
        begun = time.monotonic()
        empty_since = None

        def stays_empty():
            nonlocal empty_since
            now = time.monotonic()
            if self.metric("callgate_inbox_depth") > 0:
                empty_since = None
            else:
                empty_since = empty_since or now
            time.sleep(0.05)
            return empty_since and now - empty_since > 2.2

        wait_until(stays_empty, seconds, "nothing is queued")
        return empty_since - begun

    def refresh_keys(self):
        return ask(self.admin, "POST", "/api/v1/keys/refresh")[0]


class Emulator(Process):
    def __init__(self, programs, arguments):
        command = [BIN / "callgate-emulator", "serve", "--listen", "127.0.0.1:0", "--audience", AUDIENCE] + arguments
        super().__init__(programs.start(command, stderr=subprocess.DEVNULL))
        ready = re.search(r"listen=(\S+)", self.child.stdout.readline())
        if not ready:
            raise Broken("the emulator did not start")
        self.address = ready.group(1)
        self.url = "http://" + self.address

    def order(self, what, **body):
        status, answer = ask(self.address, "POST", "/emulator/" + what, json.dumps(body), seconds=600)
        if status != 200:
            raise Broken(f"the emulator answered {what} with {status}: {answer[:200]!r}")
        return json.loads(answer)

    def place_calls(self, gateway, calls, rate):
        """The events of all calls, as the emulator reports them."""
        return self.order("calls", callback=f"http://{gateway.listen}{PATH}", scenario="inbound-ivr", calls=calls,
                          rate=rate)["events"]

    def token(self):
        return self.order("token")["token"]


class Load:
    """load_callbacks at work; result() waits for its counts."""

    def __init__(self, programs, verb, target, seconds, options):
        command = [BIN / "load_callbacks", verb, "--target", target, "--seconds", f"{seconds:.2f}"]
        for name, value in options.items():
            if value is None or value is False:
                continue
            command.append("--" + name.replace("_", "-"))
            if value is not True:
                command.append(value)
        self.child = programs.start(command, LOAD_CPU)
        self.seconds = seconds

    def stop(self):
        """Its result, of what it has sent by now."""
        self.child.terminate()
        return self.result()

    def result(self):
        out, _ = self.child.communicate()
        if self.child.returncode != 0:
            raise Broken("load_callbacks failed")
        return json.loads(out)


def ask(address, method, target, body=None, headers=None, seconds=5):
    """(status, body); status 0 when there was no answer."""
    connection = http.client.HTTPConnection(address, timeout=seconds)
    try:
        connection.request(method, target, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return 0, b""
    finally:
        connection.close()


def callback_status(gateway, token, body=None):
    """One callback on a connection of its own: (status, seconds)."""
    begun = time.monotonic()
    status, _ = ask(gateway.listen, "POST", PATH, body or EVENT,
                    {"Authorization": "Bearer " + token, "Content-Type": "application/json"})
    return status, time.monotonic() - begun


EVENT = json.dumps([{
    "id": "7e570002-0000-4000-8000-000000000001", "source": "calling/callConnections/41a0f2c7", "specversion": "1.0",
    "type": "Microsoft.Communication.CallConnected", "subject": "calling/callConnections/41a0f2c7",
    "datacontenttype": "application/json", "data": {"callConnectionId": "41a0f2c7"}}])


def connect(address):
    host, port = address.rsplit(":", 1)
    return socket.create_connection((host, int(port)), timeout=5)


def first_token(path):
    with open(path, encoding="utf-8") as tokens:
        return tokens.readline().strip()


def good(result, status="200"):
    """Counts of one status among the callbacks with good tokens."""
    return result["good"]["milliseconds_by_status"].get(status, {"count": 0, "p50": 0.0, "p99": 0.0, "max": 0.0})


def not_admitted(result):
    """Good callbacks that were sent and not answered 200, in words; empty when there are none."""
    parts = [f"{one['count']} x {status}" for status, one in result["good"]["milliseconds_by_status"].items()
             if status != "200"]
    parts += [f"{count} x {name}" for name, count in result["good"]["failures"].items()
              if name != "not_sent"]
    return ", ".join(parts)


def not_sent(result):
    """Good callbacks that were due while every connection was busy, for longer than the load's patience."""
    return result["good"]["failures"].get("not_sent", 0)


class Sampler:
    """Looks at a process again and again: [(seconds, RSS in KiB)]."""

    def __init__(self, process, pause=0.2):
        self.process, self.pause = process, pause
        self.samples = []
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.look, daemon=True)

    def look(self):
        begun = time.monotonic()
        while not self.ending.is_set():
            with contextlib.suppress(OSError, IndexError):
                self.samples.append((time.monotonic() - begun, self.process.rss_kib()))
            self.ending.wait(self.pause)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()

    def most(self, begin=0.0, end=1.0):
        """The most in this part of the time looked at."""
        chosen = self.samples[int(len(self.samples) * begin):max(1, int(len(self.samples) * end))]
        return max((rss for _, rss in chosen), default=0)


class MachineUse:
    """How much of the machine others took meanwhile: a measure of how far times can be trusted."""

    def __init__(self):
        self.begun = self.look()

    @staticmethod
    def look():
        fields = [int(one) for one in pathlib.Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
        idle = fields[3] + fields[4]
        own = sum(sum(resource.getrusage(who)[:2]) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
        return sum(fields) / TICKS, (sum(fields) - idle) / TICKS, own

    def share_of_others(self):
        total, busy, own = (after - before for after, before in zip(self.look(), self.begun))
        return max(0.0, busy - own) / total if total > 0 else 0.0
