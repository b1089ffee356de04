# SPDX-License-Identifier: Apache-2.0
"""What sharing a sync of the disk is worth over HTTP: one gateway that may, and one that may not."""

import statistics

from programs import AUDIENCE

CONFIG = """
[server]
workers = 1
[inbox]
path = "{path}"
group_max = {group_max}
[[provider]]
name = "acs"
audiences = ["{audience}"]
max_lifetime = "2h"
keys = "{keys}"
[[route]]
path = "/api/callback"
providers = ["acs"]
deliver = "inbox"
replay = "off"
"""
CONNECTIONS = 64
SHARED, ALONE = 256, 1


def inbox_rate(run):
    tokens, keys = run.programs.tokens("load")
    gateways = {}
    for group_max in (SHARED, ALONE):
        path = run.programs.file(f"rate-{group_max}.db")
        config = run.programs.write(f"rate-{group_max}.toml",
                                    CONFIG.format(path=path, group_max=group_max, audience=AUDIENCE, keys=keys))
        gateways[group_max] = run.programs.gateway("--config", config)
        gateways[group_max].wait_ready()
    seconds = run.seconds(10, 0.5)
    rates = {SHARED: [], ALONE: []}
    refused = 0
    for turn in range(3):  # side by side, so that both see the same machine
        for group_max, gateway in gateways.items():
            load = run.programs.send(gateway.listen, tokens, seconds, connections=CONNECTIONS,
                                     events=f"t{turn}g{group_max}n", calls=50)
            rates[group_max].append(load["good_admitted_per_second"])
            refused += sum(times["count"] for status, times in load["good"]["milliseconds_by_status"].items()
                           if status != "200")
    shared, alone = statistics.median(rates[SHARED]), statistics.median(rates[ALONE])
    run.report.figure("durable callbacks, many in one transaction", shared, "/s")
    run.report.figure("durable callbacks, one in each transaction", alone, "/s")
    run.report.check("nothing is refused", refused == 0, f"{refused} callbacks")
    run.report.check("sharing a sync is worth three times", shared >= 3 * alone, f"{shared / alone:.1f} times",
                     on_long_runs=True)
