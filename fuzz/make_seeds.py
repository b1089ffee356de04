#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seeds for the fuzz targets out of the vectors of third parties.

    fuzz/make_seeds.py VECTORS OUT     writes OUT/<target>/<number>

They are used while fuzzing and never become part of the project. What is not there is left out.
"""

import base64
import json
import pathlib
import sys
import tarfile

vectors, out = (pathlib.Path(argument) for argument in sys.argv[1:])
counts = {}


def put(target, data):
    folder = out / target
    folder.mkdir(parents=True, exist_ok=True)
    counts[target] = counts.get(target, 0) + 1
    (folder / str(counts[target])).write_bytes(data)


def files(*patterns):
    return [path for pattern in patterns for path in sorted(vectors.glob(pattern)) if path.is_file()]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()]


def decoded(segment):
    try:
        return base64.urlsafe_b64decode(segment + b"=" * (-len(segment) % 4))
    except ValueError:
        return b""


def put_token(token, body=b"[]"):
    put("jose_header", token)
    put("explain", token + b"\n" + body)
    put("base64url", token.split(b".")[0])
    parts = token.split(b".")
    if len(parts) == 3:
        header, claims = decoded(parts[0]), decoded(parts[1])
        put("jose_header", header)
        put("claims", claims)
        put("verdict", header.replace(b"\n", b"") + b"\n" + claims.replace(b"\n", b"") + b"\n" + body)


for archive in files("seeds/*.tar.gz"):
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.isfile() and member.size <= 8192:
                data = tar.extractfile(member).read()
                if "json" in member.name.split("/")[0]:
                    for target in ("json", "claims", "cloudevent"):
                        put(target, data)
                else:
                    put("http_head", data)
                    behind = data.find(b"\r\n\r\n")
                    if b"hunked" in data and behind >= 0:
                        put("chunked_body", b"\x07\xff" + data[behind + 4:])

for path in files("json/test_parsing/*", "json/test_transform/*"):
    if path.stat().st_size <= 8192:
        put("json", path.read_bytes())
for path in files("http1/llhttp.jsonl"):
    for case in lines(path):
        put("http_head", base64.b64decode(case["probe_b64"]))
for path in files("http1/smuggler_gadgets.jsonl"):
    for case in lines(path):
        put("http_head", b"POST / HTTP/1.1\r\n" + base64.b64decode(case["gadget_b64"]) + b"Host: a\r\n\r\n")

for path in files("jwt-seeds/*/jwks*", "jwt-seeds/*/jwks/*", "rfc/jose-vectors/*.jwkset"):
    put("key_set", path.read_bytes())
for path in files("rfc/jose-vectors/*.jwk", "rfc/cookbook/jwk/*.json"):
    put("key_set", b'{"keys":[' + path.read_bytes() + b"]}")
for path in files("signatures/*.keys.json"):
    for key in json.loads(path.read_text()):
        put("key_set", json.dumps(key if "keys" in key else {"keys": [key]}).encode())
for path in files("jwt-seeds/*/metadata/*", "jwt-seeds/*/json/*"):
    put("discovery", path.read_bytes())
for path in files("jwt-seeds/*/base64/*"):
    put("base64url", path.read_bytes())
for path in files("jwt-seeds/*/jwt/*", "rfc/jose-vectors/*.jwsc"):
    put_token(path.read_bytes().strip())
for path in files("attacks-sample/cases.jsonl"):
    for case in lines(path):
        header = case.get("authorization_header") or ""
        put_token(header.removeprefix("Bearer ").encode("utf-8", "surrogatepass"))
for path in files("cloudevents/*-events.json", "cloudevents/*-batches.json"):
    for case in json.loads(path.read_text())["tests"]:
        for name in ("event", "batch"):
            if name in case:
                put("cloudevent", json.dumps(case[name]).encode())

print("seeds:", ", ".join(f"{target} {count}" for target, count in sorted(counts.items())))
