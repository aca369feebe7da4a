"""The search index of one machine: tantivy in a folder, one writer at a time, any readers."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path

import tantivy
from attrs import frozen
from tantivy import Query as TantivyQuery

from domain.ports import Segmenter
from domain.queries import (
    Histogram,
    Hit,
    Query,
    SearchDocument,
    SearchRequest,
    SearchResult,
    Sort,
)
from indexer.backends.embedded_folder import IndexFolder
from indexer.backends.embedded_queries import captured_before, narrowed, translated
from indexer.batches import batches
from indexer.cursors import Cursor, read_cursor, write_cursor
from indexer.values import CHINA_OFFSET, DAY, bars, keyword_field, moment_field

_BATCH = 500
_REBUILD_BATCH = 5000
_MOST_VALUES = 100
_EVERY_VALUE = 65_000
_READ_AHEAD = 4
_ABOVE_UTC = CHINA_OFFSET // timedelta(milliseconds=1)


@frozen(kw_only=True)
class _Found:
    value: float
    tie: int
    address: tantivy.DocAddress


@frozen(kw_only=True)
class _Order:
    """By `field` (None: relevance), then by tie-break."""

    field: str | None
    ascending: bool = False

    def key(self, value: float, tie: int) -> tuple[float, int]:
        return value if self.ascending else -value, tie

    def read(
        self, searcher: tantivy.Searcher, query: TantivyQuery, limit: int
    ) -> tuple[list[_Found], int]:
        """The first hits, and how many there are in all."""
        order = tantivy.Order.Asc if self.ascending else tantivy.Order.Desc
        result = searcher.search(
            query, limit=limit, count=True, order_by_field=self.field, order=order
        )
        ties = searcher.fast_field_values("tie", [address for _, address in result.hits])
        found = [
            _Found(value=value, tie=int(tie or 0), address=address)
            for (value, address), tie in zip(result.hits, ties, strict=True)
        ]
        return found, int(result.count)  # type: ignore[attr-defined] # its stubs lack it


_ORDERS = {
    Sort.RELEVANCE: _Order(field=None),
    Sort.NEWEST: _Order(field="captured_at"),
    Sort.OLDEST: _Order(field="captured_at", ascending=True),
    Sort.SCORE: _Order(field="score"),
}


class EmbeddedIndex:
    """A `domain.ports.SearchIndex` in `directory`; what other processes add is seen as well."""

    def __init__(self, directory: Path, segmenter: Segmenter) -> None:
        self._folder = IndexFolder(directory, segmenter)
        self._segmenter = segmenter

    def ensure(self) -> None:
        """Create the folder and the empty index where missing."""
        self._folder.current()

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add or replace by id."""
        for batch in batches(documents, _BATCH):
            with self._folder.writing() as generations:
                for generation in generations:
                    generation.add(batch)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove by id."""
        with self._folder.writing() as generations:
            for generation in generations:
                with generation.writer() as writer:
                    for id_ in ids:
                        writer.delete_documents_by_term("id", id_)

    def rebuild(self, documents: Iterable[SearchDocument]) -> None:
        """Fill a new folder while the old one answers, then point to it."""
        with self._folder.rebuilding() as building:
            for batch in batches(documents, _REBUILD_BATCH):
                with self._folder.writing():
                    building.add_missing(batch)

    def drop_before(self, month: str) -> None:
        """Remove what was captured before a month."""
        with self._folder.writing() as generations:
            for generation in generations:
                with generation.writer() as writer:
                    writer.delete_documents_by_query(captured_before(month))

    def count(self) -> int:
        """Documents in the index."""
        return int(self._searcher().num_docs)

    def scan(self, query: Query) -> Iterator[str]:
        """Ids of all that is found, as the index was at the first of them."""
        searcher = self._searcher()
        most = max(1, int(searcher.num_docs))
        hits = searcher.search(translated(self._segmenter, query), limit=most, count=False).hits
        for _, address in hits:
            yield searcher.doc(address)["id"][0]

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one request; relevance ties and equal sort values are ordered by id hash."""
        searcher = self._searcher()
        query = narrowed(self._segmenter, request.query, request.among)
        hits, total = _page(searcher, query, request)
        full = bool(hits) and len(hits) == request.limit
        return SearchResult(
            hits=tuple(
                Hit(id=searcher.doc(found.address)["id"][0], score=found.value) for found in hits
            ),
            total=total,
            after=_cursor(hits[-1]) if full else None,
            facets=tuple((name, _facet(searcher, query, name)) for name in request.facets),
            histogram=_bars(searcher, query, request.histogram),
        )

    def _searcher(self) -> tantivy.Searcher:
        return self._folder.current().searcher()


def _page(
    searcher: tantivy.Searcher, query: TantivyQuery, request: SearchRequest
) -> tuple[list[_Found], int]:
    """The hits after the cursor, and how many there are in all.

    More and more are read until none that belongs among them can be missing: hits with the same
    sort value come from the engine in an order that does not last.
    """
    order = _ORDERS[request.sort]
    after = read_cursor(request.after) if request.after else None
    reach = max(1, request.limit) * _READ_AHEAD
    while True:
        found, total = order.read(searcher, query, reach)
        complete = len(found) < reach
        if not complete:
            found = [one for one in found if one.value != found[-1].value]
        ranked = sorted(
            ((order.key(one.value, one.tie), one) for one in found), key=lambda pair: pair[0]
        )
        if after is not None:
            mark = order.key(after.value, int(after.tie))
            ranked = [pair for pair in ranked if pair[0] > mark]
        if complete or len(ranked) >= request.limit:
            return [one for _, one in ranked[: request.limit]], total
        reach *= _READ_AHEAD


def _cursor(last: _Found) -> str:
    return write_cursor(Cursor(value=last.value, tie=str(last.tie)))


def _facet(
    searcher: tantivy.Searcher, query: TantivyQuery, name: str
) -> tuple[tuple[str, int], ...]:
    terms = {
        "field": keyword_field(name),
        "size": _EVERY_VALUE,
        "segment_size": _EVERY_VALUE,
    }
    buckets = searcher.aggregate(query, {name: {"terms": terms}})[name]["buckets"]
    counted = [(str(bucket["key"]), int(bucket["doc_count"])) for bucket in buckets]
    return tuple(sorted(counted, key=lambda pair: (-pair[1], pair[0]))[:_MOST_VALUES])


def _bars(
    searcher: tantivy.Searcher, query: TantivyQuery, wanted: Histogram | None
) -> tuple[tuple[date, int], ...]:
    if wanted is None:
        return ()
    days = {
        "field": moment_field(wanted.field),
        "interval": float(DAY),
        "offset": DAY - _ABOVE_UTC,
        "min_doc_count": 1,
    }
    buckets = searcher.aggregate(query, {"days": {"histogram": days}})["days"]["buckets"]
    counted = ((bucket["key"], int(bucket["doc_count"])) for bucket in buckets)
    return bars(counted, wanted.interval)
