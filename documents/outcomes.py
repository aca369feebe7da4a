"""What became of a capture: the document that was read in it, or why there is none."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import Connection, select

from documents import store
from documents.tables import document_captures, status_pages
from domain.outcomes import Outcome
from domain.pages import Document


@frozen(kw_only=True)
class Status:
    """What a page told of itself, or why it could not be read."""

    outcome: Outcome
    reason: str


def document_of(tx: Connection, snapshot_id: str) -> Document | None:
    """The document that was read in this capture by the newest parser; None if there is none."""
    found = tx.execute(
        select(document_captures.c.document_id)
        .where(document_captures.c.snapshot_id == snapshot_id)
        .order_by(document_captures.c.sequence.desc())
        .limit(1)
    ).scalar_one_or_none()
    return None if found is None else store.get(tx, found)


def status_of(tx: Connection, snapshot_id: str) -> Status | None:
    """What was noted instead of a document; None when nothing was."""
    row = tx.execute(
        select(status_pages.c.outcome, status_pages.c.reason).where(
            status_pages.c.snapshot_id == snapshot_id
        )
    ).first()
    return None if row is None else Status(outcome=Outcome(row.outcome), reason=row.reason)
