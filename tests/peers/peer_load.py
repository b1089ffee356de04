# SPDX-License-Identifier: Apache-2.0
"""Steady genuine callbacks while the issuer rotates its keys every three seconds; counts what is lost.

Genuine: the provider made the token, and its key was published from then until the answer. A callback whose key was
withdrawn under way is counted apart (overtaken), whatever became of it.
"""

import collections
import os
import threading
import time

from peer_rig import Gateway, Issuer

CALLERS = 4
CALLBACKS_PER_SECOND = 20  # of each caller
ROTATE_EVERY = 3.0  # seconds

Lost = collections.namedtuple("Lost", "rotation after_rotation status reason")  # after_rotation: seconds


class Figures:
    def __init__(self):
        self.rotations = self.admitted = self.overtaken = self.fetches = 0
        self.lost = []
        self.slowest = 0.0

    def __str__(self):
        return (f"{self.rotations} rotations, {self.admitted} admitted, {len(self.lost)} lost{self.losses()}, "
                f"{self.overtaken} refused whose key was withdrawn under way, slowest answer "
                f"{self.slowest * 1000:.0f} ms, {self.fetches} fetches")

    def losses(self):
        """In words: after which rotations, how many, and when."""
        times = collections.defaultdict(list)
        for lost in self.lost:
            times[lost.rotation].append(lost.after_rotation)
        return "".join(f" [{len(after)} after rotation {rotation}, from {min(after):.3f} s to {max(after):.3f} s]"
                       for rotation, after in sorted(times.items()))


class Load:
    def __init__(self, issuer: Issuer, gateway: Gateway, how):
        self.issuer = issuer
        self.gateway = gateway
        self.how = how
        self.lock = threading.Lock()
        self.begun = self.done = 0  # rotations
        self.rotated_at = time.monotonic()
        self.figures = Figures()
        self.stop = threading.Event()
        self.fault = None

    def place_one(self, client):
        with self.lock:
            generation = self.done
        token = self.issuer.token(client)
        start = time.monotonic()
        answer = self.gateway.callback(token)
        end = time.monotonic()
        with self.lock:
            # A key that stays published is withdrawn only by the rotation after the next.
            withdrawn = self.begun > generation + (1 if self.how == "keep" else 0)
            if answer.status == 200:
                self.figures.admitted += 1
                self.figures.slowest = max(self.figures.slowest, end - start)
            elif withdrawn and answer.reason == "key_unknown":
                self.figures.overtaken += 1
            else:
                self.figures.lost.append(Lost(self.done, end - self.rotated_at, answer.status, answer.reason))

    def call_steadily(self, client):
        try:
            due = time.monotonic()
            while not self.stop.is_set():
                self.place_one(client)
                due = max(due + 1 / CALLBACKS_PER_SECOND, time.monotonic())
                self.stop.wait(due - time.monotonic())
        except Exception as fault:  # of a thread: the run tells it
            self.fault = fault
            self.stop.set()

    def rotate(self):
        with self.lock:
            self.begun += 1
        self.issuer.rotate(self.how)
        with self.lock:
            self.done += 1
            self.rotated_at = time.monotonic()
        self.figures.rotations += 1


def run(issuer, gateway, how):
    """Runs CALLGATE_PEER_SECONDS; gives the figures."""
    load = Load(issuer, gateway, how)
    before = issuer.fetches()
    callers = [threading.Thread(target=load.call_steadily, args=(("rs256", "es256", "ps256", "eddsa")[i % 4],))
               for i in range(CALLERS)]
    for caller in callers:
        caller.start()
    end = time.monotonic() + float(os.environ.get("CALLGATE_PEER_SECONDS", "8"))
    while time.monotonic() + ROTATE_EVERY < end and not load.stop.wait(ROTATE_EVERY):
        load.rotate()
    load.stop.wait(max(0, end - time.monotonic()))
    load.stop.set()
    for caller in callers:
        caller.join()
    if load.fault:
        raise load.fault
    load.figures.fetches = issuer.fetches() - before
    return load.figures
