#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Judges mutated tokens with a second, independent verifier (PyJWT over python-cryptography) and compares.

    differential_tokens COUNT SEED | differential.py

Every class of difference (callgate's answer, PyJWT's answer) must be a row of differences.md beside this file. Ends
with 1 when one is not, and names its first tokens.
"""

import base64
import collections
import datetime
import json
import pathlib
import re
import sys

import jwt
import jwt.api_jwt


def freeze_clock(now):
    """PyJWT reads the clock through the name `datetime` in its module; nothing else there uses now()."""

    class Frozen(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return datetime.datetime.fromtimestamp(now, tz)

    jwt.api_jwt.datetime = Frozen


class SecondVerifier:
    def __init__(self, setup):
        freeze_clock(setup["now"])
        self.setup = setup
        self.keys = {}
        for jwk in setup["jwks"]["keys"]:
            # A key that names its algorithm is good for that one alone (RFC 7517 section 4.4).
            allowed = [jwk["alg"]] if "alg" in jwk else setup["algorithms"]
            self.keys[jwk["kid"]] = (jwt.PyJWK(jwk).key, allowed)

    def judge(self, token, more_skew=0):
        """"admit", or the name of the exception."""
        try:
            self.check(token, self.setup["skew"] + more_skew)
            return "admit"
        except Exception as error:  # whatever a library raises on a hostile token is its refusal
            return type(error).__name__

    def differs_by_a_fraction(self, token, verdict):
        """Whether PyJWT agrees once the skew is moved by one second: it cuts the fractions of exp and nbf off."""
        moved = self.judge(token, 1 if verdict == "admit" else -1)
        return (moved == "admit") == (verdict == "admit")

    def check(self, token, skew):
        kid = jwt.get_unverified_header(token).get("kid")
        if not isinstance(kid, str) or kid not in self.keys:
            raise LookupError("no such key")
        key, allowed = self.keys[kid]
        claims = jwt.decode(
            token,
            key,
            algorithms=allowed,
            # callgate compares GUIDs without case.
            audience=[self.setup["audience"], self.setup["audience"].upper()],
            issuer=self.setup["issuer"],
            leeway=skew,
            options={"require": ["exp", "iss", "aud"]},
        )
        # PyJWT has no rule for this one: written a second time here.
        born = claims.get("iat", claims.get("nbf", self.setup["now"]))
        if claims["exp"] - born > self.setup["lifetime"] + skew:
            raise ValueError("lifetime")


TIME_REASONS = ("admit", "token_expired", "token_not_yet_valid", "issued_in_future", "lifetime_too_long")


def answer_of(case):
    """callgate's answer without the numbers of the single case."""
    if case["verdict"] == "admit":
        return "admit"
    if case["reason"] in TIME_REASONS:
        return case["reason"]
    return case["reason"] + ": " + re.sub(r"\b\d+\b", "N", case["detail"])


def explained_differences():
    """Rows `| callgate | PyJWT | why |` of differences.md: {(callgate, PyJWT)}."""
    rows = set()
    text = pathlib.Path(__file__).with_name("differences.md").read_text(encoding="utf-8")
    for line in text.splitlines():
        cells = [re.sub("`", "", cell).strip() for cell in line.strip("|").split("|")]
        if line.startswith("| `") and len(cells) == 3 and cells[2]:
            rows.add((cells[0], cells[1]))
    return rows


def main():
    setup = json.loads(sys.stdin.readline())
    verifier = SecondVerifier(setup)
    verdicts = collections.Counter()
    differences = collections.defaultdict(list)
    for line in sys.stdin:
        case = json.loads(line)
        token = base64.b64decode(case["token"])
        ours = answer_of(case)
        theirs = verifier.judge(token)
        verdicts[(case["verdict"], "admit" if theirs == "admit" else "refuse")] += 1
        if (ours == "admit") != (theirs == "admit"):
            if ours in TIME_REASONS and verifier.differs_by_a_fraction(token, ours):
                theirs += ", by less than a second"
            differences[(ours, theirs)].append((case["id"], case["what"], token, case["detail"]))

    print(f"differential: {sum(verdicts.values())} tokens, seed {setup['seed']}, PyJWT {jwt.__version__}")
    for (ours, theirs), count in sorted(verdicts.items()):
        print(f"  {count:7}  callgate {ours}, PyJWT {theirs}")
    explained = explained_differences()
    failed = False
    for pair, cases in sorted(differences.items()):
        known = pair in explained
        failed |= not known
        kinds = collections.Counter(what for _, what, _, _ in cases)
        print(f"  {len(cases):7}  {'explained' if known else 'NOT EXPLAINED'}: callgate {pair[0]!r}, PyJWT {pair[1]!r}"
              f" ({', '.join(kinds)})")
        for number, what, token, detail in [] if known else cases[:3]:
            print(f"           token {number} ({what}): {detail}\n           {token[:400]!r}")
    if not verdicts[("admit", "admit")] or not verdicts[("refuse", "refuse")]:
        print("differential: one kind of verdict never came; the comparison shows nothing")
        failed = True
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
