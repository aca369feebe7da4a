"""What every search backend must do, alike: query trees against an oracle, fields, days."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import PermanentError
from domain.ports import SearchIndex
from domain.queries import (
    And,
    Between,
    Equals,
    Everything,
    Near,
    Not,
    Or,
    Query,
    SearchDocument,
    Text,
)
from tests.contract.indexes import HOUR, NOON, TEXTS, ask, document, found
from tests.contract.oracle import expect

DAYS = st.sampled_from(["2026-02-27", "2026-02-28", "2026-03-01", "2026-03-02"])
SCORES = st.sampled_from(["0", "0.25", "0.5", "1"])
PARTS = st.sampled_from(["根治", "治愈", "复发", "发医", "ab", "b1", "治愈复", "。，", "根治愈"])
LEAVES: st.SearchStrategy[Query] = st.one_of(
    st.builds(Text, words=PARTS | TEXTS),
    st.builds(Near, left=PARTS, right=PARTS, distance=st.integers(0, 6)),
    st.builds(Equals, field=st.just("verdict"), value=st.sampled_from(["CLEAR", "CLUE", "clue"])),
    st.builds(Equals, field=st.just("type"), value=st.sampled_from(["cure_rate", "disguised"])),
    st.builds(
        Between,
        field=st.sampled_from(["captured_at", "published_at"]),
        low=st.none() | DAYS,
        high=st.none() | DAYS,
    ),
    st.builds(Between, field=st.just("score"), low=st.none() | SCORES, high=st.none() | SCORES),
    st.just(Everything()),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(And, parts=st.lists(inner, max_size=3).map(tuple)),
        st.builds(Or, parts=st.lists(inner, max_size=3).map(tuple)),
        st.builds(Not, part=inner),
    ),
    max_leaves=6,
)
MOMENTS = st.integers(-60, 60).map(lambda hours: NOON + timedelta(hours=hours))
DOCUMENTS = st.builds(
    document,
    st.uuids(version=4).map(str),
    st.lists(PARTS | TEXTS, max_size=4).map("".join),
    title=PARTS | TEXTS,
    verdict=st.sampled_from(["CLEAR", "CLUE"]),
    types=st.sets(st.sampled_from(["cure_rate", "disguised"])).map(tuple),
    captured_at=MOMENTS,
    published_at=st.none() | MOMENTS,
    score=st.sampled_from([0.0, 0.25, 0.5, 1.0]),
)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    corpus=st.lists(DOCUMENTS, min_size=1, max_size=5, unique_by=lambda one: one.id),
    queries=st.lists(TREES, min_size=1, max_size=6),
)
def test_trees_mean_what_the_oracle_says(
    shared: SearchIndex, corpus: list[SearchDocument], queries: list[Query]
) -> None:
    tag = secrets.token_hex(8)
    tagged = [evolve(one, id=f"{tag}-{n}", source=tag) for n, one in enumerate(corpus)]
    shared.add(tagged)
    for query in queries:
        expect(shared, tagged, query, tag)


@pytest.mark.parametrize("distance", [-1, 201])
def test_distance_out_of_reach_is_refused(index: SearchIndex, distance: int) -> None:
    with pytest.raises(PermanentError, match="距离"):
        ask(index, Near(left="根治", right="治愈", distance=distance))


@pytest.mark.parametrize(
    "query",
    [
        Equals(field="text", value="a"),
        Between(field="site", low="a"),
        Between(field="captured_at", low="昨天"),
        Between(field="score", low="nan"),
        Near(left="根", right="治愈", distance=3),
        Text(words="长" * 500),
    ],
)
def test_what_cannot_be_asked_is_refused(index: SearchIndex, query: Query) -> None:
    with pytest.raises(PermanentError):
        ask(index, query)


@pytest.mark.parametrize(
    "field",
    ["site", "source", "kind", "verdict", "type", "region", "office", "subject", "outcome"],
)
def test_every_keyword_field_matches_exactly(index: SearchIndex, field: str) -> None:
    many = {"type": "types", "office": "offices"}
    values: dict[str, Any] = {many.get(field, field): ("某 值",) if field in many else "某 值"}
    index.add([document("yes", **values), document("no")])
    assert found(index, Equals(field=field, value="某 值")) == ["yes"]
    assert found(index, Equals(field=field, value="某")) == []


def test_any_of_several_identifiers_matches(index: SearchIndex) -> None:
    index.add([document("yes", identifiers=("4000000123", "沪ICP备12345678号")), document("no")])
    assert found(index, Equals(field="identifier", value="沪ICP备12345678号")) == ["yes"]


def test_a_region_takes_in_those_below_it(index: SearchIndex) -> None:
    index.add([document("yes", region="320506"), document("no", region="310104")])
    for region in ("320506", "320500", "320000"):
        assert found(index, Equals(field="region", value=region)) == ["yes"]


def test_the_month_is_that_of_china(index: SearchIndex) -> None:
    last = datetime(2026, 2, 28, 15, 59, tzinfo=UTC)
    index.add([document("2", captured_at=last), document("3", captured_at=last + HOUR)])
    assert found(index, Equals(field="month", value="2026-02")) == ["2"]
    assert found(index, Equals(field="month", value="2026-03")) == ["3"]


def test_a_day_is_a_day_in_china(index: SearchIndex) -> None:
    late = datetime(2026, 3, 1, 15, 59, 59, 999000, tzinfo=UTC)
    index.add(
        [document("late", captured_at=late), document("next", captured_at=late + timedelta(1e-6))]
    )
    assert found(index, Between(field="captured_at", low="2026-03-01", high="2026-03-01")) == [
        "late"
    ]
    exact = Between(field="captured_at", low="2026-03-01T15:59:59.999+00:00", high=None)
    assert len(found(index, exact)) == 2
