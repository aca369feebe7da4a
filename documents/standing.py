"""How a site and its pages stand with the judgement, for those who decide what to look at next."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection, func, select

from documents.tables import documents, url_key
from domain.findings import Verdict


def clue_share(tx: Connection, site: str) -> float:
    """On which share (0…1) of the site's pages a clue was seen; 0 while nothing was judged."""
    rows = tx.execute(
        select(documents.c.verdict, func.count())
        .where(
            documents.c.site == site,
            documents.c.counted.is_(True),
            documents.c.verdict.is_not(None),
        )
        .group_by(documents.c.verdict)
    )
    counts = {verdict: number for verdict, number in rows}
    judged = sum(counts.values())
    return counts.get(Verdict.CLUE.value, 0) / judged if judged else 0.0


def with_clues(tx: Connection, urls: Iterable[str]) -> frozenset[str]:
    """Those of these canonical addresses whose newest judged version bears a clue."""
    keys = {url_key(url): url for url in urls}
    rows = tx.execute(
        select(documents.c.url_key, documents.c.verdict)
        .where(documents.c.url_key.in_(keys), documents.c.verdict.is_not(None))
        .order_by(documents.c.last_seen_at, documents.c.sequence)
    )
    newest = {key: verdict for key, verdict in rows}
    return frozenset(keys[key] for key, verdict in newest.items() if verdict == Verdict.CLUE.value)
