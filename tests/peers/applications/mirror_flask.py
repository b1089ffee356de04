# SPDX-License-Identifier: Apache-2.0
"""An application of the forwarding test, on Flask and its own server; mirror.cpp says what it answers.

"fields" are those of WSGI: HTTP_NAME, in which case and the difference of '-' and '_' are gone.
"""

import json
import logging
import os
import signal

import flask
import werkzeug.serving

application = flask.Flask(__name__)
logging.getLogger("werkzeug").disabled = True


@application.route("/<path:_>", methods=["GET", "POST", "PUT", "DELETE", "OPTIONS"])
def mirror(_):
    environ = flask.request.environ
    fields = [[name, value] for name, value in environ.items() if name.startswith("HTTP_") or name == "CONTENT_TYPE"]
    head = json.dumps({"method": environ["REQUEST_METHOD"], "target": environ["REQUEST_URI"], "fields": fields})
    return flask.Response(head.encode() + b"\n" + flask.request.get_data(), mimetype="application/octet-stream")


class KeepsConnections(werkzeug.serving.WSGIRequestHandler):
    protocol_version = "HTTP/1.1"


signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
server = werkzeug.serving.make_server("127.0.0.1", 0, application, threaded=True, request_handler=KeepsConnections)
print(f"ready listen=127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
