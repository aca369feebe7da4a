"""Mail against a real server on loopback: one identity, checked addresses, no way without TLS."""

from __future__ import annotations

import smtplib
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default as POLICY
from pathlib import Path

import pytest
from attrs import evolve

from domain.errors import PermanentError, RetryableError
from tests.clocks import StillClock
from tests.tickets.cases import AT
from tests.tickets.receivers import (
    WAY_OUT,
    Mailbox,
    smtp_server,
)
from tickets.transports.mail import Mail
from tickets.transports.smtp import MailServer, Security

OFFICE = "990100-health"


@pytest.fixture
def mailbox() -> Iterator[Mailbox]:
    """A mail server."""
    with smtp_server(Mailbox()) as found:
        yield found


def mail(mailbox: Mailbox, **changes: object) -> Mail:
    """The transport under test."""
    server = MailServer(
        host="mail.test",
        port=mailbox.port,
        security=Security.NONE,
        sender="monitor@agency.test",
        **changes,  # type: ignore[arg-type]
    )
    return Mail(server=server, way_out=WAY_OUT, clock=StillClock(AT))


def test_a_mail_has_one_identity(mailbox: Mailbox, package: list[Path]) -> None:
    """Sent twice, it carries the same Message-ID, and the attachments byte for byte."""
    for _ in range(2):
        receipt = mail(mailbox).deliver(
            key="GD-1-abc", office=OFFICE, address="office@health.test", files=package
        )
        assert "<GD-1-abc@agency.test>" in receipt
    first, second = (message_from_bytes(m, policy=POLICY) for m in mailbox.messages)
    assert first["Message-ID"] == second["Message-ID"] == "<GD-1-abc@agency.test>"
    assert first["To"] == "office@health.test"
    attached = {part.get_filename(): part.get_content() for part in first.iter_attachments()}
    assert attached == {file.name: file.read_bytes() for file in package}


@pytest.mark.parametrize(
    ("reply", "error"),
    [("452 disk full", RetryableError), ("554 refused as spam", PermanentError)],
)
def test_mail_replies_are_sorted(
    mailbox: Mailbox, package: list[Path], reply: str, error: type[Exception]
) -> None:
    """4xx passes, 5xx stays."""
    mailbox.replies = [reply]
    with pytest.raises(error, match=reply[:3]):
        mail(mailbox).deliver(key="k", office=OFFICE, address="a@b.test", files=package)


@pytest.mark.parametrize("address", ["nobody@b.test", "a@b.test\r\nBcc: x@y.test", "", "中文"])
def test_wrong_addresses_wait_for_a_person(
    mailbox: Mailbox, package: list[Path], address: str
) -> None:
    """An unknown mailbox, a header smuggled in, or no address at all."""
    with pytest.raises(PermanentError):
        mail(mailbox).deliver(key="k", office=OFFICE, address=address, files=package)
    assert not mailbox.messages


def test_tls_is_not_optional(mailbox: Mailbox, package: list[Path]) -> None:
    """A server without STARTTLS gets nothing, and a server elsewhere nothing in the clear."""
    strict = mail(mailbox)
    strict = evolve(strict, server=evolve(strict.server, security=Security.STARTTLS))
    with pytest.raises(RetryableError, match="STARTTLS"):
        strict.deliver(key="k", office=OFFICE, address="a@b.test", files=package)
    far = evolve(
        mail(mailbox),
        way_out=evolve(WAY_OUT, resolve={}, lookup=lambda _host: ["8.8.8.8"]),
    )
    with pytest.raises(PermanentError, match="TLS"):
        far.deliver(key="k", office=OFFICE, address="a@b.test", files=package)
    assert not mailbox.messages


def test_a_dead_server_is_tried_again(mailbox: Mailbox, package: list[Path]) -> None:
    """Nobody listens: retryable, and smtplib's own errors do not leak."""
    gone = evolve(mail(mailbox).server, port=1)
    with pytest.raises(RetryableError) as caught:
        Mail(server=gone, way_out=WAY_OUT, clock=StillClock(AT)).deliver(
            key="k", office=OFFICE, address="a@b.test", files=package
        )
    assert not isinstance(caught.value, smtplib.SMTPException)
