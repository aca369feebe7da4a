"""The search index of many machines: Elasticsearch 8 or 9, by URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from elastic_transport import ObjectApiResponse
from elastic_transport.client_utils import DEFAULT
from elasticsearch import Elasticsearch

from domain.ports import Segmenter
from domain.queries import Hit, Query, SearchDocument, SearchRequest, SearchResult, Sort
from indexer.backends.elasticsearch_errors import SERVERS, explained, unsupported
from indexer.backends.elasticsearch_generations import Generations, Role
from indexer.backends.elasticsearch_queries import days, narrowed, translated
from indexer.backends.elasticsearch_writer import Writer
from indexer.batches import batches
from indexer.cursors import Cursor, read_cursor, write_cursor
from indexer.values import bars, keyword_field, month_start

_BATCH = 2000
_SECONDS = 30.0
_MOST_VALUES = 100
_SCAN_PAGE = 1000
_SCAN_KEPT = "2m"
_ORDERS = {
    Sort.RELEVANCE: ("_score", "desc"),
    Sort.NEWEST: ("captured_at", "desc"),
    Sort.OLDEST: ("captured_at", "asc"),
    Sort.SCORE: ("score", "desc"),
}


class ElasticsearchIndex:
    """A `domain.ports.SearchIndex` in indexes by month (see `elasticsearch_generations`).

    `ca_certificate` is a file with the authority that signed the server's certificate, where the
    system does not know it.
    """

    def __init__(
        self,
        url: str,
        *,
        prefix: str,
        segmenter: Segmenter,
        api_key: str | None = None,
        ca_certificate: Path | None = None,
    ) -> None:
        self._url = url
        self._prefix = prefix
        self._segmenter = segmenter
        self._api_key = api_key
        self._ca_certificate = ca_certificate

    def ensure(self) -> None:
        """Create what is missing. Raises an error that says what to do."""
        with explained(self._url):
            self._check_version()
            self._generations.ensure()

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add or replace by id."""
        with explained(self._url):
            for batch in batches(documents, _BATCH):
                for role in self._generations.roles() or (Role.CURRENT,):
                    self._writer.write(role, batch)

    def delete(self, ids: Sequence[str]) -> None:
        """Remove by id."""
        with explained(self._url):
            for role in self._generations.roles():
                self._writer.remove(role, ids)

    def rebuild(self, documents: Iterable[SearchDocument]) -> None:
        """Fill a new generation while the old one answers, then swap the aliases."""
        with explained(self._url):
            self._check_version()
            number = self._generations.begin()
            for batch in batches(documents, _BATCH):
                self._writer.write_missing(Role.NEXT, batch)
            self._generations.swap(number)

    def drop_before(self, month: str) -> None:
        """Remove the indexes of earlier months whole."""
        month_start(month)  # refuses what is no month
        with explained(self._url):
            self._generations.drop_before(month)

    def count(self) -> int:
        """Documents in the index."""
        with explained(self._url):
            return int(self._client.count(index=self._generations.reading)["count"])

    def scan(self, query: Query) -> Iterator[str]:
        """Ids of all that is found, from one point in time."""
        asked_for = translated(self._segmenter, query)
        with explained(self._url):
            opened = self._client.open_point_in_time(
                index=self._generations.reading, keep_alive=_SCAN_KEPT
            )
            pit, after = opened["id"], None
            try:
                while True:
                    answer = self._client.search(
                        pit={"id": pit, "keep_alive": _SCAN_KEPT},
                        query=asked_for,
                        size=_SCAN_PAGE,
                        sort=[{"_shard_doc": "asc"}],
                        search_after=after,
                        track_total_hits=False,
                        source=False,
                    )
                    pit, hits = answer["pit_id"], answer["hits"]["hits"]
                    yield from (hit["_id"] for hit in hits)
                    if len(hits) < _SCAN_PAGE:
                        return
                    after = hits[-1]["sort"]
            finally:
                self._client.close_point_in_time(id=pit)

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one request; relevance ties and equal sort values are ordered by id.

        Word statistics are gathered from all months first, so that relevance does not depend on
        the month that a document lies in.
        """
        field, direction = _ORDERS[request.sort]
        query = narrowed(self._segmenter, request.query, request.among)
        after = read_cursor(request.after) if request.after else None
        with explained(self._url):
            answer = self._client.search(
                index=self._generations.reading,
                search_type="dfs_query_then_fetch",
                query=query,
                size=request.limit,
                sort=[{field: direction}, {"id": "asc"}],
                search_after=None if after is None else [after.value, after.tie],
                aggs=_aggregations(request) or None,
                track_total_hits=True,
                track_scores=True,
                source=False,
            )
        return _result(answer, request)

    @cached_property
    def _client(self) -> Elasticsearch:
        return Elasticsearch(
            self._url,
            api_key=self._api_key,
            request_timeout=_SECONDS,
            retry_on_timeout=True,
            max_retries=2,
            ca_certs=str(self._ca_certificate) if self._ca_certificate else DEFAULT,
        )

    @cached_property
    def _generations(self) -> Generations:
        return Generations(self._client, self._prefix)

    @cached_property
    def _writer(self) -> Writer:
        return Writer(self._client, self._generations, self._segmenter, url=self._url)

    def _check_version(self) -> None:
        answer = self._client.nodes.info(node_id="_local", filter_path="nodes.*.version")
        versions = [node["version"] for node in answer.get("nodes", {}).values()]
        for version in versions:
            if int(version.partition(".")[0]) not in SERVERS:
                raise unsupported(version, self._url)


def _aggregations(request: SearchRequest) -> dict[str, Any]:
    wanted: dict[str, Any] = {f"facet_{name}": _facet(name) for name in request.facets}
    if request.histogram is not None:
        wanted["days"] = days(request.histogram)
    return wanted


def _facet(name: str) -> dict[str, Any]:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": keyword_field(name), "size": _MOST_VALUES, "order": order}}


def _result(answer: ObjectApiResponse[Any], request: SearchRequest) -> SearchResult:
    found = answer["hits"]["hits"]
    full = bool(found) and len(found) == request.limit
    return SearchResult(
        hits=tuple(Hit(id=hit["_id"], score=hit["_score"] or 0.0) for hit in found),
        total=answer["hits"]["total"]["value"],
        after=_cursor(found[-1]["sort"]) if full else None,
        facets=tuple((name, _counts(answer, f"facet_{name}")) for name in request.facets),
        histogram=bars(_counts(answer, "days"), request.histogram.interval)
        if request.histogram
        else (),
    )


def _cursor(sort: Sequence[Any]) -> str:
    return write_cursor(Cursor(value=sort[0], tie=sort[1]))


def _counts(answer: ObjectApiResponse[Any], name: str) -> tuple[tuple[Any, int], ...]:
    buckets = answer["aggregations"][name]["buckets"]
    return tuple((bucket["key"], bucket["doc_count"]) for bucket in buckets)
