"""Sentence-like pieces."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from language.segments import LONG, segment_key, segments


def pieces(text: str) -> list[str]:
    return [segment.text for segment in segments(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\u3000", []),
        ("甲。乙！丙？丁；戊", ["甲。", "乙！", "丙？", "丁；", "戊"]),
        ("甲!乙?丙;丁", ["甲!", "乙?", "丙;", "丁"]),
        ("甲\n乙\r\n丙", ["甲", "乙", "丙"]),
        ("甲！！！乙？！丙", ["甲！！！", "乙？！", "丙"]),
        ("他说：“根治。”后来（复发了！）走了。", ["他说：“根治。”", "后来（复发了！）", "走了。"]),
        ('他说:"根治。"后来', ['他说:"根治。"', "后来"]),
        ('根治。"永不"复发', ["根治。", '"永不"复发']),
        ("网址 http://a.test/?a=1;b=2 见", ["网址 http://a.test/?a=1;b=2 见"]),
        ("价格1,980元，优惠", ["价格1,980元，优惠"]),
        ("  甲乙 。 丙 ", ["甲乙 。", "丙"]),
    ],
)
def test_cut(text: str, expected: list[str]) -> None:
    assert pieces(text) == expected


def test_a_long_sentence_is_divided_at_commas() -> None:
    clause = "这是一个不太长也不太短的分句"
    text = "，".join([clause] * 30) + "。"
    parts = pieces(text)
    assert "".join(parts) == text
    assert all(len(part) <= LONG for part in parts)
    assert all(part[-1] in "，。" for part in parts)


def test_a_long_sentence_without_commas_stays_whole() -> None:
    assert pieces("长" * 500) == ["长" * 500]


TEXTS = st.text(st.sampled_from("甲乙丙。！？;?!；\n ，,“”\"'（）)a1\u3000"), max_size=300)


@given(TEXTS | st.text())
def test_offsets_are_exact_and_only_blanks_lie_between(text: str) -> None:
    end = 0
    for segment in segments(text):
        assert text[segment.start : segment.end] == segment.text
        assert segment.text.strip() == segment.text != ""
        assert text[end : segment.start].strip() == ""
        end = segment.end
    assert text[end:].strip() == ""


@pytest.mark.parametrize(
    "other",
    [
        "本院根治糖尿病",
        " 本院根治糖尿病！",
        "本院根治糖尿病。",
        "本院根治\u200b糖尿病",
        "本院根治糖尿病\n",
    ],
)
def test_a_repeated_sentence_has_the_same_key(other: str) -> None:
    assert segment_key(other) == segment_key("本院根治糖尿病")
    assert segment_key("本院不能根治糖尿病") != segment_key(other)


def test_script_and_width_do_not_change_the_key() -> None:
    assert segment_key("ＡＢＣ療法根治") == segment_key("abc疗法根治")
