"""Sources as rows of a spreadsheet: what goes out comes in, and what is wrong is told by row."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.source_sheet import COLUMNS, read, row_of
from domain.errors import PermanentError
from domain.sources import RiskTier, Source, SourceKind, VisitHours

HEADS = list(COLUMNS.values())
NAME = st.from_regex(r"[a-z0-9][a-z0-9-]{0,20}", fullmatch=True)
WORDS = st.text("青禾医院（）Aa1 ", min_size=1, max_size=20).map(str.strip).filter(bool)


@st.composite
def sources(draw: st.DrawFn) -> Source:
    host = f"{draw(NAME)}.test"
    opens, closes = draw(
        st.tuples(st.integers(0, 23), st.integers(0, 24)).filter(lambda two: two[0] != two[1])
    )
    return Source(
        id=draw(NAME),
        kind=draw(st.sampled_from(SourceKind)),
        title=draw(WORDS),
        operator=draw(st.none() | WORDS),
        region=draw(st.from_regex(r"[1-9][0-9]{5}", fullmatch=True)),
        start_urls=(f"http://{host}/",),
        hosts=(host,),
        risk=draw(st.sampled_from(RiskTier)),
        delay=draw(st.sampled_from([0.5, 2.0, 30.0])),
        daily_cap=draw(st.integers(1, 100_000)),
        hours=draw(st.sampled_from([None, VisitHours(opens=opens, closes=closes)])),
        expected_pages=draw(st.integers(0, 1000)),
    )


@given(st.lists(sources(), max_size=5, unique_by=lambda source: source.id))
def test_what_goes_out_comes_in(wanted: list[Source]) -> None:
    found = list(read([HEADS, *map(row_of, wanted)]))
    assert [row.source for row in found] == wanted
    assert [row.row for row in found] == list(range(2, len(wanted) + 2))


GOOD = {
    "编号": "qinghe",
    "性质": "医院网站",
    "名称": "青禾医院",
    "区划": "350102",
    "起始网址": "http://qinghe.test/",
}


@pytest.mark.parametrize(
    ("heading", "value", "words"),
    [
        ("编号", "青禾", "编号：格式不符"),
        ("编号", "", "编号：缺少"),
        ("性质", "诊所", "性质：不在可选的值之中"),
        ("区划", "3501", "区划：格式不符"),
        ("起始网址", "ftp://qinghe.test/", "起始网址：不是网址：ftp://qinghe.test/"),
    ],
)
def test_a_wrong_row_is_told_and_the_others_are_read(heading: str, value: str, words: str) -> None:
    rows = [list(GOOD), list({**GOOD, heading: value}.values()), [], list(GOOD.values())]
    wrong, right = read(rows)
    assert (wrong.row, wrong.source, wrong.error) == (2, None, words)
    assert right.row == 4
    assert right.source is not None


def test_the_same_number_twice_is_told() -> None:
    first, second = read([list(GOOD), *[list(GOOD.values())] * 2])
    assert first.source
    assert second.error == "编号与第 2 行相同"


@pytest.mark.parametrize("rows", [[], [["名称"]], [list(GOOD.values())]])
def test_a_sheet_without_its_head_is_refused(rows: list[list[str]]) -> None:
    with pytest.raises(PermanentError, match="表头"):
        list(read(rows))
