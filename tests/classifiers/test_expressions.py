"""The pattern language: what it matches, what it refuses, and how much work it may make."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.expressions import (
    MAX_GAP_PRODUCT,
    ExpressionError,
    Lexicon,
    compile_expression,
)
from classifiers.scan import Piece, Scanner

LEXICON = Lexicon(
    words={"cure": ("治愈", "根治"), "sure": ("彻底", "保证"), "ill": ("癫痫", "湿疹")},
    shapes={"number": r"\d{1,4}"},
)


def _matches(source: str, text: str) -> list[str]:
    return [m.group() for m in compile_expression(source, LEXICON).regex.finditer(text)]


@pytest.mark.parametrize(
    ("source", "text", "found"),
    [
        ("{sure}~4{cure}", "保证一次根治", ["保证一次根治"]),
        ("{sure}~4{cure}", "保证,一次根治", []),
        ("{sure}~~4{cure}", "保证,一次根治", ["保证,一次根治"]),
        ("{sure}~~4{cure}", "保证。根治", []),
        ("{sure}~1{cure}", "保证一次根治", []),
        ("(三|二)?甲医院", "甲医院和三甲医院", ["甲医院", "三甲医院"]),
        ("三?甲医院", "甲医院和三甲医院", ["甲医院", "三甲医院"]),
        ("第一!(次|步)", "第一次,第一", ["第一"]),
        ("<!(不能|无法){cure}", "不能治愈,无法根治,治愈", ["治愈"]),
        ("{number}天{cure}", "7天治愈", ["7天治愈"]),
        ("ABC?", "ab abc", ["ab", "abc"]),
        ("吗？", "好吗?", ["吗?"]),
    ],
)
def test_what_an_expression_matches(source: str, text: str, found: list[str]) -> None:
    assert _matches(source, text) == found


@pytest.mark.parametrize(
    "source",
    [
        "{none}",
        "{number}",
        "(甲|)",
        "(甲",
        "甲)",
        "{cure",
        "~5",
        "甲~",
        "甲~99乙",
        "甲~39乙~39丙~39丁",
        "<!({cure}~3甲)乙",
        "?甲",
        "",
    ],
)
def test_what_cannot_be_read_is_refused(source: str) -> None:
    with pytest.raises(ExpressionError):
        compile_expression(source, LEXICON)


def test_requirements_name_what_must_be_present() -> None:
    expression = compile_expression("{sure}~4({cure}|治好)了?", LEXICON)
    assert expression.requires == (frozenset({"{sure}"}), frozenset({"{cure}", "治好"}))


@given(st.text(alphabet="彻底保证治愈根癫痫湿疹甲乙,。", max_size=60))
def test_the_scan_finds_what_the_expressions_find(text: str) -> None:
    expressions = [
        compile_expression(source, LEXICON)
        for source in ("{sure}~4{cure}", "{ill}~3{cure}", "甲~2乙", "(甲|{ill}){cure}")
    ]
    scanner = Scanner(expressions, LEXICON)
    (hits,) = scanner.scan(text, [Piece(start=0, end=len(text))])
    expected = sorted(
        (match.start(), match.end(), number)
        for number, expression in enumerate(expressions)
        for match in expression.regex.finditer(text)
    )
    assert [(hit.start, hit.end, hit.expression) for hit in hits] == expected


def test_only_sentences_that_hold_the_words_are_evaluated() -> None:
    scanner = Scanner([compile_expression("{sure}~4{cure}", LEXICON)], LEXICON)
    text = "保证质量。" * 500 + "治愈了。" * 500 + "彻底治愈。"
    pieces = [Piece(start=i, end=text.index("。", i) + 1) for i in _starts(text)]
    found = scanner.scan(text, pieces)
    assert [len(hits) for hits in found[-2:]] == [0, 1]
    assert scanner.evaluations == 1


def test_a_gap_cannot_be_made_to_explode() -> None:
    source = "{sure}~11{cure}~11{ill}~12"
    with pytest.raises(ExpressionError, match=str(MAX_GAP_PRODUCT)):
        compile_expression(source + "{cure}~39{cure}", LEXICON)
    bounded = compile_expression("{sure}~11{cure}~11{ill}", LEXICON)
    assert not bounded.regex.search("保证" * 3000 + "根治" * 3000)


def _starts(text: str) -> list[int]:
    return [0] + [i + 1 for i, c in enumerate(text[:-1]) if c == "。"]
