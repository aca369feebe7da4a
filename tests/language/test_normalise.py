"""The normaliser: one form, and exact ways back."""

import unicodedata
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.characters import CLUSTER, CODE_POINTS, table
from language.normalise import Normalised, compact, normalise

# Han of both scripts, widths, marks, Hangul and kana that compose, invisible characters, blanks,
# ligatures, emoji: what meets in real and in disguised text, dense enough to collide.
TRICKY = (
    "根治複發臺灣醫療廣告乾著裏〇㐀𠮷豈\U0002f800一ABcＺＡ１２①㎎½…ﬁ㍿ⅣßİſΣςÅ"
    " \t\n\r\u3000\u2028\x85\x1f\x00\u200b\u200d\ufeff\u00ad\ufe0f\u202e"
    "e\u0301\u0336\u0307\u20dd\u0345\u05b0\u064bカｶﾞﾞ゛か゚\u1100\u1161\u11a8가각\uac01ㄱㅏㄳ薴"
    "。，、！？.·*~-_👨⚕💉➕\u09c7\u09be\ufc5e\ufdfa¨\ud800"
)
texts = st.text(st.sampled_from(TRICKY) | st.characters(), max_size=60)


@pytest.fixture(scope="module", autouse=True)
def _table_is_made() -> None:
    """It is made on first use, not while hypothesis takes the time."""
    table()


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("Ｈｉ　ＷＯＲＬＤ", "hi world"),
        ("醫療廣告與複診", "医疗广告与复诊"),
        ("根\u200b治\ufe0f\u00ad了", "根治了"),
        ("治\u0336愈\u0336", "治愈"),
        ("e\u0301te\u0301", "été"),
        ("ｶﾞﾝ", "ガン"),
        ("①③⑧㎎…", "138mg..."),
        ("一 \t\u3000二 \r\n 三", "一 二\n三"),
        ("甲\ud800\ufdd0\uffff\U0001fffe\U0010ffff乙", "甲乙"),
        ("", ""),
    ],
)
def test_one_form(raw: str, expected: str) -> None:
    assert normalise(raw).text == expected


@given(texts)
def test_normalising_twice_changes_nothing(raw: str) -> None:
    once = normalise(raw).text
    assert normalise(once).text == once


def test_every_single_character_has_a_fixed_point() -> None:
    codes = table().codes
    plain = codes[codes < CODE_POINTS]
    assert (codes[plain] == plain).all()
    for point in np.flatnonzero(codes == CLUSTER).tolist():
        once = normalise(chr(point)).text
        assert normalise(once).text == once
        assert unicodedata.is_normalized("NFKC", once)
        assert once == once.strip()  # else its blank would fold with those beside it


@given(texts)
def test_result_is_nfkc_without_capitals(raw: str) -> None:
    text = normalise(raw).text
    assert unicodedata.is_normalized("NFKC", text)
    assert all(character == character.lower() or len(character.lower()) > 1 for character in text)


def check_spans(view: Normalised) -> None:
    spans = [view.raw_span(place, place + 1) for place in range(len(view.text))]
    assert all(0 <= start < end <= len(view.raw) for start, end in spans)
    for (start, end), (next_start, next_end) in pairwise(spans):
        # Neighbours come from the same characters (one became several) or from later ones.
        assert (start, end) == (next_start, next_end) or end <= next_start


@given(texts)
def test_spans_ascend_and_never_overlap_in_part(raw: str) -> None:
    check_spans(normalise(raw))
    check_spans(compact(raw))


@given(texts, st.data())
def test_span_of_a_range_is_from_its_first_to_its_last(raw: str, data: st.DataObject) -> None:
    view = normalise(raw)
    if not view.text:
        return
    start = data.draw(st.integers(0, len(view.text) - 1))
    end = data.draw(st.integers(start + 1, len(view.text)))
    assert view.raw_span(start, end) == (
        view.raw_span(start, start + 1)[0],
        view.raw_span(end - 1, end)[1],
    )


@given(texts)
def test_every_character_comes_from_its_raw_span_alone(raw: str) -> None:
    view = normalise(raw)
    place = 0
    while place < len(view.text):
        start, end = view.raw_span(place, place + 1)
        last = place + 1
        while last < len(view.text) and view.raw_span(last, last + 1) == (start, end):
            last += 1
        alone = normalise(raw[start:end])
        assert alone.text == view.text[place:last]
        # Minimal: neither end can be cut off.
        assert alone.raw_span(0, len(alone.text)) == (0, end - start)
        place = last


@given(texts)
def test_what_no_span_covers_is_invisible(raw: str) -> None:
    view = normalise(raw)
    covered: set[int] = set()
    for place in range(len(view.text)):
        covered.update(range(*view.raw_span(place, place + 1)))
    for place, character in enumerate(raw):
        if place not in covered:
            assert normalise(character).text == ""


@given(texts, st.data())
def test_raw_to_normalised_finds_every_character_touched(raw: str, data: st.DataObject) -> None:
    view = normalise(raw)
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, len(raw)))
    touched = [
        place
        for place in range(len(view.text))
        if (span := view.raw_span(place, place + 1))[0] < end and span[1] > start
    ]
    first, last = view.norm_span(start, end)
    assert list(range(first, last)) == touched or (start == end and first == last)


def test_empty_span_stands_at_its_place() -> None:
    view = normalise("甲\u200b乙\u200b")
    assert [view.raw_span(place, place) for place in (0, 1, 2)] == [(0, 0), (2, 2), (4, 4)]


@pytest.mark.parametrize(
    "raw",
    [
        "根.治",
        "根*治",
        "根 治",
        "根💉治",
        "根-治",
        "根·治",
        "根\u200b~\u200b治",
        "根…治",
    ],
)
def test_fillers_between_han_are_gone(raw: str) -> None:
    view = compact(raw)
    assert view.text == "根治"
    assert view.raw_span(0, 2) == (0, len(raw))
    assert view.raw_span(0, 1) == (0, 1)


def test_every_filler_of_a_word_is_gone() -> None:
    assert compact("永~不~复~发").text == "永不复发"


@pytest.mark.parametrize("mark", "。！？；，、：\n")
def test_sentence_marks_are_never_joined_across(mark: str) -> None:
    assert "根治" not in compact(f"根{mark}治").text
    assert "根治" not in compact(f"根 {mark} 治").text


def test_fillers_beside_latin_or_numbers_stay() -> None:
    assert compact("3.5 元 a.b 第 1 章").text == "3.5 元 a.b 第 1 章"


@given(texts)
def test_compacting_twice_changes_nothing(raw: str) -> None:
    once = compact(raw).text
    assert compact(once).text == once
