"""Second looks (移送前复看): is the advertisement still there before it is handed over?

Asked of the crawl; what it finds is on the clue. Looks after the end of a case are planned by its
outcome (`rechecks`).
"""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, select

from domain.captures import Acquisition, CaptureRequest, RequestReason, Snapshot
from domain.clues import Clue
from domain.ids import derive_id
from domain.outcomes import Outcome
from domain.tickets import Ticket, TicketState
from evidence import reader, requests
from tickets import tables


@frozen(kw_only=True)
class Look:
    """The page of a clue as it was found again. `unchanged`: the very bytes of the first look."""

    at: datetime
    outcome: Outcome
    unchanged: bool
    snapshot_id: str


def ask(tx: Connection, ticket: Ticket, at: datetime) -> bool:
    """Ask for another look while a ticket awaits approval, once per ticket; False for any other.

    What others saved, or a person captured, is not visited by the crawl; a ticket that is sent
    without approval has the live visit of its seal.
    """
    if ticket.state is not TicketState.AWAITING_APPROVAL:
        return False
    url = tx.scalar(select(tables.clues.c.url).where(tables.clues.c.id == ticket.clue_id)) or ""
    seen = reader.latest(tx, url)
    if seen is None or seen.acquisition is not Acquisition.CRAWL:
        return False
    return requests.ask(
        tx,
        CaptureRequest(
            id=derive_id("second-look", ticket.id),
            reason=RequestReason.RECAPTURE,
            url=url,
            source_id=seen.source_id,
            clue_id=ticket.clue_id,
            requested_at=at,
            purpose="移送前复看",
        ),
    )


def looks(tx: Connection, clue: Clue, *, limit: int = 20) -> list[Look]:
    """How the page of a clue was found since it was raised, the newest first."""
    kept = reader.snapshots_of(tx, clue.url)
    mine = {sighting.snapshot_id for sighting in clue.sightings if sighting.url == clue.url}
    first = next((snapshot for snapshot in kept if snapshot.id in mine), None)
    if first is None:
        return []
    later = [one for one in kept if one.captured_at > first.captured_at]
    return [_look(one, first) for one in reversed(later[-limit:])]


def _look(seen: Snapshot, first: Snapshot) -> Look:
    return Look(
        at=seen.captured_at,
        outcome=seen.outcome,
        unchanged=seen.payload_digest == first.payload_digest,
        snapshot_id=seen.id,
    )
