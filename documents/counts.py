"""How many documents and findings there are, of each kind."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, case, func, select

from documents.tables import documents, findings
from domain.findings import Verdict


def by_verdict(tx: Connection) -> dict[Verdict, int]:
    """How many documents have each verdict in force (all verdicts present)."""
    rows = tx.execute(
        select(documents.c.verdict, func.count())
        .where(documents.c.verdict.is_not(None))
        .group_by(documents.c.verdict)
    ).all()
    found = {Verdict(verdict): number for verdict, number in rows}
    return {verdict: found.get(verdict, 0) for verdict in Verdict}


def by_type(tx: Connection, *, since: datetime | None = None) -> dict[str, int]:
    """How many findings in force there are of each type, the most frequent first; with `since`
    those of pages captured at or after that moment.

    What stands in a site's template counts once for the site, however many pages repeat it.
    """
    once = case((findings.c.template, findings.c.segment), else_=findings.c.id)
    place = case((findings.c.template, documents.c.site), else_=documents.c.id)
    wanted = (
        select(findings.c.type, place, once)
        .join(documents, documents.c.id == findings.c.document_id)
        .distinct()
    )
    if since is not None:
        wanted = wanted.where(documents.c.last_seen_at >= since)
    found = wanted.subquery()
    number = func.count()
    rows = tx.execute(
        select(found.c.type, number).group_by(found.c.type).order_by(number.desc(), found.c.type)
    ).all()
    return {type_: count_ for type_, count_ in rows}


@frozen(kw_only=True)
class Seen:
    """A finding in force, and the page that it stands on."""

    document_id: str
    site: str
    quote: str
    score: float
    origin: str
    seen_at: datetime


def latest(tx: Connection, type_: str, *, since: datetime, limit: int) -> tuple[Seen, ...]:
    """The findings of one type on pages captured since then, the newest first; what a site's
    template repeats is left out."""
    rows = tx.execute(
        select(
            findings.c.document_id,
            findings.c.quote,
            findings.c.score,
            findings.c.origin,
            documents.c.site,
            documents.c.last_seen_at,
        )
        .join(documents, documents.c.id == findings.c.document_id)
        .where(
            findings.c.type == type_,
            findings.c.template.is_(False),
            documents.c.duplicate_of.is_(None),
            documents.c.last_seen_at >= since,
        )
        .order_by(documents.c.last_seen_at.desc(), findings.c.document_id, findings.c.start)
        .limit(limit)
    )
    return tuple(
        Seen(
            document_id=row.document_id,
            site=row.site,
            quote=row.quote,
            score=row.score,
            origin=row.origin,
            seen_at=row.last_seen_at,
        )
        for row in rows
    )
