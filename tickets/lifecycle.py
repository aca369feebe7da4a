"""What becomes of the pages that a clue was seen on: gone, removed, back. Signals, not moves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import Connection, select

from domain.outcomes import Outcome
from tickets import history, outbox, tables
from tickets.history import Entry

ACTOR = "system"


class PageSignal(StrEnum):
    """What the history of a clue says of one of its pages. REMOVED: taken down by the platform
    for a violation, which is itself a lead."""

    GONE = "page_gone"
    REMOVED = "page_removed"
    BACK = "page_back"


def signal_of(outcome: Outcome) -> PageSignal:
    """How an outcome counts for a clue that was seen there."""
    if outcome is Outcome.REMOVED_VIOLATION:
        return PageSignal.REMOVED
    return PageSignal.GONE if outcome.is_gone else PageSignal.BACK


def note_page(
    tx: Connection,
    *,
    snapshots: Sequence[str],
    url: str,
    signal: PageSignal,
    reason: str,
    at: datetime,
) -> int:
    """Enter the signal into the history of every clue that was seen in one of these snapshots of
    `url`; returns how many gained an entry. Saying the same again changes nothing, and BACK only
    answers an earlier end. The clue's state stays as it is.

    Raises RetryableError when somebody moved a clue in the meantime.
    """
    concerned = tx.execute(
        select(tables.clues)
        .where(
            tables.clues.c.id.in_(
                select(tables.sightings.c.clue_id).where(
                    tables.sightings.c.snapshot_id.in_(snapshots)
                )
            )
        )
        .order_by(tables.clues.c.id)
    ).all()
    noted = 0
    for row in concerned:
        last = _last_signal(tx, row.id, url)
        if last is signal or (last is None and signal is PageSignal.BACK):
            continue
        entry = Entry(
            owner_id=row.id,
            sequence=row.sequence + 1,
            at=at,
            actor=ACTOR,
            move=signal.value,
            state=row.state,
            note=f"{url} {reason}{_since_notice(tx, row.id, signal, at)}"[:2000],
        )
        history.append(tx, tables.clues, tables.clue_events, entry, previous=row.head)
        noted += 1
    return noted


def _since_notice(tx: Connection, clue_id: str, signal: PageSignal, at: datetime) -> str:
    """How long after an office was told the page was found gone; "" when it was not."""
    told = outbox.first_notice(tx, clue_id)
    if signal is PageSignal.BACK or told is None or at < told:
        return ""
    return f"（通知送达后 {(at - told) // timedelta(minutes=1)} 分钟内消失）"


def _last_signal(tx: Connection, clue_id: str, url: str) -> PageSignal | None:
    events = tables.clue_events
    move = tx.execute(
        select(events.c.move)
        .where(
            events.c.owner_id == clue_id,
            events.c.move.in_([signal.value for signal in PageSignal]),
            events.c.note.startswith(f"{url} ", autoescape=True),
        )
        .order_by(events.c.sequence.desc())
        .limit(1)
    ).scalar()
    return PageSignal(move) if move else None
