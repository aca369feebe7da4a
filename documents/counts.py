"""How many documents and findings there are, of each kind."""

from __future__ import annotations

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


def by_type(tx: Connection) -> dict[str, int]:
    """How many findings in force there are of each type, the most frequent first.

    What stands in a site's template counts once for the site, however many pages repeat it.
    """
    once = case((findings.c.template, findings.c.segment), else_=findings.c.id)
    place = case((findings.c.template, documents.c.site), else_=documents.c.id)
    found = (
        select(findings.c.type, place, once)
        .join(documents, documents.c.id == findings.c.document_id)
        .distinct()
        .subquery()
    )
    number = func.count()
    rows = tx.execute(
        select(found.c.type, number).group_by(found.c.type).order_by(number.desc(), found.c.type)
    ).all()
    return {type_: count_ for type_, count_ in rows}
