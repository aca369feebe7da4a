"""What every search backend must do, alike: tests run once for each of them.

The oracle reads the documents themselves: what a query means is written here a second time, over
plain strings.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import httpx
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
    Histogram,
    Interval,
    Near,
    Not,
    Or,
    Query,
    SearchDocument,
    SearchRequest,
    SearchResult,
    Sort,
    Text,
)
from indexer.backends.elasticsearch import ElasticsearchIndex
from indexer.backends.embedded import EmbeddedIndex
from language.normalise import compact, normalise
from language.tokens import segmenter, words

NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)
HOUR = timedelta(hours=1)
Make = Callable[[], SearchIndex]


@pytest.fixture(
    scope="module",
    params=["embedded", pytest.param("elasticsearch", marks=pytest.mark.elasticsearch)],
)
def opened(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Make]:
    """Opens the same index once more, as another process would."""
    if request.param == "embedded":
        folder = tmp_path_factory.mktemp("index")
        yield lambda: EmbeddedIndex(folder, segmenter())
        return
    url, prefix = request.getfixturevalue("elasticsearch_url"), f"test-{secrets.token_hex(6)}"
    yield lambda: ElasticsearchIndex(url, prefix=prefix, segmenter=segmenter())
    _drop(url, prefix)


def _drop(url: str, prefix: str) -> None:
    there = httpx.get(f"{url}/_alias/{prefix}-*", trust_env=False).json()
    for name in there:
        assert httpx.delete(f"{url}/{name}", trust_env=False).status_code == httpx.codes.OK


@pytest.fixture(scope="module")
def shared(opened: Make) -> SearchIndex:
    """One index for all tests that mark their documents with a source of their own."""
    index = opened()
    index.ensure()
    return index


@pytest.fixture
def index(shared: SearchIndex) -> SearchIndex:
    """An empty index."""
    shared.delete(list(shared.scan(Everything())))
    return shared


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


# Substrings


@pytest.mark.parametrize(
    ("text", "sought"),
    [
        ("本院承诺根治顽疾", "根治"),
        ("本院承诺根治顽疾", "诺根"),
        ("本院承诺根治顽疾", "本院承诺根治顽疾"),
        ("本院承诺根治顽疾", "根治頑疾"),
        ("包治百病，無效退款", "无效退款"),
        ("ＡＢＣ医疗 Abc-123", "abc"),
        ("ＡＢＣ医疗 Abc-123", "C医"),
        ("ＡＢＣ医疗 Abc-123", "c-1"),
        ("电话４００－０００－０１２３", "00-0123"),
        ("一行\n二行", "行\n二"),
        ("词 语", "词 语"),
        ("末尾两字", "两字"),
        ("𠮷野家", "𠮷野"),
        ("*?~:(\\", "?~"),
        ("100%有效", "0%有"),
        ("根.治 糖★尿★病", "根治"),
        ("根.治 糖★尿★病", "根治糖尿病"),
        ("根.治 糖★尿★病", "根.治"),
        ("永\u200b不 復 发", "永不复发"),
    ],
)
def test_substring_is_found(index: SearchIndex, text: str, sought: str) -> None:
    index.add([document("yes", text), document("no", "毫不相干的文字")])
    assert found(index, Text(words=sought)) == ["yes"]


@pytest.mark.parametrize("sought", ["根 治", "治根", "根治愈", "顽 疾", "", " ", "\u200b", "。。"])
def test_what_is_not_there_is_not_found(index: SearchIndex, sought: str) -> None:
    index.add([document("a", "本院承诺根治顽疾。"), document("b", "根本治疗")])
    assert found(index, Text(words=sought)) == []


def test_one_character_is_a_word(index: SearchIndex) -> None:
    index.add([document("word", "吃 药 了"), document("part", "药物过敏")])
    assert found(index, Text(words="药")) == ["word"]


def test_a_title_is_found_and_raises_a_hit(index: SearchIndex) -> None:
    index.add(
        [
            document("plain", "糖尿病的饮食"),
            document("titled", "糖尿病的饮食", title="糖尿病"),
            document("only", "别的内容", title="糖尿病"),
        ]
    )
    first, *others = found(index, Text(words="糖尿病"))
    assert (first, set(others)) == ("titled", {"only", "plain"})
    near = Near(left="糖尿", right="尿病", distance=0)
    assert set(found(index, near)) == {"titled", "plain"}


@pytest.mark.parametrize("sought", ["根治", "根.治", "治顽", "药"])
def test_a_title_is_found_like_a_text(index: SearchIndex, sought: str) -> None:
    index.add([document("yes", title="根.治 頑疾 药"), document("no", title="别的")])
    assert found(index, Text(words=sought)) == ["yes"]


TEXTS = st.text(st.sampled_from("根治愈復发医療 。，\naB1０-é😀"), max_size=24)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(corpus=st.lists(TEXTS, min_size=1, max_size=6), data=st.data())
def test_same_as_a_plain_scan(shared: SearchIndex, corpus: list[str], data: st.DataObject) -> None:
    tag = secrets.token_hex(8)
    documents = [document(f"{tag}-{n}", text, source=tag) for n, text in enumerate(corpus)]
    shared.add(documents)
    whole = normalise(data.draw(st.sampled_from(corpus))).text
    for _ in range(3):
        start = data.draw(st.integers(0, len(whole)))
        sought = whole[start : start + data.draw(st.integers(2, 8))]
        expect(shared, documents, Text(words=sought), tag)


def expect(shared: SearchIndex, documents: list[SearchDocument], query: Query, tag: str) -> None:
    result = ask(shared, And(parts=(Equals(field="source", value=tag), query)), limit=50)
    wanted = {one.id for one in documents if holds(query, one)}
    assert {hit.id for hit in result.hits} == wanted
    assert result.total == len(wanted)


# Query trees against the oracle


def holds(query: Query, one: SearchDocument) -> bool:
    """What a query means."""
    match query:
        case And(parts=parts):
            return all(holds(part, one) for part in parts)
        case Or(parts=parts):
            return any(holds(part, one) for part in parts)
        case Not(part=part):
            return not holds(part, one)
        case Everything():
            return True
        case _:
            return _matches(query, one)


def _matches(query: Text | Near | Equals | Between, one: SearchDocument) -> bool:
    match query:
        case Text(words=sought):
            return _contains(one.text, sought) or _contains(one.title, sought)
        case Near():
            return any(_near(query, view) for view in _views(one.text))
        case Equals(field=field, value=value):
            return value in _values(one, field)
        case Between():
            return _between(query, one)


def _views(text: str) -> tuple[str, str]:
    return normalise(text).text, compact(text).text


def _contains(text: str, sought: str) -> bool:
    needle = normalise(sought).text
    if len(needle) == 1:
        return needle in words(segmenter(), text)
    return bool(needle) and any(needle in view for view in _views(text))


def _near(near: Near, text: str) -> bool:
    left, right = normalise(near.left).text, normalise(near.right).text
    return any(
        max(there - (here + len(left)), here - (there + len(right))) <= near.distance
        for here in range(len(text))
        if text.startswith(left, here)
        for there in range(len(text))
        if text.startswith(right, there)
    )


def _values(one: SearchDocument, field: str) -> tuple[str, ...]:
    many = {"type": one.types, "identifier": one.identifiers, "office": one.offices}
    return many[field] if field in many else (getattr(one, field),)


def _between(between: Between, one: SearchDocument) -> bool:
    value = getattr(one, between.field)
    if value is None:
        return False
    if between.field == "score":
        return (between.low is None or value >= float(between.low)) and (
            between.high is None or value <= float(between.high)
        )
    day: str = value.astimezone(timezone(timedelta(hours=8))).date().isoformat()
    return (between.low or "") <= day <= (between.high or "9999")


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


# Order, pages, facets


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


# Writing


def test_replacing_deleting_and_clearing(index: SearchIndex) -> None:
    index.add([document("a", "旧的内容"), document("b", "根治"), document("a", "新的内容")])
    assert index.count() == 2
    assert found(index, Text(words="旧的")) == []
    assert found(index, Text(words="新的")) == ["a"]
    index.add([document("a", "更新内容")])
    index.delete(["b", "unknown"])
    assert (index.count(), found(index, Everything())) == (1, ["a"])
    index.rebuild([])
    assert (index.count(), found(index, Everything())) == (0, [])
    index.add([document("c", "根治")])
    assert found(index, Text(words="根治")) == ["c"]


def test_readers_see_what_a_writer_added(index: SearchIndex, opened: Make) -> None:
    reader = opened()
    assert reader.count() == 0
    index.add([document("a", "根治")])
    assert found(reader, Text(words="根治")) == ["a"]
    opened().add([document("b", "根治")])
    assert sorted(found(index, Text(words="根治"))) == ["a", "b"]


def test_creating_again_keeps_everything(index: SearchIndex, opened: Make) -> None:
    index.add([document("a", "根治")])
    opened().ensure()
    assert opened().count() == 1


def test_odd_text_can_be_stored(index: SearchIndex) -> None:
    odd = "".join(map(chr, (0, 1, 0xFDD0, 0xFFFF, 0xD800, 0x1F468, 0x200D))) + "词" * 5000
    index.add([document("odd", odd), document("empty", ""), document("long", "x" * 40_000)])
    assert found(index, Text(words="👨词")) == ["odd"]
    assert index.count() == 3


def test_a_document_that_moves_to_another_month_is_there_once(index: SearchIndex) -> None:
    index.add([document("a", "根治")])
    index.add([document("a", "根治", captured_at=NOON + timedelta(days=40))])
    assert index.count() == 1
    assert found(index, Equals(field="month", value="2026-04")) == ["a"]
    index.delete(["a"])
    assert index.count() == 0


def test_months_age_out(index: SearchIndex) -> None:
    index.add([document("old", captured_at=NOON - timedelta(days=40)), document("new")])
    index.drop_before("2026-03")
    assert found(index, Everything()) == ["new"]
    index.drop_before("2026-03")
    with pytest.raises(PermanentError, match="月份"):
        index.drop_before("三月")
    assert index.count() == 1


# Rebuilding


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


def test_nothing_to_do_is_fine(index: SearchIndex) -> None:
    index.add([])
    index.delete([])
    assert index.count() == 0


# Failing readably (each backend's own)


def test_a_broken_folder_says_what_to_do(tmp_path: Path) -> None:
    EmbeddedIndex(tmp_path, segmenter()).ensure()
    next(tmp_path.glob("*/meta.json")).write_text("{")
    with pytest.raises(PermanentError, match="index rebuild"):
        EmbeddedIndex(tmp_path, segmenter()).count()
