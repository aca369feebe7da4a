"""The query language: what expressions mean, and how mistakes are explained."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import QuerySyntaxError
from domain.queries import And, Between, Equals, Everything, Near, Not, Or, Query, Text
from indexer.language import parse, pretty

A, B, C = Text(words="根治"), Text(words="治愈"), Text(words="无效退款")


@pytest.mark.parametrize(
    ("expression", "query"),
    [
        ("根治", A),
        ("  根治\u3000", A),
        ("根治 治愈", And(parts=(A, B))),
        ("根治 AND 治愈 且 无效退款", And(parts=(A, B, C))),
        ("根治 OR 治愈 或 无效退款", Or(parts=(A, B, C))),
        ("根治 或 治愈 无效退款", Or(parts=(A, And(parts=(B, C))))),
        ("(根治 或 治愈) 无效退款", And(parts=(Or(parts=(A, B)), C))),
        ("（根治 或 治愈）且 无效退款", And(parts=(Or(parts=(A, B)), C))),
        ("根治 -治愈", And(parts=(A, Not(part=B)))),
        ("NOT 根治", Not(part=A)),
        ("非 (根治 治愈)", Not(part=And(parts=(A, B)))),
        ('"无效 退款"', Text(words="无效 退款")),
        ("“无效 退款”", Text(words="无效 退款")),
        ("「无效 退款」", Text(words="无效 退款")),
        (r'"a \"b\" \\"', Text(words='a "b" \\')),
        ('"或" 且 "非"', And(parts=(Text(words="或"), Text(words="非")))),
        ("a-b 3-5", And(parts=(Text(words="a-b"), Text(words="3-5")))),
        ("根治 近/5 治愈", Near(left="根治", right="治愈", distance=5)),
        ('根治 NEAR/0 "治愈"', Near(left="根治", right="治愈", distance=0)),
        ("站点:a.test", Equals(field="site", value="a.test")),
        ("SITE：a.test", Equals(field="site", value="a.test")),
        ("类型:cure_rate", Equals(field="type", value="cure_rate")),
        ("判定:线索", Equals(field="verdict", value="CLUE")),
        ("verdict:clue", Equals(field="verdict", value="CLUE")),
        ("地区:320700", Equals(field="region", value="320700")),
        ("主体:“某 医院”", Equals(field="subject", value="某 医院")),
        ("编号:沪ICP备12345678号", Equals(field="identifier", value="沪ICP备12345678号")),
        ("来源: 或", Equals(field="source", value="或")),
        (
            "captured_at:2026-01-01..2026-02-01",
            Between(field="captured_at", low="2026-01-01", high="2026-02-01"),
        ),
        ("时间:2026-01-01..", Between(field="captured_at", low="2026-01-01")),
        ("时间:..2026-01-01", Between(field="captured_at", high="2026-01-01")),
        ("发布时间:2026-01-01", Between(field="published_at", low="2026-01-01", high="2026-01-01")),
        (
            "时间:2026-01-01T08:00:00+08:00..",
            Between(field="captured_at", low="2026-01-01T08:00:00+08:00"),
        ),
        ("分数:0.5..1", Between(field="score", low="0.5", high="1")),
        ("*", Everything()),
        (
            "* -判定:CLEAR",
            And(parts=(Everything(), Not(part=Equals(field="verdict", value="CLEAR")))),
        ),
    ],
)
def test_meaning(expression: str, query: Query) -> None:
    assert parse(expression) == query


@pytest.mark.parametrize(
    ("expression", "place", "message"),
    [
        ("", 1, "没有写完"),
        ("根治 且", 5, "没有写完"),
        ("(根治", 1, "左括号"),
        ("根治)", 3, "右括号"),
        ("()", 2, "缺少检索词"),
        ("或 根治", 1, "缺少检索词"),
        ("根治 且 或", 6, "缺少检索词"),
        ("“根治", 1, "引号"),
        ("根治」", 3, "引号"),
        ('""', 1, "没有可检索的字"),
        ("根治 。", 4, "没有可检索的字"),
        ("根治 电话:400", 4, "没有“电话”这个字段"),
        ("http://a.test", 1, "请加引号"),
        ("站点:", 4, "缺少值"),
        ("站点:(a)", 4, "缺少值"),
        ("时间:2026-02-30", 4, "不是日期"),
        ("分数:高", 4, "不是数字"),
        ("根治 NEAR 治愈", 4, "NEAR/5"),
        ("根 近/3 治愈", 3, "至少两个字"),
        ("根治 近/999 治愈", 4, "距离"),
        ("站点:a 近/3 治愈", 6, "短语"),
        ("(" * 60 + "根治", 42, "太深"),
        ("非 " * 60 + "根治", 83, "太深"),
        ("长" * 2001, 2001, "太长"),
        ('"' + "长" * 500 + '"', 1, "太长"),
    ],
)
def test_mistakes_are_named_with_their_place(expression: str, place: int, message: str) -> None:
    with pytest.raises(QuerySyntaxError, match=message) as raised:
        parse(expression)
    assert raised.value.at == f"第{place}个字符"


WORDS = st.text(st.sampled_from('根治愈ab1 "\\“”:：()（）-*或.#'), min_size=2, max_size=8).filter(
    lambda text: text == text.strip() and any(c.isalnum() for c in text)
)
PHRASES = st.sampled_from(["根治", "治愈", "或者", "NEAR"])
BETWEEN = st.builds(
    Between,
    field=st.sampled_from(["captured_at", "published_at"]),
    low=st.none() | st.dates().map(str),
    high=st.none() | st.datetimes().map(str),
) | st.builds(Between, field=st.just("score"), low=st.none() | st.just("0.5"), high=st.just("1"))
LEAVES: st.SearchStrategy[Query] = st.one_of(
    st.builds(Text, words=WORDS),
    st.builds(Near, left=PHRASES, right=PHRASES, distance=st.integers(0, 200)),
    st.builds(Equals, field=st.sampled_from(["site", "type", "subject"]), value=WORDS),
    BETWEEN,
    st.just(Everything()),
)


def _several(inner: st.SearchStrategy[Query]) -> st.SearchStrategy[tuple[Query, ...]]:
    return st.lists(inner, min_size=2, max_size=3).map(tuple)


TREES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(And, parts=_several(inner)),
        st.builds(Or, parts=_several(inner)),
        st.builds(Not, part=inner),
    ),
    max_leaves=8,
)


@given(TREES)
def test_a_printed_query_reads_back_the_same(query: Query) -> None:
    assert parse(pretty(query)) == query


@given(
    st.text(st.sampled_from('根治 a"“”:：()（）-*/5或且非近NEARANDOT\\.'), max_size=40) | st.text()
)
def test_anything_is_read_or_refused_with_a_place(expression: str) -> None:
    try:
        query = parse(expression)
    except QuerySyntaxError as error:
        assert error.at is not None
        assert 1 <= int(error.at[1:-3]) <= max(len(expression), 1) + 1
    else:
        assert parse(pretty(query)) == query
