"""Receivers of mail and webhooks accept and then die, before they have said so."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from email import message_from_bytes

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from attrs import evolve
from sqlalchemy import func, select

from cluewatch.bootstrap import Services
from domain.ports import Transport
from tests.faults.conftest import Home, Settled, Untroubled
from tests.faults.feed import captures, hasten, work_all
from tests.tickets.receivers import SECRET, WAY_OUT, Mailbox, http_receiver, smtp_server
from tickets.offices import Offices
from tickets.tables import deliveries
from tickets.transports.mail import Mail
from tickets.transports.smtp import MailServer, Security
from tickets.transports.webhook import Webhook

pytestmark = pytest.mark.faults

PAGES = 6


class DyingMailbox(Mailbox):
    """Takes a message and hangs up without a word, `deaths` times."""

    def __init__(self) -> None:
        super().__init__()
        self.deaths = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        """Keep the message; then perhaps die."""
        answer = await super().handle_DATA(server, session, envelope)
        if self.deaths:
            self.deaths -= 1
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
            await asyncio.sleep(0)
        return answer


@pytest.fixture
def mailbox() -> Iterator[DyingMailbox]:
    """A mail server that dies on demand."""
    with smtp_server(DyingMailbox()) as found:
        assert isinstance(found, DyingMailbox)
        yield found


def to_all(services: Services, *, channel: str, address: str, transport: Transport) -> None:
    """Every office of the desk is reached this way."""
    desk, offices = services.desk, services.desk.offices
    all_ = tuple(evolve(office, channel=channel, address=address) for office in offices.all)
    services.__dict__["desk"] = evolve(desk, offices=Offices(home=offices.home, all=all_))
    services.__dict__["transports"] = {channel: transport}


def deliver(services: Services) -> None:
    """Until nothing is left, with time for every pause."""
    with services.evidence_writer("test") as writer:
        writer.record(captures("faults", PAGES))
    for _ in range(8):
        work_all(services)
        hasten(services)


def test_a_receiver_that_honours_the_key_has_every_package_once(
    home: Home, untroubled: Untroubled, settled: Settled
) -> None:
    services, dice = home(), random.Random("webhook")  # noqa: S311 - repeatable faults
    with http_receiver(services.clock) as receiver:
        secrets = {office.id: SECRET for office in services.desk.offices.all}
        transport = Webhook(secrets=secrets, way_out=WAY_OUT, clock=services.clock, timeout=5.0)
        to_all(services, channel="webhook", address=receiver.url, transport=transport)
        receiver.faults = dice.choices(["drop_after", "drop_before", 503, "none"], k=12)
        deliver(services)
    found = settled(services)
    assert found == untroubled("faults", PAGES)
    assert len(receiver.takings) == len(set(receiver.takings)) == _left(services)
    assert receiver.refused == 0


def test_a_mailbox_knows_a_repeated_letter_by_its_identity(
    home: Home, mailbox: DyingMailbox, untroubled: Untroubled, settled: Settled
) -> None:
    services = home()
    server = MailServer(
        host="mail.test", port=mailbox.port, security=Security.NONE, sender="monitor@agency.test"
    )
    transport = Mail(server=server, way_out=WAY_OUT, clock=services.clock)
    to_all(services, channel="mail", address="office@office.test", transport=transport)
    mailbox.deaths = 3
    deliver(services)
    assert settled(services) == untroubled("faults", PAGES)
    letters = [message_from_bytes(letter)["Message-ID"] for letter in mailbox.messages]
    assert len(letters) == _left(services) + 3
    assert len(set(letters)) == _left(services)


def _left(services: Services) -> int:
    """How many packages have left."""
    left = select(func.count()).select_from(deliveries).where(deliveries.c.receipt.is_not(None))
    with services.truth.read() as tx:
        return tx.scalar(left) or 0
