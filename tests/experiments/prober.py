# SPDX-License-Identifier: Apache-2.0
"""Single events beside the load, each with its place in a ledger."""

import json
import time

from ledger import Sent
from programs import PATH, ask


class Prober:
    """Sends single events of its own and keeps a ledger of them."""

    def __init__(self, gateway, token):
        self.gateway, self.token = gateway, token
        self.sent, self.odd = [], []

    def send(self, pad=0, name=None, call=None):
        name, call = name or f"probe-{len(self.sent)}", call or f"probe-call-{len(self.sent)}"
        body = json.dumps([{"id": name, "source": "calling/callConnections/" + call, "specversion": "1.0",
                            "type": "Microsoft.Communication.PlayCompleted",
                            "data": {"callConnectionId": call, "pad": "x" * pad}}], separators=(",", ":"))
        begun = time.monotonic()
        status, answer = ask(self.gateway.listen, "POST", PATH, body,
                             {"Authorization": "Bearer " + self.token, "Content-Type": "application/json"}, seconds=30)
        self.sent.append(Sent(name, call, begun, time.monotonic(), status))
        if status == 503 and json.loads(answer)["reason"] != "inbox_unavailable":
            self.odd.append(answer[:200])
        elif status not in (200, 503):
            self.odd.append((status, answer[:200]))
        return status
