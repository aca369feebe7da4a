"""Receivers that offices would run, on loopback: HTTP that honours the key and breaks connections
on demand, and a real SMTP server."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from typing import TypeVar

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from crawlers.egress import Egress
from domain.errors import PermanentError
from domain.ports import Clock
from tickets import signing

SECRET = "a-secret-of-the-office"
WAY_OUT = Egress(
    resolve={"office.test": "127.0.0.1", "mail.test": "127.0.0.1"},
    allowed=(ip_network("127.0.0.0/8"),),
    agency_set=True,
)


class Receiver:
    """An office's receiver. `faults` are used up one a request: drop_before (nothing read),
    drop_after (accepted, then the connection is cut), or a status to answer with."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.accepted: dict[str, bytes] = {}
        self.takings: list[str] = []
        self.refused = 0
        self.faults: list[str | int] = []
        self.answer: dict[str, object] = {"receipt": "收文 12 号"}
        self.port = 0

    @property
    def url(self) -> str:
        """Where it listens, by name."""
        return f"http://office.test:{self.port}/tickets"

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """Accept a genuine message once; returns the status."""
        try:
            key = signing.verify(SECRET, headers, body, now=self._clock.now())
        except PermanentError:
            self.refused += 1
            return 401
        if key not in self.accepted:
            self.accepted[key] = body
            self.takings.append(key)
        return 200


@contextmanager
def http_receiver(clock: Clock) -> Iterator[Receiver]:
    """A receiver that listens until the block ends; `clock` tells how old a signature is."""
    receiver = Receiver(clock)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            fault = receiver.faults.pop(0) if receiver.faults else None
            if fault == "drop_before":
                _cut(self.connection)
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if isinstance(fault, int):
                self._say(fault, b"")
                return
            status = receiver.take(dict(self.headers), body)
            if fault == "drop_after":
                _cut(self.connection)
                return
            self._say(status, json.dumps(receiver.answer).encode())

        def _say(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            if status == 302:
                self.send_header("Location", "http://127.0.0.1:1/")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _cut(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)
    connection.close()


class Mailbox:
    """What the SMTP server took. `replies` are used up one a message: what DATA answers."""

    def __init__(self) -> None:
        self.messages: list[bytes] = []
        self.replies: list[str] = []
        self.port = 0

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        """One mailbox does not exist."""
        if address.startswith("nobody@"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep the message, or answer what the test asked for."""
        if self.replies:
            return self.replies.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        self.messages.append(content)
        return "250 taken"


M = TypeVar("M", bound=Mailbox)


@contextmanager
def smtp_server(mailbox: M) -> Iterator[M]:
    """A mail server that listens until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        mailbox.port = probe.getsockname()[1]
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
