# SPDX-License-Identifier: Apache-2.0
"""Random callbacks, and what of each an application must see: written from the contract, not from the gateway's code."""

import collections
import json

EVIL = "evil-7e57"  # stands in each value that must not arrive
TOKEN_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!#$%&'*+-.^_`|~"
VALUE_CHARACTERS = "".join(map(chr, [*range(0x20, 0x7F), 0x09, *range(0x80, 0x100)]))
TARGET_CHARACTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_~!$&'()*+,;=:@"
OURS = ["Callgate-Request-Id", "Callgate-Received-At", "Callgate-Provider", "Callgate-Issuer", "Callgate-Audience",
        "Callgate-Subject", "Callgate-Key-Id", "Callgate-Attempt", "Callgate-Shadow", "webhook-id", "webhook-timestamp",
        "webhook-signature", "Callgate-Anything"]
HOP_BY_HOP = ["Keep-Alive", "Proxy-Connection", "Proxy-Authenticate", "Proxy-Authorization", "TE", "Trailer", "Upgrade"]
NOT_FORWARDED = ["X-Request-Id"]
HARMLESS = ["traceparent", "tracestate", "User-Agent", "Accept", "Accept-Encoding", "X-Forwarded-For", "Forwarded", "Via",
            "Cookie", "From", "Date", "aeg-event-type", "aeg-subscription-name", "aeg-delivery-count", "aeg-data-version",
            "aeg-metadata-version", "ce-extension", "X-Callgate", "Call-Gate", "Callgatekeeper", "webhook-identity"]
BODY_MAX = 1 << 20

Callback = collections.namedtuple("Callback", "target fields body chunked passes")
# fields: what the sender writes besides Host and Authorization; passes: those that must arrive, in order.


def canonical(name):
    return "".join(c if c.isalnum() else "-" for c in name.lower())


class Maker:
    """One sender's callbacks; `random` is its own."""

    def __init__(self, random, route):
        self.random, self.route = random, route

    def text(self, characters, least, most):
        return "".join(self.random.choices(characters, k=self.random.randint(least, most)))

    def spelling(self, name):
        """The name as a stranger could write it: any case, other characters for '-'."""
        other = self.random.choice("_-_-_-_-_-.~!#$%&'*+^`|")
        mixed = "".join(self.random.choice((c.lower(), c.upper())) for c in name)
        return "".join(self.random.choice(("-", other)) if c == "-" else c for c in mixed)

    def value(self):
        length = 200 if self.random.random() < 0.05 else 40
        return self.text(VALUE_CHARACTERS, 0, length).strip(" \t")

    def own_name(self):
        while True:
            name = self.text(TOKEN_CHARACTERS, 1, 20)
            # One that means something to the gateway is not made up by chance; length 2 could be TE.
            if not canonical(name).startswith("callgate-") and len(name) != 2:
                return name

    def target(self):
        below = "".join("/" + self.text(TARGET_CHARACTERS, 1, 12) for _ in range(self.random.choice((0, 0, 1, 2))))
        if self.random.random() < 0.2:
            below += "/%2B" + self.random.choice(("%7e", "%41", "%c3%a9"))
        query = "?" + self.text(TARGET_CHARACTERS + "/?%", 0, 60) if self.random.random() < 0.7 else ""
        return self.route + below + query

    def fields(self, content_type):
        """(all, those that pass)"""
        made = []
        for _ in range(self.random.randint(0, 20)):
            name = self.random.choice(HARMLESS) if self.random.random() < 0.4 else self.own_name()
            made.append((name, self.value(), True))
            if self.random.random() < 0.15:  # once more: both arrive, in their order
                made.append((name, self.value(), True))
        if content_type:
            made.append(("Content-Type", content_type, True))
        for _ in range(self.random.randint(1, 6)):
            made.append((self.spelling(self.random.choice(OURS)), EVIL + self.text("xyz", 0, 3), False))
        for _ in range(self.random.randint(0, 2)):
            made.append((self.random.choice(HOP_BY_HOP + NOT_FORWARDED), EVIL, False))
        self.random.shuffle(made)
        return self.with_connection(made)

    def with_connection(self, made):
        """Folds some names into Connection: those of strangers go, ours stay."""
        named = []
        if self.random.random() < 0.4:
            mine = [name for name, _, _ in made if canonical(name) != "content-type" and "," not in name]
            named = self.random.sample(mine, min(len(mine), 2)) if mine else []
            named += [self.spelling(name) for name in self.random.sample(OURS, 2)]
            gone = {canonical(name) for name in named}
            made = [(name, value, passes and canonical(name) not in gone) for name, value, passes in made]
            at = self.random.randint(0, len(made))
            made.insert(at, (self.random.choice(("Connection", "connection")), ", ".join(named), False))
        return [one[:2] for one in made], [one[:2] for one in made if one[2]]

    def size(self):
        draw = self.random.random()
        if draw < 0.002:
            return self.random.randint(1 << 17, BODY_MAX - 4096)
        return self.random.randint(0, 1 << 16) if draw < 0.02 else self.random.randint(0, 600)

    def json_value(self, depth):
        kind = self.random.randint(0, 9 if depth < 4 else 6)
        if kind < 3:
            return self.text("aé\u2028\U0001f4de\"\\/\b\n{}[]:, x", 0, 30)
        if kind < 7:
            return self.random.choice((None, True, False, 0, -1, 1.5e300, 12345678901234567890123, 0.1))
        if kind < 9:
            return {f"k{i}": self.json_value(depth + 1) for i in range(self.random.randint(0, 4))}
        return [self.json_value(depth + 1) for _ in range(self.random.randint(0, 4))]

    def event(self):
        event = {"id": self.text("0123456789abcdef", 8, 8), "source": "calling/callConnections/c", "specversion": "1.0",
                 "type": self.random.choice(("Microsoft.Communication.CallConnected", "Somebody.Else")),
                 "data": {"callConnectionId": "c", "more": self.json_value(0), "pad": "x" * self.size()}}
        members = list(event.items())
        self.random.shuffle(members)
        return dict(members)

    def event_body(self):
        events = [self.event() for _ in range(self.random.choice((1, 1, 1, 2, 5)))]
        value = events[0] if len(events) == 1 and self.random.random() < 0.5 else events
        text = json.dumps(value, ensure_ascii=self.random.random() < 0.5, indent=self.random.choice((None, None, 1, "\t")),
                          separators=self.random.choice(((",", ":"), (" , ", " : "))))
        space = self.text(" \t\r\n", 0, 3)
        body = (space + text + space[::-1]).encode()
        return body if len(body) <= BODY_MAX else self.event_body()

    def _callback(self, content_type, body):
        fields, passes = self.fields(content_type)
        return Callback(self.target(), fields, body, self.random.random() < 0.2, passes)

    def genuine(self):
        types = (None, "application/json", "application/json; charset=utf-8", "Application/CloudEvents+JSON")
        return self._callback(self.random.choice(types), self.event_body())

    def anything(self):
        """For a route in shadow mode, which passes what is no event at all."""
        types = (None, "text/plain", "application/octet-stream", "multipart/form-data; boundary=\"x\"")
        return self._callback(self.random.choice(types), self.random.randbytes(self.size()))


def wire_bytes(callback, token):
    lines = [f"POST {callback.target} HTTP/1.1", "Host: gate.example"]
    if token is not None:
        lines.append(f"Authorization: Bearer {token}")
    lines += [f"{name}: {value}" for name, value in callback.fields]
    body = callback.body
    if callback.chunked:
        lines.append("Transfer-Encoding: chunked")
        middle = len(body) // 3
        parts = [part for part in (body[:middle], body[middle:]) if part]
        body = b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    else:
        lines.append(f"Content-Length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body
