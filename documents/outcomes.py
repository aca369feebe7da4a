"""What became of a capture: the document that was read in it, or why there is none."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, select

from documents import store
from documents.tables import document_captures, status_pages, url_key
from domain.outcomes import Outcome
from domain.pages import Document

_COLUMNS = (status_pages.c.outcome, status_pages.c.reason, status_pages.c.at)


@frozen(kw_only=True)
class Status:
    """What a page told of itself, or why it could not be read."""

    outcome: Outcome
    reason: str
    at: datetime


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
    row = tx.execute(select(*_COLUMNS).where(status_pages.c.snapshot_id == snapshot_id)).first()
    return None if row is None else _status(row)


def last_status(tx: Connection, url: str) -> Status | None:
    """What was noted last at this address instead of a document; None when nothing ever was."""
    row = tx.execute(
        select(*_COLUMNS)
        .where(status_pages.c.url_key == url_key(url))
        .order_by(status_pages.c.at.desc())
        .limit(1)
    ).first()
    return None if row is None else _status(row)


def _status(row: Row[*tuple[Any, ...]]) -> Status:
    return Status(outcome=Outcome(row.outcome), reason=row.reason, at=row.at)
