"""Writing to Elasticsearch in bulk: every document in the index of its month, once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from elasticsearch import Elasticsearch
from elasticsearch.helpers import streaming_bulk

from domain.ports import Segmenter
from domain.queries import SearchDocument
from indexer.backends.elasticsearch_errors import CONFLICT, NOT_FOUND, item_refused
from indexer.backends.elasticsearch_generations import Generations, Role
from indexer.backends.elasticsearch_queries import Json, row
from indexer.batches import batches
from indexer.values import month_of

_LOOK_UP = 2000
_CHUNK = 500
_CHUNK_BYTES = 8 * 1024 * 1024
_RETRIES = 8
_FIRST_PAUSE = 0.1
_LONGEST_PAUSE = 10.0


class Writer:
    """Writes to the generations of one set of indexes."""

    def __init__(
        self,
        client: Elasticsearch,
        generations: Generations,
        segmenter: Segmenter,
        *,
        url: str,
    ) -> None:
        self._client = client
        self._generations = generations
        self._segmenter = segmenter
        self._url = url

    def write(self, role: Role, documents: Iterable[SearchDocument]) -> None:
        """Add or replace by id; of several with one id the last counts.

        A document that was captured in another month before leaves the index of that month.
        """
        rows = {one.id: one for one in documents}
        places = self._months(role, list(rows))
        moved = {
            id_: place for id_, place in places.items() if place != month_of(rows[id_].captured_at)
        }
        self._bulk(role, self._removals(role, moved))
        self._put(role, rows.values(), operation="index")

    def write_missing(self, role: Role, documents: Sequence[SearchDocument]) -> None:
        """Add those whose ids are not there; what is there is newer than they are."""
        known = self._months(role, [one.id for one in documents])
        self._put(role, [one for one in documents if one.id not in known], operation="create")

    def remove(self, role: Role, ids: Sequence[str]) -> None:
        """Remove by id."""
        self._bulk(role, self._removals(role, self._months(role, ids)))

    def _put(self, role: Role, rows: Iterable[SearchDocument], *, operation: str) -> None:
        rows = list(rows)
        self._generations.ensure_months(role, {month_of(one.captured_at) for one in rows})
        actions = (
            {
                "_op_type": operation,
                "_index": self._generations.writing(role, month_of(one.captured_at)),
                "_id": one.id,
                "_source": row(self._segmenter, one),
            }
            for one in rows
        )
        self._bulk(role, actions)

    def _months(self, role: Role, ids: Sequence[str]) -> dict[str, str]:
        """In which months the documents with these ids are found."""
        places: dict[str, str] = {}
        for batch in batches(ids, _LOOK_UP):
            answer = self._client.search(
                index=self._generations.writing(role, "*"),
                query={"ids": {"values": batch}},
                size=len(batch),
                source=False,
            )
            found = answer["hits"]["hits"]
            places |= {hit["_id"]: self._generations.month_of(hit["_index"]) for hit in found}
        return places

    def _removals(self, role: Role, places: Mapping[str, str]) -> Iterator[Json]:
        for id_, place in places.items():
            index = self._generations.writing(role, place)
            yield {"_op_type": "delete", "_index": index, "_id": id_}

    def _bulk(self, role: Role, actions: Iterable[Json]) -> None:
        """In bounded chunks, slower while the server has too much to do; returns when a search
        sees them."""
        wrote = False
        for done, item in streaming_bulk(
            self._client,
            actions,
            chunk_size=_CHUNK,
            max_chunk_bytes=_CHUNK_BYTES,
            raise_on_error=False,
            max_retries=_RETRIES,
            initial_backoff=_FIRST_PAUSE,
            max_backoff=_LONGEST_PAUSE,
            require_alias=True,
        ):
            wrote = True
            if not done:
                self._check(item)
        if wrote:
            self._client.indices.refresh(index=self._generations.writing(role, "*"))

    def _check(self, item: Mapping[str, Mapping[str, Any]]) -> None:
        ((operation, answer),) = item.items()
        status = answer["status"]
        if (operation, status) in (("delete", NOT_FOUND), ("create", CONFLICT)):
            return  # gone already, or written meanwhile by someone who read it later
        raise item_refused(answer["_id"], status, str(answer.get("error", "")), self._url)
