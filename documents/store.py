"""Documents, and what was judged about them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from attrs import evolve
from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update

from documents import templates
from documents.masking import masked
from documents.tables import (
    assessments,
    document_captures,
    documents,
    findings,
    index_queue,
    status_pages,
    url_key,
)
from domain.errors import NotFound, PermanentError
from domain.findings import Assessment
from domain.ids import derive_id
from domain.outcomes import Outcome
from domain.pages import Document
from storage.leases import WorkState
from storage.records import from_json, to_json
from storage.upsert import upsert

_LONE_SURROGATES = re.compile(r"[\ud800-\udfff]")


def document_id(canonical_url: str, payload_digest: str, page: str) -> str:
    """The id of what parser `page` reads in this payload at this address."""
    return derive_id("document", canonical_url, payload_digest, page)


def put(tx: Connection, document: Document) -> bool:
    """Store a document, masked, and queue it for the index; True when it is new.

    A known id only gains the captures that it lacks. A new one becomes `duplicate_of` the first
    document of the same site and parser that has the same text. Findings must be made on the
    stored form: judge what `get` returns, or `masking.masked(document)`, which is the same.
    """
    document = masked(document)
    duplicate_of = _first_with_text(tx, document)
    new = _insert(tx, document, duplicate_of)
    _add_captures(tx, document)
    if new:
        templates.count(tx, document, duplicate_of)
        enqueue_index(tx, document.id)
    return new


def replace_text(tx: Connection, document: Document) -> None:
    """Give a stored document its present text and blocks; it counts and is indexed anew.

    Its findings must be judged again in the same transaction.
    """
    duplicate_of = _first_with_text(tx, document)
    templates.count(tx, document, duplicate_of)
    tx.execute(
        update(documents)
        .where(documents.c.id == document.id)
        .values(
            text=document.text,
            text_digest=_text_digest(document.text),
            duplicate_of=duplicate_of,
            record=_record(document),
        )
    )
    enqueue_index(tx, document.id)


def get(tx: Connection, document_id: str) -> Document:
    """The stored document. Raises NotFound."""
    found = _read(tx, select(documents).where(documents.c.id == document_id))
    if not found:
        raise NotFound("没有这份文档", at=document_id)
    return found[0]


def by_url(tx: Connection, url: str) -> Document | None:
    """What was seen last at this canonical address, read by the newest parser."""
    wanted = (
        select(documents)
        .where(documents.c.url_key == url_key(url))
        .order_by(documents.c.last_seen_at.desc(), documents.c.sequence.desc())
        .limit(1)
    )
    return next(iter(_read(tx, wanted)), None)


def iterate(tx: Connection, *, after: str = "", limit: int = 500) -> list[Document]:
    """Documents in the order of their ids, from the one behind `after` on."""
    wanted = select(documents).where(documents.c.id > after)
    return _read(tx, wanted.order_by(documents.c.id).limit(limit))


def some(tx: Connection, ids: Sequence[str]) -> list[Document]:
    """The documents with these ids, in the order of their ids; unknown ones are left out."""
    wanted = select(documents).where(documents.c.id.in_(ids))
    return _read(tx, wanted.order_by(documents.c.id))


def count(tx: Connection) -> int:
    """Documents in the store, duplicates included."""
    return tx.execute(select(func.count()).select_from(documents)).scalar_one()


def put_assessment(tx: Connection, assessment: Assessment) -> None:
    """Put an assessment in force: its findings replace those of the one before, which is kept.

    Raises NotFound without the document, and PermanentError when a quote is not the exact words
    of the stored text (the judge read another, perhaps unmasked, text).
    """
    text = tx.execute(
        select(documents.c.text).where(documents.c.id == assessment.document_id)
    ).scalar_one_or_none()
    if text is None:
        raise NotFound("没有这份文档", at=assessment.document_id)
    for finding in assessment.findings:
        if text[finding.start : finding.end] != finding.quote:
            raise PermanentError("引文与所存文本不符，应对已入库的文本研判", at=finding.id)
    row = {
        "document_id": assessment.document_id,
        "verdict": assessment.verdict.value,
        "policy": assessment.policy,
        "rulebook": assessment.rulebook,
        "judged_at": assessment.judged_at,
        "record": to_json(assessment),
    }
    statement = upsert(tx, assessments).values(id=assessment.id, **row)
    tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=row))
    tx.execute(
        update(documents)
        .where(documents.c.id == assessment.document_id)
        .values(assessment_id=assessment.id, verdict=assessment.verdict.value)
    )
    _replace_findings(tx, assessment)
    enqueue_index(tx, assessment.document_id)


def assessment(tx: Connection, document_id: str) -> Assessment | None:
    """The assessment in force, None while the document has not been judged."""
    record = tx.execute(
        select(assessments.c.record)
        .join(documents, documents.c.assessment_id == assessments.c.id)
        .where(documents.c.id == document_id)
    ).scalar_one_or_none()
    return None if record is None else from_json(Assessment, record)


def assessment_history(tx: Connection, document_id: str) -> list[Assessment]:
    """Every assessment of a document, in the order of judging."""
    records = tx.execute(
        select(assessments.c.record)
        .where(assessments.c.document_id == document_id)
        .order_by(assessments.c.judged_at, assessments.c.id)
    ).scalars()
    return [from_json(Assessment, record) for record in records]


def template_segments(tx: Connection, site: str) -> frozenset[str]:
    """Keys of the blocks and sentences that are the site's template (see `templates`)."""
    return templates.template_segments(tx, site)


def note_status(
    tx: Connection, *, url: str, snapshot_id: str, outcome: Outcome, reason: str, at: datetime
) -> None:
    """Keep what a page told of its own state; the same snapshot is noted once."""
    tx.execute(
        upsert(tx, status_pages)
        .values(
            snapshot_id=snapshot_id,
            url_key=url_key(url),
            url=url,
            outcome=outcome.value,
            reason=reason,
            at=at,
        )
        .on_conflict_do_nothing()
    )


def enqueue_index(tx: Connection, document_id: str) -> None:
    """Have the document projected. A projection under way loses its lease and is made again."""
    again = {"work_state": WorkState.READY.value, "attempts": 0, "not_before": 0.0}
    statement = upsert(tx, index_queue).values(id=document_id)
    tx.execute(statement.on_conflict_do_update(index_elements=["id"], set_=again))


def _text_digest(text: str) -> str:
    return derive_id("text", text)


def _first_with_text(tx: Connection, document: Document) -> str | None:
    if not document.text:
        return None
    return tx.execute(
        select(documents.c.id)
        .where(
            documents.c.site == document.site,
            documents.c.text_digest == _text_digest(document.text),
            documents.c.page == document.page,
        )
        .order_by(documents.c.sequence)
        .limit(1)
    ).scalar_one_or_none()


def _insert(tx: Connection, document: Document, duplicate_of: str | None) -> bool:
    statement = upsert(tx, documents).values(
        id=document.id,
        url_key=url_key(document.canonical_url),
        site=document.site,
        page=document.page,
        last_seen_at=document.captured_at,
        text=document.text,
        text_digest=_text_digest(document.text),
        duplicate_of=duplicate_of,
        counted=False,
        record=_record(document),
    )
    inserted = tx.execute(
        statement.on_conflict_do_nothing(index_elements=["id"]).returning(documents.c.id)
    )
    if inserted.first() is not None:
        return True
    tx.execute(
        update(documents)
        .where(documents.c.id == document.id, documents.c.last_seen_at < document.captured_at)
        .values(last_seen_at=document.captured_at)
    )
    return False


def _record(document: Document) -> str:
    """What the column `record` holds: everything that has no column of its own."""
    record = to_json(evolve(document, text="", captures=(), duplicate_of=None))
    return _LONE_SURROGATES.sub("\ufffd", record)


def _add_captures(tx: Connection, document: Document) -> None:
    for snapshot_id in document.captures:
        statement = upsert(tx, document_captures).values(
            document_id=document.id, snapshot_id=snapshot_id, seen_at=document.captured_at
        )
        tx.execute(statement.on_conflict_do_nothing(index_elements=["document_id", "snapshot_id"]))


def _replace_findings(tx: Connection, assessment: Assessment) -> None:
    tx.execute(delete(findings).where(findings.c.document_id == assessment.document_id))
    rows = [
        {
            "document_id": assessment.document_id,
            "id": finding.id,
            "type": finding.type,
            "score": finding.score,
            "origin": finding.origin,
            "quote": finding.quote,
            "start": finding.start,
            "end": finding.end,
            "segment": finding.segment,
            "template": finding.template,
            "verdict": assessment.verdict.value,
        }
        for finding in assessment.findings
    ]
    if rows:
        tx.execute(insert(findings), rows)


def _read(tx: Connection, wanted: Select[Any]) -> list[Document]:
    rows = tx.execute(wanted).all()
    captures = _captures(tx, [row.id for row in rows])
    return [_document(row, captures.get(row.id, ())) for row in rows]


def _captures(tx: Connection, ids: Sequence[str]) -> dict[str, tuple[str, ...]]:
    rows = tx.execute(
        select(document_captures.c.document_id, document_captures.c.snapshot_id)
        .where(document_captures.c.document_id.in_(ids))
        .order_by(document_captures.c.seen_at, document_captures.c.sequence)
    ).all()
    found: dict[str, tuple[str, ...]] = {}
    for owner, snapshot_id in rows:
        found[owner] = (*found.get(owner, ()), snapshot_id)
    return found


def _document(row: Row[Any], captures: tuple[str, ...]) -> Document:
    document = from_json(Document, row.record)
    return evolve(document, text=row.text, captures=captures, duplicate_of=row.duplicate_of)
