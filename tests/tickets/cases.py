"""Invented cases that the tests of this folder share."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import cache

from sqlalchemy import Connection

from documents import tables as documents
from domain.clues import Clue, Subject, SubjectKind
from domain.findings import Article, Assessment, Existence, Fact, Family, Finding, Verdict
from domain.ids import derive_id
from domain.pages import Document, Identifier, PageKind
from domain.tickets import Move, ReturnReason, Ticket
from evidence.tables import metadata as evidence
from storage.database import Database
from tickets import ledger, outcome_tables, subject_tables
from tickets.clues import RaisedClue, raise_clues
from tickets.desk import load_desk
from tickets.issue import issue
from tickets.ledger import Order
from tickets.routes import RouteType
from tickets.tables import metadata

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # a Monday, 09:00 in China

_TYPES = (
    ("efficacy_guarantee", Family.ADVERTISING, 3),
    ("cure_rate", Family.ADVERTISING, 3),
    ("comparison", Family.ADVERTISING, 2),
    ("patient_testimonial", Family.ADVERTISING, 3),
    ("expert_endorsement", Family.ADVERTISING, 3),
    ("false_qualification", Family.ADVERTISING, 4),
    ("absolute_term", Family.ADVERTISING, 2),
    ("prohibited_drug", Family.ADVERTISING, 4),
    ("price_fraud", Family.ADVERTISING, 3),
    ("beauty_salon_medical", Family.PRACTICE, 4),
    ("unlicensed_practice", Family.PRACTICE, 5),
    ("disguised", Family.ADVERTISING, 3),
)
TYPES = tuple(
    RouteType(slug=slug, family=family, severity=severity, order=order)
    for order, (slug, family, severity) in enumerate(_TYPES)
)
SLUGS = tuple(kind.slug for kind in TYPES)
DESK = load_desk(TYPES)

ACCEPTED = (Move.RECEIVE, Move.ACCEPT)
FILED = (*ACCEPTED, Move.CHECK, Move.FILE)


@cache
def _schema() -> Database:
    database = Database("sqlite://")
    with database.write() as tx:
        metadata.create_all(tx)
        outcome_tables.metadata.create_all(tx)
        subject_tables.metadata.create_all(tx)
        documents.index_queue.create(tx)
        evidence.create_all(tx)
    return database


@contextmanager
def empty() -> Iterator[Connection]:
    """An empty database in memory, for tests that need many: what is written is rolled back."""
    opened = _schema().engine.connect().execution_options(writing=True)
    with opened as tx:
        transaction = tx.begin()
        try:
            yield tx
        finally:
            transaction.rollback()


class CountingIds:
    """Ids in order, as a UUIDv7 source gives them."""

    def __init__(self) -> None:
        self._last = 0

    def new(self) -> str:
        """The next id."""
        self._last += 1
        return f"{self._last:032d}"


def finding(
    slug: str,
    segment: str,
    *,
    document_id: str = "d1",
    start: int = 0,
    score: float = 0.9,
    template: bool = False,
) -> Finding:
    """A finding on an invented sentence."""
    quote = f"本院包好{segment}"
    return Finding(
        id=derive_id(document_id, slug, segment),
        document_id=document_id,
        type=slug,
        start=start,
        end=start + len(quote),
        quote=quote,
        score=score,
        origin=f"rule:{slug}@1",
        articles=(
            Article(law="ad", title="广告法", number="第16条", since=date(2021, 4, 29)),
            Article(
                law="mad",
                title="医疗广告管理办法",
                number="第7条",
                since=date(2007, 1, 1),
                verified=True,
            ),
        ),
        segment=segment,
        template=template,
    )


def document(
    document_id: str = "d1",
    *,
    site: str = "clinic.test",
    identifiers: Sequence[Identifier] = (),
    subject_hint: str | None = None,
    account: str | None = None,
) -> Document:
    """A page of an invented clinic."""
    url = f"http://{site}/{document_id}.html"
    return Document(
        id=document_id,
        url=url,
        canonical_url=url,
        site=site,
        source_id="s1",
        captured_at=AT,
        payload_digest="sha256:" + "0" * 64,
        page="site@1",
        kind=PageKind.ARTICLE,
        title="示范页面",
        text="",
        blocks=(),
        identifiers=tuple(identifiers),
        subject_hint=subject_hint,
        account=account,
    )


def assessment(*findings: Finding, facts: Sequence[Fact] = ()) -> Assessment:
    """A verdict CLUE on these findings."""
    return Assessment(
        id="a1",
        document_id=findings[0].document_id if findings else "d1",
        verdict=Verdict.CLUE,
        findings=findings,
        facts=tuple(facts),
        policy="p1",
        rulebook="r1",
        judged_at=AT,
    )


def subject(
    name: str = "示范口腔诊所",
    *,
    kind: SubjectKind = SubjectKind.MEDICAL_INSTITUTION,
    region: str = "990100",
) -> Subject:
    """An invented accused party."""
    key = f"name:{name}"
    return Subject(
        id=derive_id("subject", key),
        key=key,
        kind=kind,
        name=name,
        region=region,
        phones=("400-000-0123",),
        grounds=("以名称认定同一主体",),
    )


def licence(answer: Existence) -> Fact:
    """What the register of institutions answered."""
    return Fact(
        name="institution_licence",
        answer=answer,
        detail="示范记录",
        source="示范登记库",
        as_of=date(2026, 3, 1),
    )


def raise_on(
    tx: Connection,
    ids: CountingIds,
    *findings: Finding,
    who: Subject | None = None,
    at: datetime = AT,
) -> list[RaisedClue]:
    """Raise the clues of one document (the findings' own) with these findings."""
    page = document(findings[0].document_id)
    return raise_clues(
        tx,
        document=page,
        assessment=assessment(*findings, facts=[licence(Existence.PRESENT)]),
        snapshot_id=f"snap-{page.id}",
        subject=who or subject(),
        types=TYPES,
        ids=ids,
        at=at,
    )


def one_clue(
    tx: Connection, ids: CountingIds, *slugs: str, who: Subject | None = None, page: str = "d1"
) -> Clue:
    """A new clue that carries these types, each in a sentence of its own."""
    found = [finding(slug, f"{page}-{slug}", document_id=page) for slug in slugs]
    (raised,) = raise_on(tx, ids, *found, who=who)
    return raised.clue


def opened(
    tx: Connection, ids: CountingIds, *slugs: str, automatic: bool = True, page: str = "d1"
) -> list[Ticket]:
    """The tickets of a new clue."""
    clue = one_clue(tx, ids, *(slugs or ("cure_rate",)), page=page)
    return issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=automatic)


def order(
    move: Move,
    *,
    at: datetime = AT,
    actor: str = "甲",
    office: str | None = None,
    reason: ReturnReason | None = None,
    signer: str = "",
) -> Order:
    """An order by 甲; a return is for jurisdiction unless said otherwise."""
    if move is Move.RETURN and reason is None:
        reason = ReturnReason.JURISDICTION
    return Order(move=move, actor=actor, at=at, office=office, reason=reason, signer=signer)


def walk(tx: Connection, ticket: Ticket, *moves: Move, at: datetime = AT) -> Ticket:
    """Make these moves one after another."""
    for step in moves:
        ticket = ledger.move(tx, ticket_id=ticket.id, order=order(step, at=at), desk=DESK)
    return ticket
