"""Segmenters that agree, words and bigrams."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import language.tokens
from language.normalise import normalise
from language.tokens import PROBES, bigrams, segmenter, words

HAN = st.text(
    st.sampled_from("的了在是不人有医院治疗患者根本科学研究生命起源中国大桥市长江")
    | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FD5),
    max_size=30,
)
MIXED = st.lists(HAN | st.text(max_size=8) | st.sampled_from(["a_1-b", "3.5万", "50%", "c++"]))


@pytest.fixture(scope="module")
def plain() -> language.tokens.HanSegmenter:
    segmenter()  # built on first use, not while hypothesis takes the time
    return language.tokens._jieba()


@given(MIXED.map("".join))
def test_the_accelerator_cuts_as_jieba_does(plain: language.tokens.HanSegmenter, text: str) -> None:
    quick = segmenter()
    assert quick.cut(text) == plain.cut(text)
    assert quick.cut_for_search(text) == plain.cut_for_search(text)


@pytest.mark.usefixtures("plain")
@given(MIXED.map("".join))
def test_words_join_to_the_text(text: str) -> None:
    assert "".join(segmenter().cut(text)) == text


def test_a_segmenter_that_differs_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    class Other:
        @staticmethod
        def cut(text: str) -> list[str]:
            return list(text)

        cut_for_search = cut

    monkeypatch.setattr(language.tokens, "rjieba", Other)
    chosen = segmenter.__wrapped__()
    assert chosen.cut("本院引进进口设备") == ["本院", "引进", "进口设备"]
    assert len(PROBES) >= 5


def test_jieba_leaves_no_cache_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    language.tokens._jieba().cut("根治")
    assert list(tmp_path.iterdir()) == []


def test_words_are_normalised_and_without_marks() -> None:
    assert words(segmenter(), "ＭＲＩ檢查，體檢中心！ 3.5万元 50%") == [
        "mri",
        "检查",
        "体检",
        "中心",
        "体检中心",
        "3.5",
        "万元",
        "50%",
    ]


@given(st.text())
def test_bigrams_stand_at_every_position(text: str) -> None:
    letters = normalise(text).text
    tokens = bigrams(text)
    assert "".join(token[0] for token in tokens) == letters
    assert all(token == letters[place : place + 2] for place, token in enumerate(tokens))
