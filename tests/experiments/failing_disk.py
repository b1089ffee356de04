# SPDX-License-Identifier: Apache-2.0
"""A disk that fails on command, under one gateway: failing_disk.c, and the page through which it is told."""

import mmap
import pathlib
import struct
import subprocess

from programs import Broken

WRITES, SYNCS = 1, 2
KILL_BEFORE, KILL_AFTER = -1, -2
ORDERS = struct.Struct("6i")  # armed, at, stays, what, seen, failed


class FailingDisk:
    def __init__(self, programs):
        library = programs.file("failing_disk.so")
        source = pathlib.Path(__file__).with_name("failing_disk.c")
        if not library.exists():
            done = subprocess.run(["gcc", "-shared", "-fPIC", "-O1", "-o", library, source, "-ldl"], capture_output=True,
                                  text=True)
            if done.returncode != 0:
                raise Broken("failing_disk.c: " + done.stderr[-300:])
        orders = programs.file("failing_disk.orders")
        orders.write_bytes(bytes(ORDERS.size))
        self.file = open(orders, "r+b")
        self.page = mmap.mmap(self.file.fileno(), ORDERS.size)
        self.environment = {"LD_PRELOAD": str(library), "FAILING_DISK_ORDERS": str(orders)}

    def fail(self, kinds, at, stays, what):
        """From now on the at-th of these kinds fails; if it stays, so do all behind it."""
        self.well()
        ORDERS.pack_into(self.page, 0, 0, at, stays, what, 0, 0)
        struct.pack_into("i", self.page, 0, kinds)

    def well(self):
        struct.pack_into("i", self.page, 0, 0)

    def failed(self):
        return ORDERS.unpack_from(self.page)[5]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.page.close()
        self.file.close()
