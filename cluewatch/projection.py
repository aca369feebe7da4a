"""The index is a projection: what `documents` says is to be indexed goes to the search backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import structlog

from cluewatch.bootstrap import Services
from cluewatch.index_rows import index_rows
from cluewatch.saved.watching import Watch
from documents import store as documents
from documents import tables as document_tables
from domain.errors import CluewatchError, LeaseLost, Unindexable
from domain.queries import SearchDocument
from indexer.values import month_of, months_before
from storage import leases
from storage.leases import Lease

log = structlog.get_logger()

LEASE_SECONDS = 60.0
RETRY_SECONDS = 10.0


class Projection:
    """The one writer of the index."""

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._owner = owner
        self._watch = Watch(services)
        self._kept_since: str | None = None

    def work(self, *, limit: int = 200) -> int:
        """Project up to `limit` queued documents; returns how many.

        While the index cannot be reached they stay queued; one that it refuses is set aside.
        """
        truth = self._services.truth
        with truth.write() as tx:
            claimed = leases.claim(
                tx,
                document_tables.index_queue,
                owner=self._owner,
                limit=limit,
                seconds=LEASE_SECONDS,
            )
        if not claimed:
            return 0
        try:
            self._project(claimed)
        except CluewatchError as error:
            self._set_aside(claimed, error)
            return 0
        for lease in claimed:
            self._settle(leases.finish, lease)
        return len(claimed)

    def rebuild(self, progress: Callable[[int], None]) -> int:
        """Project every document into a new index that then takes the place of the old one.

        `progress` gets the running count of documents read.
        """
        done = 0

        def counted() -> Iterator[SearchDocument]:
            nonlocal done
            for batch in self._batches():
                yield from self._kept(batch)
                done += len(batch)
                progress(done)

        self._services.index.rebuild(counted())
        return done

    def _project(self, claimed: Sequence[Lease]) -> None:
        with self._services.truth.read() as tx:
            rows = index_rows(tx, documents.some(tx, [lease.id for lease in claimed]))
        self._age_out()
        self._services.index.add(self._kept(rows))
        self._watch.look(rows)

    def _age_out(self) -> None:
        """Once in a month, forget the months that are no longer kept."""
        since = self._first_month()
        if since is not None and since != self._kept_since:
            self._services.index.drop_before(since)
            self._kept_since = since

    def _kept(self, rows: Sequence[SearchDocument]) -> Iterator[SearchDocument]:
        since = self._first_month()
        return (row for row in rows if since is None or month_of(row.captured_at) >= since)

    def _first_month(self) -> str | None:
        kept = self._services.settings.search.months
        now: datetime = self._services.clock.now()
        return months_before(now, kept - 1) if kept else None

    def _set_aside(self, claimed: Sequence[Lease], error: CluewatchError) -> None:
        """What the index refuses waits for a person; the rest is tried again until it works."""
        log.warning("not_indexed", documents=len(claimed), error=str(error))
        for lease in claimed:
            if isinstance(error, Unindexable) and error.at == lease.id:
                self._settle(leases.park, lease, error=str(error))
            else:
                delay = 0.0 if isinstance(error, Unindexable) else RETRY_SECONDS
                self._settle(leases.give_back, lease, delay=delay)

    def _settle(self, settle: Callable[..., object], lease: Lease, **options: object) -> None:
        """A document that changed meanwhile was queued again: its lease is gone, it comes back."""
        try:
            with self._services.truth.write() as tx:
                settle(tx, document_tables.index_queue, lease, **options)
        except LeaseLost:
            log.info("indexed_again_later", document=lease.id)

    def _batches(self) -> Iterator[list[SearchDocument]]:
        after = ""
        while True:
            with self._services.truth.read() as tx:
                rows = index_rows(tx, documents.iterate(tx, after=after))
            if not rows:
                return
            yield rows
            after = rows[-1].id
