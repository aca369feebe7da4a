"""The search index of one machine: tantivy in a folder, one writer at a time, any readers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path

import tantivy
from attrs import frozen
from tantivy import Query as TantivyQuery

from domain.errors import PermanentError, RetryableError
from domain.ports import Segmenter
from domain.queries import Hit, SearchDocument, SearchRequest, SearchResult, Sort
from indexer.backends.embedded_queries import SCHEMA, TOKENS, translated
from indexer.cursors import Cursor, read_cursor, write_cursor
from indexer.terms import bigrams_field, words_field
from indexer.values import keyword_field, keyword_values, milliseconds

LAYOUT = "documents-v1"
"""Name of the folder; a changed schema takes a new one and is filled by a rebuild."""

_HEAP = 64_000_000
_MOST_VALUES = 100
_EVERY_VALUE = 65_000
_READ_AHEAD = 4


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

    def read(self, searcher: tantivy.Searcher, query: TantivyQuery, limit: int) -> list[_Found]:
        order = tantivy.Order.Asc if self.ascending else tantivy.Order.Desc
        result = searcher.search(
            query, limit=limit, count=False, order_by_field=self.field, order=order
        )
        ties = searcher.fast_field_values("tie", [address for _, address in result.hits])
        return [
            _Found(value=value, tie=int(tie or 0), address=address)
            for (value, address), tie in zip(result.hits, ties, strict=True)
        ]


_ORDERS = {
    Sort.RELEVANCE: _Order(field=None),
    Sort.NEWEST: _Order(field="captured_at"),
    Sort.OLDEST: _Order(field="captured_at", ascending=True),
    Sort.SCORE: _Order(field="score"),
}


class EmbeddedIndex:
    """A `domain.ports.SearchIndex` in `directory`; what other processes add is seen as well."""

    def __init__(self, directory: Path, segmenter: Segmenter) -> None:
        self._directory = directory / LAYOUT
        self._segmenter = segmenter

    def ensure(self) -> None:
        """Create the folder and the empty index where missing."""
        self._index.reload()

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add or replace by id."""
        with self._writer() as writer:
            for document in documents:
                writer.delete_documents_by_term("id", document.id)
                writer.add_document(self._row(document))

    def delete(self, ids: Sequence[str]) -> None:
        """Remove by id."""
        with self._writer() as writer:
            for id_ in ids:
                writer.delete_documents_by_term("id", id_)

    def clear(self) -> None:
        """Remove every document."""
        with self._writer() as writer:
            writer.delete_all_documents()

    def count(self) -> int:
        """Documents in the index."""
        return int(self._searcher().num_docs)

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one request; relevance ties and equal sort values are ordered by id hash."""
        searcher = self._searcher()
        query = translated(self._segmenter, request.query)
        hits = _page(searcher, query, request)
        full = bool(hits) and len(hits) == request.limit
        return SearchResult(
            hits=tuple(
                Hit(id=searcher.doc(found.address)["id"][0], score=found.value) for found in hits
            ),
            total=_total(searcher, query),
            after=_cursor(hits[-1]) if full else None,
            facets=tuple((name, _facet(searcher, query, name)) for name in request.facets),
        )

    @cached_property
    def _index(self) -> tantivy.Index:
        try:
            self._directory.mkdir(parents=True, exist_ok=True)
            index = tantivy.Index(SCHEMA, path=str(self._directory))
        except (OSError, ValueError) as error:
            raise PermanentError(
                f"检索索引打不开（{error}）；请删除该文件夹，再运行 cluewatch rebuild-index",
                at=str(self._directory),
            ) from error
        whitespace = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build()
        index.register_tokenizer(TOKENS, whitespace)
        return index

    def _searcher(self) -> tantivy.Searcher:
        self._index.reload()
        return self._index.searcher()

    @contextmanager
    def _writer(self) -> Iterator[tantivy.IndexWriter]:
        """The writer's lock is held for one batch only, so that a rebuild can take its turn."""
        try:
            writer = self._index.writer(_HEAP, 1)
        except ValueError as error:
            raise RetryableError(
                "检索索引正由另一个进程写入，请稍后再试", at=str(self._directory)
            ) from error
        try:
            yield writer
            writer.commit()
        except BaseException:
            writer.rollback()
            raise
        finally:
            writer.wait_merging_threads()  # also gives the lock back

    def _row(self, document: SearchDocument) -> tantivy.Document:
        row = tantivy.Document(
            id=document.id,
            tie=int(hashlib.sha256(document.id.encode()).hexdigest()[:15], 16),
            words=words_field(self._segmenter, document.text),
            title=words_field(self._segmenter, document.title),
            bigrams=bigrams_field(document.text),
            captured_at=milliseconds(document.captured_at),
            score=float(document.score),
        )
        if document.published_at is not None:
            row.add_integer("published_at", milliseconds(document.published_at))
        for name, values in keyword_values(document).items():
            for value in values:
                row.add_text(name, value)
        return row


def _page(searcher: tantivy.Searcher, query: TantivyQuery, request: SearchRequest) -> list[_Found]:
    """The hits after the cursor.

    More and more are read until none that belongs among them can be missing: hits with the same
    sort value come from the engine in an order that does not last.
    """
    order = _ORDERS[request.sort]
    after = read_cursor(request.after) if request.after else None
    reach = max(1, request.limit) * _READ_AHEAD
    while True:
        found = order.read(searcher, query, reach)
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
            return [one for _, one in ranked[: request.limit]]
        reach *= _READ_AHEAD


def _cursor(last: _Found) -> str:
    return write_cursor(Cursor(value=last.value, tie=str(last.tie)))


def _total(searcher: tantivy.Searcher, query: TantivyQuery) -> int:
    total: int = searcher.search(query, limit=1).count  # type: ignore[attr-defined] # its stubs lack it
    return total


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
