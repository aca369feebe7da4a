"""Capture requests: the one way back from any stage to the web. A queue leased like any other."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import Connection, select
from sqlalchemy.dialects import postgresql, sqlite

from domain.captures import CaptureRequest, Profile, RequestReason
from evidence.tables import capture_requests
from storage.leases import Lease, WorkState


def ask(tx: Connection, request: CaptureRequest) -> bool:
    """Put a request into the queue. False when one with this id was asked already."""
    insert = postgresql.insert if tx.dialect.name == "postgresql" else sqlite.insert
    statement = insert(capture_requests).values(
        id=request.id,
        reason=request.reason.value,
        url=request.url,
        source_id=request.source_id,
        profile=request.profile.value,
        clue_id=request.clue_id,
        snapshot_id=request.snapshot_id,
        requested_at=request.requested_at,
        deadline=request.deadline,
        actor=request.actor,
        purpose=request.purpose,
    )
    added = statement.on_conflict_do_nothing(index_elements=["id"]).returning(capture_requests.c.id)
    return tx.scalar(added) is not None


@frozen(kw_only=True)
class OpenSeal:
    """A seal that is still to be made: how often it was tried, and what failed last.

    `parked` means that it is not tried again by itself: a person has to look.
    """

    attempts: int
    parked: bool
    last_error: str | None


def open_seals(tx: Connection, clue_id: str) -> list[OpenSeal]:
    """The unfinished seal requests of a clue, oldest first."""
    table = capture_requests
    rows = tx.execute(
        select(table)
        .where(
            table.c.clue_id == clue_id,
            table.c.reason == RequestReason.SEAL.value,
            table.c.work_state != WorkState.DONE.value,
        )
        .order_by(table.c.requested_at, table.c.id)
    )
    return [
        OpenSeal(
            attempts=row.attempts,
            parked=row.work_state == WorkState.PARKED.value,
            last_error=row.last_error,
        )
        for row in rows
    ]


def from_lease(lease: Lease) -> CaptureRequest:
    """The request that a lease on `capture_requests` is about."""
    row = lease.row
    return CaptureRequest(
        id=row["id"],
        reason=RequestReason(row["reason"]),
        url=row["url"],
        source_id=row["source_id"],
        profile=Profile(row["profile"]),
        clue_id=row["clue_id"],
        snapshot_id=row["snapshot_id"],
        requested_at=row["requested_at"],
        deadline=row["deadline"],
        actor=row["actor"],
        purpose=row["purpose"],
    )
