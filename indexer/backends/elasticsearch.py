"""The search index of many machines: Elasticsearch 8 or 9, by URL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from elastic_transport import ObjectApiResponse
from elasticsearch import (
    ApiError,
    BadRequestError,
    Elasticsearch,
    SSLError,
    TransportError,
    UnsupportedProductError,
)
from elasticsearch.helpers import streaming_bulk

from domain.errors import CluewatchError, PermanentError, RetryableError
from domain.ports import Segmenter
from domain.queries import Hit, SearchDocument, SearchRequest, SearchResult, Sort
from indexer.backends.elasticsearch_queries import MAPPING, row, translated
from indexer.cursors import Cursor, read_cursor, write_cursor
from indexer.values import keyword_field

_CHUNK = 500
_CHUNK_BYTES = 8 * 1024 * 1024
_SECONDS = 30.0
_MOST_VALUES = 100
_NOT_FOUND = 404
_TRY_LATER = frozenset({408, 429, 502, 503, 504})
_ORDERS = {
    Sort.RELEVANCE: ("_score", "desc"),
    Sort.NEWEST: ("captured_at", "desc"),
    Sort.OLDEST: ("captured_at", "asc"),
    Sort.SCORE: ("score", "desc"),
}


class ElasticsearchIndex:
    """A `domain.ports.SearchIndex` in the index `<prefix>-documents-v1` behind an alias."""

    def __init__(
        self, url: str, *, prefix: str, segmenter: Segmenter, api_key: str | None = None
    ) -> None:
        self._url = url
        self._alias = f"{prefix}-documents"
        self._name = f"{prefix}-documents-v1"
        self._segmenter = segmenter
        self._api_key = api_key

    def ensure(self) -> None:
        """Create the index and its alias where missing. Raises an error that says what to do."""
        with self._explained():
            self._client.cluster.health(timeout="10s")
            self._create()
            self._client.indices.put_alias(index=self._name, name=self._alias)

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add or replace by id."""
        self._bulk(
            {"_op_type": "index", "_id": document.id, "_source": row(self._segmenter, document)}
            for document in documents
        )

    def delete(self, ids: Sequence[str]) -> None:
        """Remove by id."""
        self._bulk({"_op_type": "delete", "_id": id_} for id_ in ids)

    def clear(self) -> None:
        """Remove every document."""
        with self._explained():
            self._client.indices.delete(index=self._name, ignore_unavailable=True)
        self.ensure()

    def count(self) -> int:
        """Documents in the index."""
        with self._explained():
            return int(self._client.count(index=self._alias)["count"])

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one request; relevance ties and equal sort values are ordered by id."""
        field, direction = _ORDERS[request.sort]
        query = translated(self._segmenter, request.query)
        after = read_cursor(request.after) if request.after else None
        with self._explained():
            answer = self._client.search(
                index=self._alias,
                query=query,
                size=request.limit,
                sort=[{field: direction}, {"id": "asc"}],
                search_after=None if after is None else [after.value, after.tie],
                aggs={name: _facet(name) for name in request.facets} or None,
                track_total_hits=True,
                track_scores=True,
                source=False,
            )
        return _result(answer, request)

    def _create(self) -> None:
        if self._client.indices.exists(index=self._name):
            return
        try:
            self._client.indices.create(index=self._name, mappings=MAPPING)
        except BadRequestError as error:
            if error.error != "resource_already_exists_exception":  # another worker was quicker
                raise

    @cached_property
    def _client(self) -> Elasticsearch:
        return Elasticsearch(
            self._url,
            api_key=self._api_key,
            request_timeout=_SECONDS,
            retry_on_timeout=True,
            max_retries=2,
        )

    def _bulk(self, actions: Iterator[dict[str, Any]]) -> None:
        """In bounded chunks; returns when a search sees them. Unknown ids of deletes are fine."""
        with self._explained():
            for done, item in streaming_bulk(
                self._client,
                actions,
                index=self._alias,
                chunk_size=_CHUNK,
                max_chunk_bytes=_CHUNK_BYTES,
                raise_on_error=False,
                max_retries=3,
                require_alias=True,
            ):
                if not done and item.get("delete", {}).get("status") != _NOT_FOUND:
                    raise PermanentError(f"Elasticsearch 拒收文档：{str(item)[:500]}", at=self._url)
            self._client.indices.refresh(index=self._alias)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """The client's errors in the words of whoever has to act."""
        try:
            yield
        except (TransportError, ApiError) as error:
            raise _explanation(error, self._url) from error


def _explanation(error: TransportError | ApiError, url: str) -> CluewatchError:
    if isinstance(error, SSLError):
        return PermanentError("Elasticsearch 的证书不受信任；请安装其 CA 证书", at=url)
    if isinstance(error, TransportError):
        return RetryableError(
            "连不上 Elasticsearch；请确认它已启动、search.url 的地址和端口正确"
            "（启用了 TLS 时以 https:// 开头）",
            at=url,
        )
    if isinstance(error, UnsupportedProductError) or "media_type_header" in error.message:
        return PermanentError(
            "对方不是 Elasticsearch 8 或 9；请换用这两个版本，或清空 search.url 改用内置索引",
            at=url,
        )
    return _refusal(error, url)


def _refusal(error: ApiError, url: str) -> CluewatchError:
    status = error.meta.status
    if status in (401, 403):
        return PermanentError(
            f"Elasticsearch 拒绝访问（{status}）；请在 search.api_key 填写对该索引有权限的密钥",
            at=url,
        )
    if status == _NOT_FOUND:
        return PermanentError("索引还不存在；请运行 cluewatch rebuild-index", at=url)
    if status in _TRY_LATER:
        return RetryableError(f"Elasticsearch 暂时不能处理（{status}），稍后会重试", at=url)
    return PermanentError(f"Elasticsearch 不接受这个请求：{error}", at=url)


def _result(answer: ObjectApiResponse[Any], request: SearchRequest) -> SearchResult:
    found = answer["hits"]["hits"]
    full = bool(found) and len(found) == request.limit
    return SearchResult(
        hits=tuple(Hit(id=hit["_id"], score=hit["_score"] or 0.0) for hit in found),
        total=answer["hits"]["total"]["value"],
        after=_cursor(found[-1]["sort"]) if full else None,
        facets=tuple((name, _counts(answer, name)) for name in request.facets),
    )


def _cursor(sort: Sequence[Any]) -> str:
    return write_cursor(Cursor(value=sort[0], tie=sort[1]))


def _counts(answer: ObjectApiResponse[Any], name: str) -> tuple[tuple[str, int], ...]:
    buckets = answer["aggregations"][name]["buckets"]
    return tuple((bucket["key"], bucket["doc_count"]) for bucket in buckets)


def _facet(name: str) -> dict[str, Any]:
    order = [{"_count": "desc"}, {"_key": "asc"}]
    return {"terms": {"field": keyword_field(name), "size": _MOST_VALUES, "order": order}}
