"""Raising and reading clues: subject × creative, however often and wherever it is repeated."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, Select, or_, select, update

from domain.captures import SealStatus
from domain.clues import Clue, ClueState, Sighting, Subject
from domain.errors import NotFound
from domain.findings import Assessment, Fact, Finding
from domain.ids import derive_id
from domain.pages import Document
from domain.ports import Ids
from storage.records import from_json, to_json
from storage.upsert import upsert
from tickets import history, outbox, ownership, subjects, tables
from tickets.history import Entry
from tickets.numbers import CLUE_SERIES, next_number
from tickets.routes import RouteType

SYSTEM = "system"
SIGHTINGS_READ = 200
_TITLE_LIMIT = 400


@frozen(kw_only=True)
class RaisedClue:
    """A clue that a document belongs to; `created` is true when the document raised it."""

    clue: Clue
    created: bool


def raise_clues(
    tx: Connection,
    *,
    document: Document,
    assessment: Assessment,
    snapshot_id: str,
    subject: Subject,
    types: Sequence[RouteType],
    ids: Ids,
    at: datetime,
) -> list[RaisedClue]:
    """The clues that a document with verdict CLUE belongs to, oldest first.

    Sentences that already belong to a clue of the subject add a sighting to it. The others form
    one new clue together, the creative; those of the site's template form one clue per site.
    Doing it again, in any order and by any worker, raises nothing twice: a sentence belongs to
    exactly one clue of its subject. `types` order the clue's types by severity.
    """
    subjects.keep(tx, subject, at=at)
    by_segment: dict[str, list[Finding]] = {}
    for finding in assessment.findings:
        by_segment.setdefault(_segment(finding), []).append(finding)
    owners = ownership.owners(tx, subject.id, list(by_segment))
    created: set[str] = set()
    for creative in _creatives(by_segment, owners, document):
        clue_id = ownership.clue_of_creative(tx, subject.id, creative.key)
        if clue_id is None:
            clue_id = ids.new()
            created.add(clue_id)
            _open(tx, clue_id, subject, creative, document, facts=assessment.facts, at=at)
        ownership.claim(tx, subject.id, clue_id, creative.segments)
        owners |= dict.fromkeys(creative.segments, clue_id)
    concerned = sorted(set(owners.values()))
    for clue_id in concerned:
        mine = [f for key, found in by_segment.items() if owners[key] == clue_id for f in found]
        if _add_findings(tx, clue_id, mine):
            _rank(tx, clue_id, types)
        _add_sighting(tx, clue_id, document, snapshot_id)
    return [RaisedClue(clue=get(tx, i), created=i in created) for i in concerned]


def get(tx: Connection, reference: str) -> Clue:
    """The clue with this id or printed number, with its first SIGHTINGS_READ sightings.

    Raises NotFound.
    """
    clues = tables.clues
    row = tx.execute(
        select(clues).where(or_(clues.c.id == reference, clues.c.number == reference))
    ).one_or_none()
    if row is None:
        raise NotFound(f"没有线索 {reference}")
    return Clue(
        id=row.id,
        number=row.number,
        subject=subjects.get(tx, row.subject_id),
        creative=row.creative,
        state=ClueState(row.state),
        types=tuple(json.loads(row.types)),
        severity=row.severity,
        score=row.score,
        findings=_findings(tx, row.id),
        facts=from_json(tuple[Fact, ...], row.facts),
        sightings=_sightings(tx, row.id),
        region=row.region,
        title=row.title,
        url=row.url,
        raised_at=row.raised_at,
        seal=SealStatus(row.seal),
        merged_into=row.merged_into,
    )


def exists(tx: Connection, clue_id: str) -> bool:
    """Whether there is a clue of this id."""
    found = select(tables.clues.c.id).where(tables.clues.c.id == clue_id)
    return tx.scalar(found) is not None


def subject_of(tx: Connection, clue_id: str) -> str:
    """The id of the subject that a clue accuses."""
    wanted = select(tables.clues.c.subject_id).where(tables.clues.c.id == clue_id)
    return str(tx.execute(wanted).scalar_one())


def set_seal(tx: Connection, *, clue_id: str, seal: SealStatus) -> None:
    """Note how far the proof of a clue is sealed; the seal itself belongs to `evidence`.

    Deliveries that waited for the sealing may leave.
    """
    tx.execute(update(tables.clues).where(tables.clues.c.id == clue_id).values(seal=seal.value))
    if seal is not SealStatus.PENDING:
        outbox.sealing_ended(tx, clue_id=clue_id, seal=seal)


@frozen(kw_only=True)
class _Creative:
    """An advertisement: sentences that no clue owned yet and that were found together."""

    key: str
    title: str
    segments: tuple[str, ...]


def _creatives(
    by_segment: dict[str, list[Finding]], owners: dict[str, str], document: Document
) -> list[_Creative]:
    fresh = sorted(segment for segment in by_segment if segment not in owners)
    template = tuple(s for s in fresh if any(f.template for f in by_segment[s]))
    spoken = tuple(s for s in fresh if s not in template)
    found = (
        _Creative(key=derive_id("creative", *spoken), title=document.title, segments=spoken),
        _Creative(
            key=derive_id("template", document.site),
            title=f"模板广告：{document.site}",
            segments=template,
        ),
    )
    return [creative for creative in found if creative.segments]


def _segment(finding: Finding) -> str:
    return finding.segment or derive_id("quote", finding.quote)


def _open(
    tx: Connection,
    clue_id: str,
    subject: Subject,
    creative: _Creative,
    document: Document,
    *,
    facts: Sequence[Fact],
    at: datetime,
) -> None:
    entry = Entry(
        owner_id=clue_id,
        sequence=0,
        at=at,
        actor=SYSTEM,
        move="raise",
        state=ClueState.PENDING.value,
        note=f"文档 {document.id}",
    )
    first = history.open_with(tx, tables.clue_events, entry)
    tx.execute(
        tables.clues.insert().values(
            id=clue_id,
            number=next_number(tx, series=CLUE_SERIES, region=subject.region, at=at),
            subject_id=subject.id,
            creative=creative.key,
            state=first.state,
            types="[]",
            severity=0,
            score=0.0,
            region=subject.region,
            title=creative.title[:_TITLE_LIMIT],
            url=document.url,
            facts=to_json(tuple(facts)),
            raised_at=at,
            seal=SealStatus.PENDING.value,
            sequence=first.sequence,
            head=first.digest,
        )
    )


def _add_findings(tx: Connection, clue_id: str, found: Sequence[Finding]) -> bool:
    """Append what is new and tell whether anything was; what was raised first stays as it is."""
    table = tables.clue_findings
    segments = {_segment(finding) for finding in found}
    stored = tx.execute(
        select(table.c.segment, table.c.type).where(
            table.c.clue_id == clue_id, table.c.segment.in_(segments)
        )
    )
    known = {(segment, slug) for segment, slug in stored}
    fresh = {
        key: finding
        for finding in reversed(found)
        if (key := (_segment(finding), finding.type)) not in known
    }
    rows = [
        {
            "clue_id": clue_id,
            "segment": segment,
            "type": slug,
            "position": finding.start,
            "record": to_json(finding),
        }
        for (segment, slug), finding in fresh.items()
    ]
    if rows:
        tx.execute(table.insert(), rows)
    return bool(rows)


def _rank(tx: Connection, clue_id: str, types: Sequence[RouteType]) -> None:
    """Order the clue's types worst first: severity, then best score, then rulebook order."""
    known = {kind.slug: kind for kind in types}
    best: dict[str, float] = {}
    for finding in _findings(tx, clue_id):
        best[finding.type] = max(best.get(finding.type, 0.0), finding.score)
    ranked = sorted(best, key=lambda slug: (-known[slug].severity, -best[slug], known[slug].order))
    tx.execute(
        update(tables.clues)
        .where(tables.clues.c.id == clue_id)
        .values(
            types=json.dumps(ranked),
            severity=max(known[slug].severity for slug in ranked),
            score=max(best.values()),
        )
    )


def _add_sighting(tx: Connection, clue_id: str, document: Document, snapshot_id: str) -> None:
    row = upsert(tx, tables.sightings).values(
        clue_id=clue_id,
        document_id=document.id,
        snapshot_id=snapshot_id,
        url=document.url,
        seen_at=document.captured_at,
    )
    tx.execute(row.on_conflict_do_nothing())


def _findings(tx: Connection, clue_id: str) -> tuple[Finding, ...]:
    table = tables.clue_findings
    rows = tx.execute(
        select(table.c.record)
        .where(table.c.clue_id == clue_id)
        .order_by(table.c.position, table.c.segment, table.c.type)
    )
    return tuple(from_json(Finding, record) for (record,) in rows)


def every_sighting(tx: Connection, clue_id: str) -> Iterator[Sighting]:
    """All of them, the oldest first; `get` carries only the first SIGHTINGS_READ."""
    return map(_sighting, tx.execute(_sightings_of(clue_id)))


def _sightings(tx: Connection, clue_id: str) -> tuple[Sighting, ...]:
    """The first ones only: a template's clue may be seen on every page of a site."""
    return tuple(map(_sighting, tx.execute(_sightings_of(clue_id).limit(SIGHTINGS_READ))))


def _sightings_of(clue_id: str) -> Select[*tuple[Any, ...]]:
    table = tables.sightings
    return (
        select(table.c.document_id, table.c.snapshot_id, table.c.url, table.c.seen_at)
        .where(table.c.clue_id == clue_id)
        .order_by(table.c.seen_at, table.c.document_id, table.c.snapshot_id)
    )


def _sighting(row: Row[*tuple[Any, ...]]) -> Sighting:
    return Sighting(**row._mapping)
