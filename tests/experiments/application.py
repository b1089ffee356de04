# SPDX-License-Identifier: Apache-2.0
"""An application that events are pushed to, as a program of its own that can be killed: it writes down what it was handed
before it answers. Below: how the experiments start it, and the program itself."""

import asyncio
import collections
import contextlib
import os
import re
import socket
import struct
import subprocess
import sys
import time

from programs import Broken, Process, wait_until

IDENTITY = re.compile(rb'"id":"([^"]+)","source":"calling/callConnections/([^"]+)"')
LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
POISON = b"poison"  # in the id of an event that is always refused

Handed = collections.namedtuple("Handed", "time id call answer")  # answer: a status, or what was done instead


class Application(Process):
    """The running program. `mode`: ok, 500, hang, reset (each connection at once), cut (within the answer), or slow N (as
    many a second). What it wrote down outlives it."""

    def __init__(self, programs, name="application"):
        self.programs, self.journal, self.address = programs, programs.file(name + ".journal"), "127.0.0.1:0"
        self.start()

    def start(self, mode="ok"):
        """Also after a kill, on the same port."""
        command = [sys.executable, "-B", __file__, self.address, self.journal, mode]
        super().__init__(self.programs.start(command, stdin=subprocess.PIPE))
        self.address = self.child.stdout.readline().strip()
        if not self.address:
            raise Broken("the application did not start")
        self.url = "http://" + self.address

    def mode(self, text):
        self.child.stdin.write(text + "\n")
        self.child.stdin.flush()
        self.child.stdout.readline()  # from now on

    def kill(self):
        self.child.kill()
        self.child.wait()

    def lines(self):
        if not self.journal.exists():
            return []
        return [line.split() for line in self.journal.read_text().splitlines()]

    def handed(self):
        """Everything, in the order in which it came."""
        return [Handed(float(line[1]), line[2], line[3], line[4]) for line in self.lines() if line[0] == "event"]

    def taken(self):
        return [one for one in self.handed() if one.answer == "200"]

    def wait_taken(self, number, seconds):
        """Until it has taken so many, repeats among them. The seconds it took."""
        return wait_until(lambda: self.journal.exists() and self.journal.read_bytes().count(b" 200\n") >= number, seconds,
                          f"{number} events taken")

    def connections(self, begin, end):
        """How many came between these moments of the monotonic clock."""
        return sum(line[0] == "connection" and begin <= float(line[1]) < end for line in self.lines())


class Serving:
    """What the connections share."""

    def __init__(self, journal, mode):
        self.journal = os.open(journal, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.mode = mode
        self.next_turn = 0.0

    def note(self, *words):
        os.write(self.journal, (" ".join(words) + "\n").encode())

    def pause(self):
        """Seconds until a slow application has taken what came before."""
        if not self.mode.startswith("slow"):
            return 0.0
        now = time.monotonic()
        self.next_turn = max(now, self.next_turn + 1 / float(self.mode.split()[1]))
        return self.next_turn - now


class Connection(asyncio.Protocol):
    def __init__(self, serving):
        self.serving, self.bytes, self.busy = serving, b"", False

    def connection_made(self, transport):
        self.transport = transport
        self.serving.note("connection", f"{time.monotonic():.6f}")
        if self.serving.mode == "reset":
            self.reset()

    def data_received(self, data):
        self.bytes += data
        self.go_on()

    def go_on(self):
        head, found, body = self.bytes.partition(b"\r\n\r\n")
        if self.busy or not found:
            return
        size = int((LENGTH.search(head) or [0, 0])[1])
        if len(body) < size:
            return
        self.bytes, self.busy = body[size:], True
        event, call = IDENTITY.search(body).groups()
        pause = self.serving.pause()
        if pause > 0:
            asyncio.get_running_loop().call_later(pause, self.answer, event, call)
        else:
            self.answer(event, call)

    def answer(self, event, call):
        if self.transport.is_closing():
            return
        mode = self.serving.mode
        status = {"500": "500", "hang": "hang", "cut": "cut", "reset": "reset"}.get(mode, "200")
        if status == "200" and POISON in event:
            status = "400"
        self.serving.note("event", f"{time.monotonic():.6f}", event.decode(), call.decode(), status)
        if status == "hang":
            return
        if status == "reset":
            return self.reset()
        if status == "cut":
            self.transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf of ")
            return self.transport.close()
        self.transport.write(f"HTTP/1.1 {status} -\r\nContent-Length: 0\r\n\r\n".encode())
        self.busy = False
        self.go_on()

    def reset(self):
        with contextlib.suppress(OSError):
            self.transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                                               struct.pack("ii", 1, 0))
        self.transport.abort()


async def serve(address, journal, mode):
    loop = asyncio.get_running_loop()
    serving = Serving(journal, mode)
    host, port = address.split(":")
    server = await loop.create_server(lambda: Connection(serving), host, int(port), backlog=1024, reuse_address=True)
    ended = loop.create_future()

    def read_order():
        order = sys.stdin.readline()
        if not order:
            loop.remove_reader(sys.stdin)
            return ended.set_result(None)
        serving.mode = order.strip()
        print("done", flush=True)

    loop.add_reader(sys.stdin, read_order)
    print("{}:{}".format(*server.sockets[0].getsockname()), flush=True)
    await ended


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:4]))
