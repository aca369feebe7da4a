"""A proxy on loopback that lets only those through who speak TLS and show an API key."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
from attrs import define, field
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_PASSED_ON = ("content-type", "accept")
_PASSED_BACK = ("content-type", "x-elastic-product", "warning")


@define(kw_only=True)
class Gatekeeper:
    """Where it listens and whom it trusts. `bulk_answers`, status and body, are given in turn to
    bulk requests instead of the server's."""

    url: str
    certificate: Path
    key: str
    bulk_answers: list[tuple[int, bytes]] = field(factory=list)
    refused: int = 0


@contextmanager
def gatekeeper(behind: str, folder: Path) -> Iterator[Gatekeeper]:
    """A proxy in front of the server at `behind`; its certificate is written to `folder`."""
    certificate, private = _certificate(folder)
    server = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    gate = Gatekeeper(
        url=f"https://127.0.0.1:{server.server_address[1]}", certificate=certificate, key="a2V5"
    )
    server.RequestHandlerClass = _handler(gate, behind)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, private)
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield gate
    finally:
        server.shutdown()
        server.server_close()


def _handler(gate: Gatekeeper, behind: str) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def pass_on(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.headers.get("Authorization") != f"ApiKey {gate.key}":
                gate.refused += 1
                return self._answer(401, b"{}", {"x-elastic-product": "Elasticsearch"})
            if gate.bulk_answers and self.path.partition("?")[0].endswith("/_bulk"):
                instead = gate.bulk_answers.pop(0)
                kept = {"x-elastic-product": "Elasticsearch", "content-type": "application/json"}
                return self._answer(*instead, kept)
            sent = {name: self.headers[name] for name in _PASSED_ON if self.headers[name]}
            with httpx.Client(trust_env=False, timeout=30) as client:
                found = client.request(
                    self.command, f"{behind}{self.path}", content=body, headers=sent
                )
            kept = {n: found.headers[n] for n in _PASSED_BACK if n in found.headers}
            return self._answer(found.status_code, found.content, kept)

        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = pass_on

        def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    return Handler


def _certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that nobody's system trusts, and its private key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "search.test")])
    loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2120, 1, 1, tzinfo=UTC))
        .add_extension(x509.SubjectAlternativeName([loopback]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    certificate, private = folder / "certificate.pem", folder / "private.pem"
    certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate, private
