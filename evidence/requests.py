"""Capture requests: the one way back from any stage to the web. A queue leased like any other."""

from __future__ import annotations

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from domain.captures import CaptureRequest, Profile, RequestReason
from evidence.tables import capture_requests
from storage.leases import Lease


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
    )
    added = statement.on_conflict_do_nothing(index_elements=["id"]).returning(capture_requests.c.id)
    return tx.scalar(added) is not None


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
    )
