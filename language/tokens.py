"""Words and character bigrams, as they enter the index and are asked for in it."""

from __future__ import annotations

import logging
import re
import warnings
from collections.abc import Callable
from functools import cache

import rjieba

from domain.ports import Segmenter
from language.normalise import normalise

PROBES = (
    "本院引进进口设备专家亲诊术后无需住院",
    "结婚的和尚未结婚的都来体检中心做了检查",
    "玻尿酸注射与水光针热玛吉超声炮的价格是多少",
    "研究生命起源南京市长江大桥乒乓球拍卖完了",
    "王晓明医师在某某市第一人民医院口腔科出诊",
    "龘靐齉的确切把手抬高些再下雨天留客天留我不留",
)
"""Where two segmenters would part: ambiguous cuts, names, long compounds, unknown characters."""

# The accelerator and jieba differ on Latin compounds (a_1, 400-000), so only runs of Han
# characters are given to either; the rest is cut here, the same for both.
_PIECES = re.compile(r"([\u4e00-\u9fd5]+)|[a-zA-Z0-9]+(?:\.\d+)?%?|.", re.DOTALL)

_Cut = Callable[[str], list[str]]


class HanSegmenter:
    """Cuts runs of Han characters with a dictionary, Latin words and numbers as they stand."""

    def __init__(self, cut: _Cut, cut_for_search: _Cut) -> None:
        self._cut = cut
        self._cut_for_search = cut_for_search

    def cut(self, text: str) -> list[str]:
        """The words of `text` in order; joined they give `text` again."""
        return _pieces(self._cut, text)

    def cut_for_search(self, text: str) -> list[str]:
        """Like `cut`, with the shorter words inside long words before each of them."""
        return _pieces(self._cut_for_search, text)


@cache
def segmenter() -> Segmenter:
    """rjieba when it cuts every probe exactly as jieba does, else jieba itself."""
    plain, quick = _jieba(), HanSegmenter(rjieba.cut, rjieba.cut_for_search)
    agree = all(
        quick.cut(probe) == plain.cut(probe)
        and quick.cut_for_search(probe) == plain.cut_for_search(probe)
        for probe in PROBES
    )
    return quick if agree else plain


def words(segmenter: Segmenter, text: str) -> list[str]:
    """The words of the normalised text in order, short words inside long ones included."""
    cut = segmenter.cut_for_search(normalise(text).text)
    return [word for word in cut if word[0].isalnum()]


def tagged(text: str) -> list[tuple[str, str]]:
    """The words of `text` with their parts of speech as jieba names them (nr: a person's name)."""
    return list(rjieba.tag(text))


def bigrams(text: str) -> list[str]:
    """Every two neighbouring characters of the normalised text, one token a position.

    The last character stands alone at the end.
    """
    letters = normalise(text).text
    return [letters[place : place + 2] for place in range(len(letters))]


def _pieces(cut: _Cut, text: str) -> list[str]:
    pieces: list[str] = []
    for match in _PIECES.finditer(text):
        if match[1]:
            pieces.extend(cut(match[1]))
        else:
            pieces.append(match[0])
    return pieces


def _jieba() -> HanSegmenter:
    """jieba with its dictionary read afresh: its cache is a file that any local user can plant."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba imports pkg_resources and has invalid escapes
        import jieba  # noqa: PLC0415 - only here are its import warnings held back

        jieba.setLogLevel(logging.ERROR)
        tokenizer = jieba.Tokenizer()
        tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return HanSegmenter(tokenizer.lcut, tokenizer.lcut_for_search)
