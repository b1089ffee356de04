# SPDX-License-Identifier: Apache-2.0
"""What was promised against what is there: the load's ledger of answers, the inbox file, the application's journal."""

import collections
import contextlib
import sqlite3

STATES = ("queued", "delivered", "taken", "dead")

Sent = collections.namedtuple("Sent", "id call begun answered status")  # monotonic seconds; status 0: no answer


def read_ledger(path):
    sent = []
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            event, call, begun, answered, status = line.split()
            sent.append(Sent(event, call, int(begun) / 1e6, int(answered) / 1e6, int(status)))
    return sent


def acknowledged(sent):
    return [one for one in sent if one.status == 200]


class InboxFile:
    """The file of a gateway that has ended, however it did."""

    def __init__(self, path):
        with contextlib.closing(sqlite3.connect(path)) as file:
            self.states = {event: STATES[state] for event, state in file.execute("SELECT id, state FROM event")}
            self.rows = file.execute("SELECT count(*) FROM event").fetchone()[0]
            self.integrity = file.execute("PRAGMA integrity_check").fetchone()[0]

    def count(self, state):
        return sum(one == state for one in self.states.values())


def lost(sent, inbox, handed=()):
    """Acknowledged, and neither in the inbox nor taken by the application."""
    reached = {one.id for one in handed if one.answer == "200"}
    return [one.id for one in acknowledged(sent) if one.id not in inbox.states and one.id not in reached]


def strangers(sent, inbox):
    """In the inbox, and never sent."""
    known = {one.id for one in sent}
    return [event for event in inbox.states if event not in known]


def repeats(taken):
    """How often the application took what it had taken before."""
    return sum(number - 1 for number in collections.Counter(one.id for one in taken).values())


def out_of_order(sent, taken):
    """Events of one call that the application took first before one whose answer had come before they were even sent."""
    times = {one.id: one for one in sent}
    latest, seen, wrong = {}, set(), []
    for one in taken:
        if one.id in seen or one.id not in times:
            continue
        seen.add(one.id)
        event = times[one.id]
        if event.status == 200 and event.answered < latest.get(event.call, 0):
            wrong.append(one.id)
        latest[event.call] = max(latest.get(event.call, 0), event.begun)
    return wrong


def percentile(values, share):
    values = sorted(values)
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def milliseconds(sent, share, begin=0.0, end=float("inf")):
    """Of the answers to what was begun in this time."""
    return 1000 * percentile([one.answered - one.begun for one in acknowledged(sent) if begin <= one.begun < end], share)
