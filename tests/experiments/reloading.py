# SPDX-License-Identifier: Apache-2.0
"""E12 and E13: new certificates and new configurations under load."""

import re
import signal
import time

from certificates import fingerprint_of, fingerprint_shown, make_pair
from programs import AUDIENCE, GATEWAY_CPU, PATH, ask, good, not_admitted, not_sent, wait_until


def provider(keys, audiences=(AUDIENCE,), more=""):
    listed = ", ".join(f'"{one}"' for one in audiences)
    return f"""[[provider]]
name = "acs"
audiences = [{listed}]
keys = "{keys}"
max_lifetime = "2h"
{more}[[route]]
path = "{PATH}"
providers = ["acs"]
replay = "off"
"""


class LoadBeside:
    """Good traffic on kept and on new connections while something else happens."""

    def __init__(self, run, gateway, tokens, rate, seconds, tls):
        self.kept = run.programs.begin_send(gateway.listen, tokens, seconds, rate=rate, connections=32, tls=tls)
        self.fresh = run.programs.begin_send(gateway.listen, tokens, seconds, rate=20, connections=32, tls=tls,
                                             new_connection_each=True)

    def going(self):
        return self.kept.child.poll() is None

    def judge(self, report):
        for name, load in (("kept", self.kept), ("new", self.fresh)):
            result = load.result()
            report.check(f"no callback lost on {name} connections", not not_admitted(result),
                         not_admitted(result) or f"{good(result)['count']:,} admitted")
            if name == "kept":
                report.figure("due, but never sent: every connection was busy", not_sent(result))
                opened = result["connections_opened"]
                report.check("kept connections live on", opened <= 32, f"{opened} opened for 32 places")


def certificate_reload(run):
    programs, report = run.programs, run.report
    tokens, keys = programs.tokens("load")
    reloads = run.count(100, 4)
    pairs = [make_pair(programs, f"pair{number}", "ec" if number % 2 else "rsa:2048") for number in range(4)]
    strange = make_pair(programs, "strange", "ec")
    used = [programs.file("used.pem"), programs.file("used.key")]

    def install(certificate, key):
        programs.write("used.key", key)
        programs.write("used.pem", certificate)
        gateway.signal(signal.SIGHUP)

    for name, source in zip(("used.pem", "used.key"), pairs[0]):
        programs.write(name, source.read_text())
    config = programs.write("tls.toml", f'[server]\nworkers = 1\n[server.tls]\ncertificate = "{used[0]}"\nkey = '
                            f'"{used[1]}"\n' + provider(keys))
    gateway = programs.gateway("--config", config, cpu=GATEWAY_CPU)
    gateway.wait_ready()
    closed = programs.send(gateway.listen, tokens, run.seconds(4, 0.7), connections=16, tls=True)
    capacity = closed["good_admitted_per_second"]
    # Long enough for all that follows; the end of the work does not wait for it.
    load = LoadBeside(run, gateway, tokens, capacity / 2, run.seconds(60, 4.5), tls=True)
    before, slowest, done = gateway.rss_kib(), 0.0, 0
    for number in range(1, reloads + 1):
        pair = pairs[number % len(pairs)]
        install(*(part.read_text() for part in pair))
        wanted = fingerprint_of(pair[0])
        slowest = max(slowest, wait_until(lambda: fingerprint_shown(gateway.listen) == wanted, 20, "a new certificate"))
        done += 1
    bad = meet_bad_pairs(run, gateway, install, pairs[reloads % len(pairs)], strange)
    growth, during = gateway.rss_kib() - before, load.going()
    report.figure("reloads", done)
    report.figure("slowest until a new handshake shows the new certificate", slowest, "s")
    report.figure("load beside", capacity / 2, "callbacks/s (0.5 C)")
    report.figure("RSS grew by", growth, "KiB")
    load.judge(report)
    report.check("the load lasted through it all", during, "yes" if during else "no", on_long_runs=True)
    report.check("new handshakes show the new certificate within 1 s", slowest <= 1, f"{slowest:.2f} s at most",
                 on_long_runs=True)
    for name, kept, alarm in bad:
        report.check(f"{name}: the old pair stays", kept, "the handshake shows it" if kept else "another one is shown")
        report.check(f"{name}: said in the log", bool(alarm), alarm or "nothing")


def meet_bad_pairs(run, gateway, install, current, strange):
    found = []
    certificate, key = (part.read_text() for part in current)
    broken = "-----BEGIN CERTIFICATE-----\n" + "".join(run.random.choices("ABCDEF0123", k=400)) + "\n"
    other_key = strange[1].read_text()
    for name, pair in (("broken certificate", (broken, key)), ("key that does not fit", (certificate, other_key))):
        seen = len(gateway.log())
        install(*pair)
        wait_until(lambda: "stays" in gateway.log()[seen:], 20, "a word about the bad pair")
        lines = [line for line in gateway.log()[seen:].splitlines() if "used." in line]
        found.append((name, fingerprint_shown(gateway.listen) == fingerprint_of(current[0]),
                      re.sub(r"\S*/", "", lines[0].split("error", 1)[-1].strip()) if lines else ""))
    return found


def config_reload(run):
    """Each file has a route of its own, so that its taking effect can be seen from outside."""
    programs, report = run.programs, run.report
    tokens, keys = programs.tokens("load")
    _, other_keys = programs.tokens("other", "https://other.example", count=1)
    reloads = run.count(1000, 20)

    def text(number):
        audiences = [AUDIENCE, f"00000000-0000-4000-8000-{number:012}"]
        other = f"""[[provider]]
name = "other"
preset = "generic"
issuer = "https://issuer-{number % 7}.example"
audiences = ["other-{number}"]
keys = "{other_keys}"
[[route]]
path = "/seen/{number}"
providers = ["other"]
"""
        limits = f"[server]\nworkers = 1\n[server.limits]\nbody_bytes_max = {100_000 + number}\n"
        return limits + provider(keys, audiences) + other

    config = programs.write("callgate.toml", text(0))
    gateway = programs.gateway("--config", config, cpu=GATEWAY_CPU)
    gateway.wait_ready()
    capacity = programs.send(gateway.listen, tokens, run.seconds(4, 0.7), connections=16)["good_admitted_per_second"]
    load = LoadBeside(run, gateway, tokens, capacity / 2, run.seconds(120, 5), tls=False)
    time.sleep(0.3)
    warm_up, memory, files, slowest, partly, unnamed = reloads // 10, 0, 0, 0.0, 0, 0
    for number in range(1, reloads + 1):
        if number == warm_up + 1:
            memory, files = gateway.rss_kib(), gateway.descriptors()
        if number % 10 == 0:
            seen = len(gateway.log())
            programs.write("callgate.toml", text(number) + "nonsense = 1\n")
            gateway.signal(signal.SIGHUP)
            wait_until(lambda: "stays in force" in gateway.log()[seen:], 20, "the refusal of a bad file")
            wait_until(lambda: "callgate.toml:" in gateway.log()[seen:], 2, "the place of the mistake")
            unnamed += not re.search(r"callgate\.toml:\d+:\d+: .*nonsense", gateway.log()[seen:])
            partly += ask(gateway.listen, "POST", f"/seen/{number}")[0] != 404
        else:
            programs.write("callgate.toml", text(number))
            gateway.signal(signal.SIGHUP)
            path = f"/seen/{number}"
            slowest = max(slowest, wait_until(lambda: ask(gateway.listen, "POST", path)[0] == 401, 20, "a new route"))
    during = load.going()
    growth, files_after = gateway.rss_kib() - memory, gateway.descriptors()
    measured = reloads - warm_up
    report.figure("reloads", reloads, f"of them {reloads // 10} invalid")
    report.figure("load beside", capacity / 2, "callbacks/s (0.5 C)")
    report.figure("slowest until a new route is served", slowest, "s")
    report.figure("RSS grew by", growth, f"KiB over {measured:,} reloads")
    load.judge(report)
    report.check("the load lasted through it all", during, "yes" if during else "no", on_long_runs=True)
    report.check("invalid files are refused whole", partly == 0, f"{partly} of {reloads // 10} took partly effect")
    report.check("the line and column of the mistake are told", unnamed == 0, f"{unnamed} of {reloads // 10} not")
    # On a short run the first touch of memory weighs more than what each reload leaves behind.
    bound = 1024 * max(1, measured / 1000) + (4096 if measured < 300 else 0)
    report.check("RSS grows by at most 1 MiB for 1,000 reloads", growth <= bound, f"{growth} of {bound:.0f} KiB")
    report.check("no descriptor more", files_after <= files + 40, f"{files} before, {files_after} after")
