"""Decisions of people on findings: what waits for one, what was decided, and the labels made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, Row, exists, func, insert, select

from documents.tables import documents, findings, reviews
from domain.errors import NotFound, PermanentError
from domain.findings import Verdict
from domain.reviews import Decision, RejectReason, Review

MOST_COUNTED = 1000


@frozen(kw_only=True)
class Waiting:
    """A document that waits for a person; `place` is its cursor in the queue."""

    document_id: str
    place: int


@frozen(kw_only=True)
class Labelled:
    """A document's text with the spans that people confirmed, and whether any was rejected."""

    document_id: str
    text: str
    reviews: tuple[Review, ...]


@frozen(kw_only=True)
class Tally:
    """How many spans of a type people confirmed, and rejected for each reason."""

    confirmed: int
    rejected: dict[RejectReason, int]

    @property
    def decided(self) -> int:
        """How many spans have a decision."""
        return self.confirmed + sum(self.rejected.values())

    @property
    def precision(self) -> float:
        """The share of what was decided that was right; a span that was drawn anew counts by
        its new ends alone. 0 while nothing was decided."""
        redrawn = self.rejected.get(RejectReason.BOUNDARY, 0)
        return self.confirmed / max(1, self.decided - redrawn)


def append(tx: Connection, decided: Sequence[Review]) -> None:
    """Add decisions. Raises PermanentError when a quote is not the words of the stored text."""
    for document_id, group in groupby(decided, key=lambda review: review.document_id):
        text = tx.scalar(select(documents.c.text).where(documents.c.id == document_id))
        if text is None:
            raise NotFound("没有这份文档", at=document_id)
        if any(text[r.start : r.end] != r.quote or not r.quote for r in group):
            raise PermanentError("引文与所存文本不符", at=document_id)
    if decided:
        tx.execute(insert(reviews), [_row(review) for review in decided])


def next_waiting(
    tx: Connection, *, before: int | None = None, type: str | None = None
) -> Waiting | None:
    """The newest document whose findings wait for a decision, older than the place `before`.

    A document waits while its verdict is REVIEW and one of its findings has no decision; one that
    repeats another of its site waits with that one.
    """
    query = select(documents.c.id, documents.c.sequence).where(*_waiting(type))
    if before is not None:
        query = query.where(documents.c.sequence < before)
    row = tx.execute(query.order_by(documents.c.sequence.desc()).limit(1)).first()
    return Waiting(document_id=row.id, place=row.sequence) if row else None


def is_waiting(tx: Connection, document_id: str) -> bool:
    """Whether this document still waits for a decision."""
    here = documents.c.id == document_id
    return tx.execute(select(documents.c.id).where(here, *_waiting(None))).first() is not None


def count_waiting(tx: Connection) -> int:
    """How many documents wait, counted up to MOST_COUNTED."""
    some = select(documents.c.id).where(*_waiting(None)).limit(MOST_COUNTED).subquery()
    return tx.execute(select(func.count()).select_from(some)).scalar_one()


def of_document(tx: Connection, document_id: str) -> list[Review]:
    """Every decision on a document, in order."""
    rows = tx.execute(
        select(reviews).where(reviews.c.document_id == document_id).order_by(reviews.c.sequence)
    )
    return [_review(row) for row in rows]


def latest(tx: Connection, *, limit: int = 100) -> list[Review]:
    """The decisions made last, the newest first."""
    rows = tx.execute(select(reviews).order_by(reviews.c.sequence.desc()).limit(limit))
    return [_review(row) for row in rows]


def tally(tx: Connection) -> dict[str, Tally]:
    """What people decided of each type, counting for every span the decision in force."""
    in_force = select(func.max(reviews.c.sequence)).group_by(
        reviews.c.document_id, reviews.c.type, reviews.c.start, reviews.c.end
    )
    rows = tx.execute(
        select(reviews.c.type, reviews.c.reason, func.count())
        .where(reviews.c.sequence.in_(in_force))
        .group_by(reviews.c.type, reviews.c.reason)
    )
    found: dict[str, dict[RejectReason | None, int]] = {}
    for type_, reason, number in rows:
        found.setdefault(type_, {})[RejectReason(reason) if reason else None] = number
    return {
        type_: Tally(
            confirmed=numbers.get(None, 0),
            rejected={reason: n for reason, n in numbers.items() if reason is not None},
        )
        for type_, numbers in found.items()
    }


def labels(tx: Connection) -> Iterator[Labelled]:
    """Every reviewed document with the decisions in force, one per span, by document."""
    rows = tx.execute(
        select(reviews, documents.c.text)
        .join(documents, documents.c.id == reviews.c.document_id)
        .order_by(reviews.c.document_id, reviews.c.sequence)
    )
    for document_id, group in groupby(rows, key=lambda row: row.document_id):
        in_force: dict[tuple[str, int, int], Review] = {}
        text = ""
        for row in group:
            text = row.text
            in_force[row.type, row.start, row.end] = _review(row)
        yield Labelled(document_id=document_id, text=text, reviews=tuple(in_force.values()))


def _waiting(type: str | None) -> Iterator[ColumnElement[bool]]:
    decided = exists().where(
        reviews.c.document_id == findings.c.document_id,
        reviews.c.type == findings.c.type,
        reviews.c.start == findings.c.start,
        reviews.c.end == findings.c.end,
    )
    open_finding = exists().where(findings.c.document_id == documents.c.id, ~decided)
    if type is not None:
        open_finding = open_finding.where(findings.c.type == type)
    yield documents.c.verdict == Verdict.REVIEW.value
    yield documents.c.duplicate_of.is_(None)
    yield open_finding


def _row(review: Review) -> dict[str, object]:
    return {
        "document_id": review.document_id,
        "assessment_id": review.assessment_id,
        "type": review.type,
        "start": review.start,
        "end": review.end,
        "quote": review.quote,
        "decision": review.decision.value,
        "reason": review.reason.value if review.reason else None,
        "note": review.note,
        "clue_id": review.clue_id,
        "actor": review.actor,
        "at": review.at,
    }


def _review(row: Row[tuple[object, ...]]) -> Review:
    return Review(
        document_id=row.document_id,
        assessment_id=row.assessment_id,
        type=row.type,
        start=row.start,
        end=row.end,
        quote=row.quote,
        decision=Decision(row.decision),
        reason=RejectReason(row.reason) if row.reason else None,
        note=row.note,
        clue_id=row.clue_id,
        actor=row.actor,
        at=row.at,
    )
