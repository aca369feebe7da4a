"""Highlights are exact spans of the stored text."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.queries import And, Equals, Near, Not, Or, Query, Text
from indexer.highlight import highlights
from language.normalise import normalise


def marked(query: Query, text: str) -> list[str]:
    return [text[start:end] for start, end in highlights(query, text)]


@pytest.mark.parametrize(
    ("query", "text", "expected"),
    [
        (Text(words="根治"), "承诺根治，必能根治。", ["根治", "根治"]),
        (Text(words="复发"), "永不復發", ["復發"]),
        (Text(words="abc医"), "ＡＢ\u200bＣ醫院", ["ＡＢ\u200bＣ醫"]),
        (Text(words="哈哈"), "哈哈哈", ["哈哈哈"]),
        (Text(words="mg"), "每日5㎎", ["㎎"]),
        (Text(words="药"), "药", ["药"]),
        (Text(words=""), "药", []),
        (Or(parts=(Text(words="根治"), Text(words="治愈"))), "根治愈", ["根治愈"]),
        (And(parts=(Text(words="甲乙"), Not(part=Text(words="丙丁")))), "甲乙丙丁", ["甲乙"]),
        (Equals(field="site", value="a.test"), "a.test", []),
        (Near(left="甲甲", right="乙乙", distance=1), "甲甲一乙乙二三甲甲", ["甲甲", "乙乙"]),
        (Near(left="乙乙", right="甲甲", distance=0), "甲甲乙乙", ["甲甲乙乙"]),
    ],
)
def test_marked(query: Query, text: str, expected: list[str]) -> None:
    assert marked(query, text) == expected


ALPHABET = st.sampled_from("根治愈復发ＡaB\u200b \n㎎…")


@given(st.text(ALPHABET, max_size=40), st.text(ALPHABET, min_size=1, max_size=3))
def test_every_occurrence_is_covered_and_nothing_else(text: str, sought: str) -> None:
    whole, needle = normalise(text), normalise(sought).text
    covered: set[int] = set()
    for place in range(len(whole.text)):
        if needle and whole.text.startswith(needle, place):
            covered.update(range(*whole.raw_span(place, place + len(needle))))
    spans = highlights(Text(words=sought), text)
    assert {place for start, end in spans for place in range(start, end)} == covered
    assert all(one[1] < other[0] for one, other in pairwise(spans))


def test_a_text_of_repeats_takes_no_quadratic_time() -> None:
    query = Near(left="哈哈", right="嘻嘻", distance=3)
    assert highlights(query, "哈" * 100_000 + "。" * 9 + "嘻" * 100_000) == ()
