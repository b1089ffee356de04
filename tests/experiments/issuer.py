# SPDX-License-Identifier: Apache-2.0
"""An issuer that counts what is fetched from it, and can be slow, empty or gone."""

import http.server
import json
import threading
import time

DISCOVERY = "/calling/.well-known/acsopenidconfiguration"
KEYS = "/calling/keys"


class Issuer:
    def __init__(self):
        self.key_sets = []
        self.mode = "ok"  # or empty, slow
        self.delay = 2.0
        self.fetches = []  # times of requests for the key set
        self.server = None
        self.port = 0
        self.start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def gateway_arguments(self):
        return ["--issuer", self.url, "--discovery", self.url + DISCOVERY, "--insecure-http-issuer"]

    def publish(self, *key_set_files):
        self.key_sets = [json.loads(open(name, encoding="utf-8").read()) for name in key_set_files]

    def document(self, path):
        if path == DISCOVERY:
            return {"issuer": self.url, "jwks_uri": self.url + KEYS,
                    "id_token_signing_alg_values_supported": ["RS256"]}
        keys = [] if self.mode == "empty" else [key for one in self.key_sets for key in one["keys"]]
        return {"keys": keys}

    def start(self):
        issuer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                if self.path not in (DISCOVERY, KEYS):
                    return self.send_error(404)
                if self.path == KEYS:
                    issuer.fetches.append(time.monotonic())
                if issuer.mode == "slow":
                    time.sleep(issuer.delay)
                body = json.dumps(issuer.document(self.path)).encode()
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            block_on_close = False

            def handle_error(self, *_):  # a gateway that has gone meanwhile
                pass

        # The port stays the same when the issuer comes back: it is part of its name.
        self.server = Server(("127.0.0.1", self.port), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self):
        if self.server:
            self.server.shutdown()
            self.server.server_close()
            self.server = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
