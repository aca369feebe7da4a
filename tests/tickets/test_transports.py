"""Webhooks against a real server on loopback: once, signed, and only where permitted."""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from io import BytesIO
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import update

from documents import tables as documents
from domain.captures import SealStatus
from domain.errors import PermanentError, RetryableError
from evidence.tables import metadata as evidence
from storage.database import Database
from storage.leases import WorkState
from tests.clocks import StillClock
from tests.tickets.cases import AT, DESK, CountingIds, one_clue
from tests.tickets.receivers import (
    SECRET,
    WAY_OUT,
    Receiver,
    http_receiver,
)
from tickets import clues, ledger, outbox, signing, tables
from tickets.delivery import deliver_due
from tickets.issue import issue
from tickets.offices import Offices
from tickets.outbox import Hold
from tickets.transports.webhook import Webhook

OFFICE = "990100-health"


class Killed(BaseException):
    """The worker's process ends here."""


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """An office's HTTP receiver."""
    with http_receiver(StillClock(AT)) as found:
        yield found


def webhook(secret: str = SECRET) -> Webhook:
    """The transport under test."""
    offices = [office.id for office in DESK.offices.all]
    return Webhook(
        secrets=dict.fromkeys(offices, secret), way_out=WAY_OUT, clock=StillClock(AT), timeout=5.0
    )


def test_a_package_arrives_signed(receiver: Receiver, package: list[Path]) -> None:
    """The ZIP holds the files, and the receipt carries the receiver's words."""
    receipt = webhook().deliver(key="k-signed", office=OFFICE, address=receiver.url, files=package)
    assert receipt == "对方已接收（HTTP 200）：收文 12 号"
    with zipfile.ZipFile(BytesIO(receiver.accepted["k-signed"])) as arrived:
        assert {n: arrived.read(n) for n in arrived.namelist()} == {
            file.name: file.read_bytes() for file in package
        }


@pytest.mark.parametrize(
    ("status", "error"),
    [(503, RetryableError), (429, RetryableError), (410, PermanentError), (302, PermanentError)],
)
def test_answers_are_sorted(
    receiver: Receiver, package: list[Path], status: int, error: type[Exception]
) -> None:
    """What may pass is tried again; what stays waits for a person; redirects are not followed."""
    receiver.faults = [status]
    with pytest.raises(error, match=str(status)):
        webhook().deliver(key="k-sorted", office=OFFICE, address=receiver.url, files=package)


def test_a_wrong_secret_is_refused(receiver: Receiver, package: list[Path]) -> None:
    """401 is permanent: somebody has to set the secret right."""
    with pytest.raises(PermanentError, match="401"):
        webhook("other").deliver(key="k-wrong", office=OFFICE, address=receiver.url, files=package)
    assert "k-wrong" not in receiver.accepted


@pytest.mark.parametrize(
    ("address", "match"),
    [
        ("http://10.0.0.8/x", "非公网"),
        ("http://169.254.169.254/latest", "非公网"),
        ("ftp://office.test/x", "http"),
        ("http://office.test.invalid:25/x", "端口"),
    ],
)
def test_the_way_out_is_checked(package: list[Path], address: str, match: str) -> None:
    """Inner addresses, other schemes and odd ports are refused before anything is sent."""
    with pytest.raises(PermanentError, match=match):
        webhook().deliver(key="k", office=OFFICE, address=address, files=package)


def test_plain_http_stays_on_this_machine(package: list[Path]) -> None:
    """Beyond loopback only https."""
    open_way = evolve(WAY_OUT, resolve={"far.test": "203.0.113.9"}, allowed=())
    far = evolve(webhook(), way_out=evolve(open_way, lookup=lambda _host: ["203.0.113.9"]))
    with pytest.raises(PermanentError, match=r"https|非公网"):
        far.deliver(key="k", office=OFFICE, address="http://far.test/x", files=package)


@given(
    st.binary(max_size=50),
    st.text("abc-123", min_size=1, max_size=20),
    st.integers(-600, 600),
    st.sampled_from(["", "body", "key", "secret"]),
)
def test_only_what_was_signed_passes(body: bytes, key: str, age: int, altered: str) -> None:
    """Altered body, key or secret, or more than five minutes of age: refused."""
    digest = hashlib.sha256(body).hexdigest()
    headers = signing.sign(SECRET, key=key, digest=digest, at=AT)
    if altered == "key":
        headers[signing.KEY] = key + "x"
    sent = body + b"x" if altered == "body" else body
    secret = "other" if altered == "secret" else SECRET
    now = AT + timedelta(seconds=age)
    if altered or abs(age) > 300:
        with pytest.raises(PermanentError):
            signing.verify(secret, headers, sent, now=now)
    else:
        assert signing.verify(secret, headers, sent, now=now) == key


FAULTS = st.lists(
    st.sampled_from(["drop_before", "drop_after", 500, 503, "die_after", "die_before", "none"]),
    max_size=7,
)


@given(FAULTS)
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_kill_and_retry_never_double(
    receiver: Receiver, tmp_path: Path, faults: list[str | int]
) -> None:
    """Connections cut after accepting, servers failing, workers killed before or after handing
    over, in any order: each office takes each package exactly once, and the ledger says so once."""
    receiver.accepted.clear()
    receiver.takings.clear()
    database = Database("sqlite://")
    offices = _by_webhook(receiver.url)
    with database.write() as tx:
        tables.metadata.create_all(tx)
        documents.index_queue.create(tx)
        evidence.create_all(tx)
        clue = one_clue(tx, CountingIds(), "cure_rate")
        clues.set_seal(tx, clue_id=clue.id, seal=SealStatus.SEALED)
        (ticket,) = issue(
            tx, clue=clue, desk=DESK, ids=CountingIds(), at=AT, automatic=True, actor="system"
        )
    letter = tmp_path / "letter.docx"
    letter.write_bytes(b"letter")
    dying = Dying(webhook(), [fault for fault in faults if str(fault).startswith("die")])
    receiver.faults = [fault for fault in faults if not str(fault).startswith("die")]
    for _ in range(2 * len(faults) + 3):
        with suppress(Killed):
            deliver_due(
                database,
                offices=offices,
                transports={"webhook": dying},
                build_package=lambda _delivery: [letter],
                owner="w1",
                clock=StillClock(AT),
            )
        with database.write() as tx:  # leases expire, back-off passes, dead letters are resent
            table = tables.deliveries
            tx.execute(update(table).values(lease_until=0.0, not_before=0.0))
            for dead in outbox.parked(tx):
                outbox.resend(tx, dead.id)
    receiver.faults = []
    with database.read() as tx:
        wanted = [d for d in outbox.of_ticket(tx, ticket.id) if d.hold is Hold.FREE]
        noted = [e for e in ledger.events(tx, ticket.id) if e.move == "deliver"]
    database.close()
    assert {d.work_state for d in wanted} == {WorkState.DONE}
    assert sorted(receiver.takings) == sorted(d.id for d in wanted)
    assert len(noted) == len(wanted)


class Dying:
    """A worker's transport under which the process is killed, before or after handing over."""

    def __init__(self, transport: Webhook, deaths: Sequence[str | int]) -> None:
        self._transport = transport
        self._deaths = list(deaths)

    def deliver(self, *, key: str, office: str, address: str, files: Sequence[Path]) -> str:
        """Deliver, unless killed first."""
        death = self._deaths.pop(0) if self._deaths else None
        if death == "die_before":
            raise Killed
        receipt = self._transport.deliver(key=key, office=office, address=address, files=files)
        if death == "die_after":
            raise Killed
        return receipt


def _by_webhook(url: str) -> Offices:
    return Offices(
        home=DESK.offices.home,
        all=tuple(evolve(o, channel="webhook", address=url) for o in DESK.offices.all),
    )
