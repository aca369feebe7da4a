"""A mail server on loopback gets what was found, and what it refuses is logged."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes, policy

import pytest
from attrs import define, field

from cluewatch.bootstrap import Services
from storage.leases import WorkState
from tests.cluewatch.saved_telling import told, wired


@define
class Mailbox:
    """A mail server: what it took, and what it answers to a recipient."""

    port: int = 0
    to_recipient: str = "250 ok"
    letters: list[bytes] = field(factory=list)


@contextmanager
def mail_server(answer: str = "250 ok") -> Iterator[Mailbox]:
    box = Mailbox(to_recipient=answer)

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 mail.test")
            while line := self.rfile.readline():
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"DATA":
                    self.say("354 go on")
                    letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                    box.letters.append(letter)
                if verb == b"QUIT":
                    self.say("221 bye")
                    return
                self.say(box.to_recipient if verb == b"RCPT" else "250 ok")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()


def by_mail(port: int) -> Services:
    server = {"host": "robot.test", "port": port, "security": "none", "sender": "watch@a.test"}
    return wired({"kind": "mail", "to": ["chen@b.test", "li@b.test"]}, mail=server)


def test_a_letter_arrives(services: Services) -> None:
    with mail_server() as box:
        line = told(by_mail(box.port))
    assert (line.state, line.receipt) == (WorkState.DONE, "已交 robot.test，收件人 2 个")
    (raw,) = box.letters
    letter = message_from_bytes(raw, policy=policy.default)
    assert letter["Subject"] == "【监测提醒】永不复发：新发现 1 条"
    assert letter["Message-ID"] == f"<{line.id}@a.test>"
    body = letter.get_body()
    assert body is not None
    assert "http://qinghe.test/npx.html" in body.get_content()


@pytest.mark.parametrize(
    ("answer", "state"), [("451 later", WorkState.READY), ("550 unknown", WorkState.PARKED)]
)
def test_a_refused_letter_is_logged(services: Services, answer: str, state: WorkState) -> None:
    with mail_server(answer) as box:
        line = told(by_mail(box.port))
    assert (line.state, box.letters) == (state, [])
    assert answer in str(line.error)


def test_no_mail_server_is_set(services: Services) -> None:
    line = told(wired({"kind": "mail", "to": ["chen@b.test"]}))
    assert line.state is WorkState.PARKED
    assert "mail.host" in str(line.error)
