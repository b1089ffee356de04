# SPDX-License-Identifier: Apache-2.0
"""Self-signed certificates, and what a handshake shows."""

import hashlib
import socket
import ssl


def make_pair(programs, name, key):
    """(certificate, key) as files; key as openssl req -newkey takes it, or ec."""
    certificate, private = programs.file(name + ".pem"), programs.file(name + ".key")
    kind = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"] if key == "ec" else [key]
    programs.run(["openssl", "req", "-x509", "-nodes", "-newkey", *kind, "-keyout", private, "-out", certificate,
                  "-days", 2, "-subj", f"/CN={name}"])
    private.chmod(0o600)
    return certificate, private


def fingerprint_of(certificate):
    return hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.read_text())).hexdigest()


def fingerprint_shown(address):
    """Of the certificate that a new handshake shows."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    host, port = address.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=5) as raw, context.wrap_socket(raw) as secure:
        return hashlib.sha256(secure.getpeercert(binary_form=True)).hexdigest()
