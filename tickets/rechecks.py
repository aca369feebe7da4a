"""Looking again after a rectification (自查整改, 下架复核): due by the civil clock, asked of the
crawl by capture requests, and noted on the ticket when the page was seen."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum

from attrs import frozen
from sqlalchemy import Connection, Row, exists, select, update

from domain.captures import CaptureRequest, RequestReason
from domain.feedback import CaseOutcome
from domain.ids import derive_id
from domain.tickets import Remark, Ticket
from evidence import requests
from storage.upsert import upsert
from tickets import ledger
from tickets.outcome_tables import rechecks
from tickets.tables import sightings

ACTOR = "system"
MOST_PAGES = 50
"""How many of a clue's pages are looked at again: the ones it was seen on last."""

_BATCH = 100


class Found(StrEnum):
    """What a recheck saw."""

    GONE = "页面已不可见"
    CHANGED = "页面尚在，未再见原违法表述"
    STILL = "原违法表述仍在"


@frozen(kw_only=True)
class Recheck:
    """One page to be looked at again; `found` is None until the crawl has seen it."""

    id: str
    ticket_id: str
    clue_id: str
    url: str
    due: date
    asked_at: datetime | None
    found: Found | None
    found_at: datetime | None


def schedule(tx: Connection, *, outcome: CaseOutcome, ticket: Ticket, due: date) -> int:
    """Plan to look at the clue's pages again on `due`; returns how many. Repeating adds none."""
    pages = (
        select(sightings.c.url)
        .where(sightings.c.clue_id == ticket.clue_id)
        .order_by(sightings.c.seen_at.desc(), sightings.c.document_id)
        .limit(MOST_PAGES * 10)
    )
    found = list(dict.fromkeys(tx.execute(pages).scalars()))[:MOST_PAGES]
    for url in found:
        row = upsert(tx, rechecks).values(
            id=derive_id("recheck", outcome.id, url),
            outcome_id=outcome.id,
            ticket_id=ticket.id,
            clue_id=ticket.clue_id,
            url=url,
            url_key=_key(url),
            due=due,
        )
        tx.execute(row.on_conflict_do_nothing())
    return len(found)


def due(tx: Connection, *, today: date) -> tuple[Recheck, ...]:
    """The first pages that are to be asked for by today."""
    rows = tx.execute(
        select(rechecks)
        .where(rechecks.c.asked_at.is_(None), rechecks.c.due <= today)
        .order_by(rechecks.c.due, rechecks.c.id)
        .limit(_BATCH)
    )
    return tuple(map(_recheck, rows))


def ask(tx: Connection, found: Collection[Recheck], *, at: datetime) -> None:
    """Ask the crawl for these pages. Asking again changes nothing."""
    for row in found:
        requests.ask(
            tx,
            CaptureRequest(
                id=row.id,
                reason=RequestReason.RECAPTURE,
                url=row.url,
                clue_id=row.clue_id,
                requested_at=at,
                actor=ACTOR,
                purpose="整改复查",
            ),
        )
        tx.execute(
            update(rechecks)
            .where(rechecks.c.id == row.id, rechecks.c.asked_at.is_(None))
            .values(asked_at=at)
        )


def seen(tx: Connection, *, urls: Collection[str], snapshot_id: str | None, at: datetime) -> int:
    """A page was captured: settle the rechecks that wait for it and note on their tickets what was
    found there; returns how many. `snapshot_id` is the capture with what the page says, None when
    it has gone. A capture from before the asking settles none."""
    waiting = tx.execute(
        select(rechecks).where(
            rechecks.c.url_key.in_({_key(url) for url in urls}),
            rechecks.c.found_at.is_(None),
            rechecks.c.asked_at <= at,
        )
    ).all()
    for row in waiting:
        found = _found(tx, row.clue_id, snapshot_id)
        tx.execute(
            update(rechecks).where(rechecks.c.id == row.id).values(found=found.value, found_at=at)
        )
        note = f"{row.url} {found}"
        ledger.remark(
            tx, ticket_id=row.ticket_id, remark=Remark.RECHECK, actor=ACTOR, at=at, note=note
        )
    return len(waiting)


def of_ticket(tx: Connection, ticket_id: str) -> tuple[Recheck, ...]:
    """Every recheck of a ticket, the next one first."""
    rows = tx.execute(
        select(rechecks)
        .where(rechecks.c.ticket_id == ticket_id)
        .order_by(rechecks.c.due, rechecks.c.id)
    )
    return tuple(map(_recheck, rows))


def _found(tx: Connection, clue_id: str, snapshot_id: str | None) -> Found:
    if snapshot_id is None:
        return Found.GONE
    here = exists().where(sightings.c.clue_id == clue_id, sightings.c.snapshot_id == snapshot_id)
    return Found.STILL if tx.scalar(select(here)) else Found.CHANGED


def _key(url: str) -> str:
    """What is looked up by: an address may be longer than an index entry."""
    return derive_id("url", url)


def _recheck(row: Row[*tuple[object, ...]]) -> Recheck:
    return Recheck(
        id=row.id,
        ticket_id=row.ticket_id,
        clue_id=row.clue_id,
        url=row.url,
        due=row.due,
        asked_at=row.asked_at,
        found=Found(row.found) if row.found else None,
        found_at=row.found_at,
    )
