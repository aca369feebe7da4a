"""What one page has said over time."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, func, select

from documents.tables import document_captures, documents, url_key
from domain.findings import Verdict


@frozen(kw_only=True)
class Version:
    """One document of a page. `captures` counts how often the page was seen like this."""

    document_id: str
    first_seen: datetime
    last_seen: datetime
    captures: int
    page: str
    text_digest: str
    verdict: Verdict | None


def of_page(tx: Connection, canonical_url: str, *, limit: int = 50) -> list[Version]:
    """The documents of a canonical address, the newest first."""
    capture = document_captures
    rows = tx.execute(
        select(
            documents.c.id,
            documents.c.page,
            documents.c.text_digest,
            documents.c.verdict,
            func.min(capture.c.seen_at).label("first_seen"),
            func.max(capture.c.seen_at).label("last_seen"),
            func.count().label("captures"),
        )
        .join(capture, capture.c.document_id == documents.c.id)
        .where(documents.c.url_key == url_key(canonical_url))
        .group_by(documents.c.sequence)
        .order_by(documents.c.sequence.desc())
        .limit(limit)
    )
    return [
        Version(
            document_id=row.id,
            first_seen=row.first_seen,
            last_seen=row.last_seen,
            captures=row.captures,
            page=row.page,
            text_digest=row.text_digest,
            verdict=Verdict(row.verdict) if row.verdict else None,
        )
        for row in rows
    ]
