"""What every search backend must do, alike: order, pages, facets, histograms, scans."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from domain.errors import PermanentError
from domain.ports import SearchIndex
from domain.queries import (
    Everything,
    Histogram,
    Interval,
    SearchDocument,
    Sort,
    Text,
)
from tests.contract.indexes import HOUR, NOON, ask, crowd, document, found


@pytest.mark.parametrize("sort", list(Sort))
def test_pages_join_to_the_whole_without_gap_or_repeat(index: SearchIndex, sort: Sort) -> None:
    documents = crowd(53)
    index.add(documents)
    pages, after = [], None
    while True:
        result = ask(index, Text(words="治疗"), sort=sort, limit=7, after=after)
        assert result.total == len(documents)
        pages.append([hit.id for hit in result.hits])
        after = result.after
        if after is None:
            break
    seen = [id_ for page in pages for id_ in page]
    assert sorted(seen) == [one.id for one in documents]
    assert seen == found(index, Text(words="治疗"), sort=sort, limit=100)


@pytest.mark.parametrize(
    ("sort", "key"),
    [
        (Sort.NEWEST, lambda one: -one.captured_at.timestamp()),
        (Sort.OLDEST, lambda one: one.captured_at.timestamp()),
        (Sort.SCORE, lambda one: -one.score),
    ],
)
def test_sorted_by(index: SearchIndex, sort: Sort, key: Callable[[SearchDocument], float]) -> None:
    documents = {one.id: one for one in crowd(30)}
    index.add(documents.values())
    keys = [key(documents[id_]) for id_ in found(index, Everything(), sort=sort, limit=50)]
    assert keys == sorted(keys)
    assert len(keys) == 30


def test_more_of_the_word_is_more_relevant(index: SearchIndex) -> None:
    index.add([document("once", "糖尿病" + "其他内容" * 30), document("often", "糖尿病" * 5)])
    assert found(index, Text(words="糖尿病")) == ["often", "once"]


def test_a_page_stays_in_place_when_newer_documents_come(index: SearchIndex) -> None:
    index.add(crowd(20))
    first = ask(index, Everything(), sort=Sort.NEWEST, limit=5)
    index.add([document("newer", captured_at=NOON + timedelta(days=99))])
    rest = found(index, Everything(), sort=Sort.NEWEST, limit=50, after=first.after)
    assert len({hit.id for hit in first.hits} | set(rest)) == 20
    assert "newer" not in rest


@pytest.mark.parametrize("after", ["", "[]", "x", '["a", 1]', "[1, 2, 3]", '{"a": 1}', "[NaN, 1]"])
def test_a_forged_page_mark_is_refused(index: SearchIndex, after: str) -> None:
    if not after:
        assert ask(index, Everything(), after=after).total == 0
        return
    with pytest.raises(PermanentError, match="翻页"):
        ask(index, Everything(), after=after)


def test_facets_count_what_the_query_finds(index: SearchIndex) -> None:
    index.add(
        [
            document("1", "根治", site="b.test", types=("cure_rate", "disguised")),
            document("2", "根治", site="a.test", types=("cure_rate",)),
            document("3", "根治", site="b.test", subject="某医院"),
            document("4", "无关", site="c.test", types=("cure_rate",)),
        ]
    )
    result = ask(index, Text(words="根治"), facets=("site", "type", "subject"), limit=1)
    assert result.facets == (
        ("site", (("b.test", 2), ("a.test", 1))),
        ("type", (("cure_rate", 2), ("disguised", 1))),
        ("subject", (("某医院", 1),)),
    )


def test_an_unknown_facet_is_refused(index: SearchIndex) -> None:
    with pytest.raises(PermanentError):
        ask(index, Everything(), facets=("text",))


@pytest.mark.parametrize(
    ("interval", "expected"),
    [
        (Interval.DAY, [("2026-01-31", 1), ("2026-02-01", 2), ("2026-03-02", 1)]),
        (Interval.WEEK, [("2026-01-26", 3), ("2026-03-02", 1)]),
        (Interval.MONTH, [("2026-01-01", 1), ("2026-02-01", 2), ("2026-03-01", 1)]),
    ],
)
def test_histogram_counts_by_days_of_china(
    index: SearchIndex, interval: Interval, expected: list[tuple[str, int]]
) -> None:
    midnight = datetime(2026, 1, 31, 16, tzinfo=UTC)
    moments = (midnight - HOUR, midnight, midnight + HOUR, datetime(2026, 3, 2, tzinfo=UTC))
    index.add([document(f"{n}", "根治", captured_at=at) for n, at in enumerate(moments)])
    index.add([document("other", captured_at=NOON, published_at=NOON)])
    result = ask(index, Text(words="根治"), histogram=Histogram(interval=interval))
    assert [(day.isoformat(), count) for day, count in result.histogram] == expected
    published = ask(index, Everything(), histogram=Histogram(field="published_at"))
    assert [(day.isoformat(), n) for day, n in published.histogram] == [("2026-03-01", 1)]


def test_a_histogram_of_what_is_no_moment_is_refused(index: SearchIndex) -> None:
    with pytest.raises(PermanentError, match="时间字段"):
        ask(index, Everything(), histogram=Histogram(field="score"))


def test_a_question_about_given_documents(index: SearchIndex) -> None:
    index.add([document(id_, "根治") for id_ in "abc"] + [document("d", "别的")])
    assert found(index, Text(words="根治"), among=("b", "d", "unknown")) == ["b"]
    assert found(index, Everything(), among=()) == []


def test_a_scan_gives_every_id_once(index: SearchIndex) -> None:
    index.add([document(f"{n}", "根治" if n % 2 else "别的") for n in range(2300)])
    ids = list(index.scan(Text(words="根治")))
    assert sorted(ids, key=int) == [str(n) for n in range(1, 2300, 2)]


def test_a_scan_does_not_see_what_comes_later(index: SearchIndex) -> None:
    index.add([document(f"{n}") for n in range(1500)])
    ids = index.scan(Everything())
    first = next(ids)
    index.add([document("later")])
    index.delete(["1", "2"])
    assert {first, *ids} == {str(n) for n in range(1500)}
