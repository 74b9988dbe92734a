"""A certificate for a test run, and a small proxy that ends TLS as one does in production."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from cryptography.x509.oid import NameOID
from typing_extensions import override

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding"}  # RFC 9110, 7.6.1
_BACKEND_S = 30


def certificate(folder: Path, *names: str) -> ssl.SSLContext:
    """What a server for these names needs; nobody's list of authorities knows it."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), False)
        .sign(key, hashes.SHA256())
    )
    file = folder / "certificate.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + made.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


class _Proxy(BaseHTTPRequestHandler):
    """Hands each request on to one address of this machine, and says what it was."""

    protocol_version = "HTTP/1.1"
    backend = 0  # port

    def _hand_on(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length) if length else None
        headers = {n: v for n, v in self.headers.items() if n.lower() not in _HOP_BY_HOP}
        headers |= {"X-Forwarded-For": self.client_address[0], "X-Forwarded-Proto": "https"}
        with closing(HTTPConnection("127.0.0.1", self.backend, timeout=_BACKEND_S)) as asked:
            asked.request(self.command, self.path, body, headers)
            answer = asked.getresponse()
            content = answer.read()
        self.send_response_only(answer.status, answer.reason)
        for name, value in answer.getheaders():
            if name.lower() not in _HOP_BY_HOP | {"content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    do_GET = do_POST = do_HEAD = _hand_on  # noqa: N815 (the standard library's names)

    @override
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    @override
    def handle_error(self, *_: Any) -> None:
        """A browser that hangs up is no news."""


@contextmanager
def over_tls(context: ssl.SSLContext, host: str, backend: int, port: int) -> Iterator[str]:
    """The https origin at which the server at a port of this machine is reached."""
    server = _Server(("127.0.0.1", port), type("Proxy", (_Proxy,), {"backend": backend}))
    # The handshake is done by each connection's thread: browsers open some they never use.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    thread = Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield f"https://{host}:{port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
