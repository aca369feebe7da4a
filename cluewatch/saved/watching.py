"""Asking the saved searches about documents: those just indexed, or all of the past (back-test)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date, datetime

import structlog
from attrs import frozen
from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from cluewatch.index_rows import index_rows
from cluewatch.saved import store
from cluewatch.saved.store import Alert, SavedSearch
from documents import store as documents
from domain.errors import PermanentError
from domain.findings import Assessment
from domain.ids import derive_id
from domain.queries import And, Between, Query, SearchDocument, SearchRequest
from indexer.batches import batches
from indexer.highlight import highlights
from indexer.language import parse
from indexer.values import CHINA
from language.segments import segment_key, segments

log = structlog.get_logger()

_AROUND = 30
_BATCH = 500


@frozen(kw_only=True)
class BackTest:
    """What a search would have brought: `alerts` after suppression, each at the moment when the
    first of its `documents` was captured, and how many on which day in China."""

    documents: int
    alerts: tuple[Alert, ...]
    days: tuple[tuple[date, int], ...]


class Watch:
    """The saved searches, asked about what was just indexed."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def look(self, rows: Sequence[SearchDocument]) -> int:
        """Alert to what is new among `rows`, which the index has already; returns how many.

        Asked again about the same documents it adds nothing, so a worker that dies may repeat it.
        """
        with self._services.truth.read() as tx:
            searches = store.all_searches(tx)
        found = {search.id: self._found(search, rows) for search in searches}
        if not any(found.values()):
            return 0
        at, told = self._services.clock.now(), 0
        with self._services.truth.write() as tx:
            for search in searches:
                seen = [alert_of(tx, search, row, at) for row in found[search.id]]
                new = store.note(tx, seen)
                if new:
                    store.tell(tx, search, new, at=at)
                told += len(new)
        return told

    def _found(self, search: SavedSearch, rows: Sequence[SearchDocument]) -> list[SearchDocument]:
        try:
            query = parse(search.expression)
        except PermanentError as error:  # kept by an older version that knew other fields
            log.warning("saved_search_unreadable", search=search.name, error=str(error))
            return []
        ids = tuple(row.id for row in rows)
        result = self._services.index.search(
            SearchRequest(query=query, among=ids, limit=max(1, len(ids)))
        )
        hits = {hit.id for hit in result.hits}
        return [row for row in rows if row.id in hits]


def alert_of(tx: Connection, search: SavedSearch, row: SearchDocument, at: datetime) -> Alert:
    """The alert that a document would raise."""
    query = parse(search.expression)
    judged = documents.assessment(tx, row.id)
    subject = row.subject or row.site
    return Alert(
        id=store.alert_id(search.id, subject, creative(query, row.text, judged)),
        search_id=search.id,
        document_id=row.id,
        subject=subject,
        title=row.title,
        url=row.url,
        excerpt=excerpt(query, row.text),
        at=at,
    )


def creative(query: Query, text: str, judged: Assessment | None) -> str:
    """The key of what an advertisement says: the sentences that the query speaks of, else those
    that violate, else the whole text."""
    marks = highlights(query, text)
    spoken = {
        segment_key(piece.text)
        for piece in segments(text)
        if any(start < piece.end and piece.start < end for start, end in marks)
    }
    found = judged.findings if judged else ()
    keys = spoken or ({finding.segment for finding in found} - {""}) or {segment_key(text)}
    return derive_id("spoken", *sorted(keys))


def excerpt(query: Query, text: str) -> str:
    """The first place that the query speaks of, with a little around it."""
    start, end = next(iter(highlights(query, text)), (0, 0))
    return text[max(0, start - _AROUND) : end + _AROUND].replace("\n", " ")


def back_test(
    services: Services, search: SavedSearch, *, since: datetime, progress: Callable[[int], None]
) -> BackTest:
    """What a search would have brought since a moment; nothing is kept and nobody told.

    `progress` gets the running count of documents read.
    """
    past = Between(field="captured_at", low=since.astimezone(CHINA).isoformat())
    query = And(parts=(parse(search.expression), past))
    first: dict[str, Alert] = {}
    done = 0
    for ids in batches(services.index.scan(query), _BATCH):
        with services.truth.read() as tx:
            stored = documents.some(tx, ids)
            for row in index_rows(tx, stored):
                alert = alert_of(tx, search, row, row.captured_at)
                if alert.id not in first or alert.at < first[alert.id].at:
                    first[alert.id] = alert
        done += len(ids)
        progress(done)
    alerts = sorted(first.values(), key=lambda alert: alert.at)
    days = Counter(alert.at.astimezone(CHINA).date() for alert in alerts)
    return BackTest(documents=done, alerts=tuple(alerts), days=tuple(sorted(days.items())))
