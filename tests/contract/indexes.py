"""Documents for the tests of search backends, and how they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from attrs import evolve
from hypothesis import strategies as st

from domain.ports import SearchIndex
from domain.queries import (
    Query,
    SearchDocument,
    SearchRequest,
    SearchResult,
)

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
Make = Callable[[], SearchIndex]


def document(id_: str, text: str = "", **fields: Any) -> SearchDocument:
    plain = SearchDocument(
        id=id_,
        url=f"http://a.test/{id_}",
        title="",
        text=text,
        site="a.test",
        source="",
        kind="article",
        verdict="CLEAR",
        types=(),
        region="320000",
        offices=(),
        subject="",
        outcome="ok",
        identifiers=(),
        captured_at=NOON,
        published_at=None,
        score=0.0,
    )
    return evolve(plain, **fields)


def found(index: SearchIndex, query: Query, **options: Any) -> list[str]:
    return [hit.id for hit in ask(index, query, **options).hits]


def ask(index: SearchIndex, query: Query, **options: Any) -> SearchResult:
    return index.search(SearchRequest(query=query, **options))


TEXTS = st.text(st.sampled_from("根治愈復发医療 。，\naB1０-é😀"), max_size=24)


def crowd(count: int) -> list[SearchDocument]:
    return [
        document(
            f"d{n:03}",
            "治疗" * (n % 4 + 1),
            captured_at=NOON + timedelta(days=n % 5),
            score=(n % 3) / 4,
        )
        for n in range(count)
    ]
