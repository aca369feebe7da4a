"""The index is a projection: what `documents` says is to be indexed goes to the search backend."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import structlog
from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from crawlers import source_store
from documents import store as documents
from documents import tables as document_tables
from domain.errors import LeaseLost
from domain.pages import Document
from domain.queries import SearchDocument
from indexer.projector import search_document
from storage import leases
from storage.leases import Lease

log = structlog.get_logger()

LEASE_SECONDS = 60.0


class Projection:
    """The one writer of the index."""

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._owner = owner

    def work(self, *, limit: int = 200) -> int:
        """Project up to `limit` queued documents; returns how many."""
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
        with truth.read() as tx:
            rows = [self._row(tx, documents.get(tx, lease.id)) for lease in claimed]
        self._services.index.add(rows)
        for lease in claimed:
            self._finish(lease)
        return len(claimed)

    def _finish(self, lease: Lease) -> None:
        """A document that changed meanwhile was queued again: its lease is gone, it comes back."""
        try:
            with self._services.truth.write() as tx:
                leases.finish(tx, document_tables.index_queue, lease)
        except LeaseLost:
            log.info("indexed_again_later", document=lease.id)

    def rebuild(self, progress: Callable[[int], None]) -> int:
        """Empty the index and project every document again; `progress` gets the running count."""
        index = self._services.index
        index.ensure()
        index.clear()
        done = 0
        for batch in self._batches():
            index.add(batch)
            done += len(batch)
            progress(done)
        return done

    def _batches(self) -> Iterator[list[SearchDocument]]:
        after = ""
        while True:
            with self._services.truth.read() as tx:
                found = documents.iterate(tx, after=after)
                rows = [self._row(tx, document) for document in found]
            if not rows:
                return
            yield rows
            after = rows[-1].id

    def _row(self, tx: Connection, document: Document) -> SearchDocument:
        source = source_store.get(tx, document.source_id) if document.source_id else None
        return search_document(document, documents.assessment(tx, document.id), source)
