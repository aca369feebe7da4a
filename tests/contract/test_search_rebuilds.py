"""What every search backend must do, alike: a rebuild is whole or nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from attrs import evolve

from domain.errors import PermanentError
from domain.ports import SearchIndex
from domain.queries import (
    Everything,
    Histogram,
    Near,
    SearchDocument,
    SearchRequest,
    Sort,
    Text,
)
from tests.contract.indexes import NOON, Make, crowd, document, found


def test_the_old_answers_until_the_new_is_complete(index: SearchIndex, opened: Make) -> None:
    reader = opened()
    index.add([document("old", "根治"), document("both", "根治")])
    seen = []

    def documents() -> Iterator[SearchDocument]:
        yield document("both", "根治")
        yield from (document(f"{n}", "别的") for n in range(3000))
        seen.extend(sorted(found(reader, Text(words="根治"))))
        yield document("new", "根治")

    index.rebuild(documents())
    assert seen == ["both", "old"]
    assert sorted(found(reader, Text(words="根治"))) == ["both", "new"]
    assert reader.count() == 3002


def test_what_is_written_during_a_rebuild_is_not_lost(index: SearchIndex, opened: Make) -> None:
    index.add([document("a", "旧的内容"), document("gone", "旧的内容")])

    def documents() -> Iterator[SearchDocument]:
        writer = opened()
        writer.add([document("a", "新的内容"), document("b", "新的内容")])
        yield from (document(f"{n}", "别的") for n in range(5500))
        writer.add([document("c", "新的内容")])
        writer.delete(["7"])
        yield document("a", "旧的内容")

    index.rebuild(documents())
    assert sorted(found(index, Text(words="新的"))) == ["a", "b", "c"]
    assert found(index, Text(words="旧的")) == []
    assert index.count() == 5502


def test_a_rebuild_that_fails_changes_nothing(index: SearchIndex) -> None:
    index.add([document("a", "根治")])

    def documents() -> Iterator[SearchDocument]:
        yield from (document(f"{n}") for n in range(2500))
        raise PermanentError("the store is gone")

    with pytest.raises(PermanentError, match="the store is gone"):
        index.rebuild(documents())
    assert found(index, Everything()) == ["a"]
    index.rebuild([document("b")])
    assert found(index, Everything()) == ["b"]


def test_a_rebuilt_index_gives_the_same_answers(index: SearchIndex) -> None:
    documents = [evolve(one, published_at=NOON) for one in crowd(60)]
    index.add(reversed(documents))
    requests = [
        SearchRequest(
            query=query, sort=sort, facets=("month", "site"), histogram=Histogram(), limit=20
        )
        for query in (Everything(), Text(words="治疗"), Near(left="治疗", right="疗治", distance=2))
        for sort in Sort
    ]
    before = [index.search(request) for request in requests]
    index.rebuild(documents)
    assert [index.search(request) for request in requests] == before
