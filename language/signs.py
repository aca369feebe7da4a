"""Disguises that need no lexicon: readings in brackets, odd digits in figures, columns, glyphs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from language.digits import CIRCLED, plain_digits
from language.edits import Edit
from language.normalise import HAN
from language.sounds import other_readings, readings, toneless

UNREADABLE = "\ufffd"
"""Stands for a character of a private font, whose meaning nobody but the page's author knows."""

_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd]")
_COLUMN = re.compile(rf"(?m)^[^\S\n]*[{HAN}][^\S\n]*(?:\n[^\S\n]*[{HAN}][^\S\n]*){{3,}}$")
_REVERSED = re.compile("\u202e([^\u202c\n]{2,400})\u202c?")
_INVISIBLE = "\u200b"
_BRACKETED = re.compile(
    rf"(?<=[{HAN}])[(\[]\s?([a-zāáǎàēéěèīíǐìōóǒòūúǔùǖǘǚǜü]{{1,6}}[1-5]?)\s?[)\]]"
)
_ODD = "".join(map(chr, CIRCLED))
_CHINESE = "零〇一二三四五六七八九壹贰叁肆伍陆柒捌玖"
_FIGURE = re.compile(rf"[\d.ol{_CHINESE}]{{2,8}}(?=%)|[\d.{_ODD}]{{1,8}}(?=[%年天折元次例万岁])")


def unreadable(text: str) -> str:
    """`text` with UNREADABLE for every character of a private font; its length stays."""
    return _PRIVATE.sub(UNREADABLE, text)


def columns(text: str) -> Iterator[tuple[int, int]]:
    """Spans of raw text set in a column: four or more lines of one Han character each."""
    for match in _COLUMN.finditer(text):
        yield match.span()


def in_line(column: str) -> str:
    """A column with nothing visible between its characters; its length stays."""
    return re.sub(r"\s", _INVISIBLE, column)


def turned(text: str) -> Iterator[tuple[int, int, str]]:
    """Spans of raw text after an override of direction, and what a reader sees of them."""
    for match in _REVERSED.finditer(text):
        yield match.start(1), match.end(1), match[1][::-1]


def plain_signs(text: str) -> list[Edit]:
    """Edits of normalised text: readings in brackets go, digits of figures become 0 to 9."""
    return sorted((*_readings(text), *_figures(text)), key=lambda edit: edit.start)


def _readings(text: str) -> Iterator[Edit]:
    """治(zhì)疗: what mirrors put behind a character so that no filter finds the word."""
    for match in _BRACKETED.finditer(text):
        before, sound = text[match.start() - 1], toneless(match[1])
        if sound in (readings().get(before), *other_readings().get(before, ())):
            yield Edit(start=match.start(), end=match.end(), text="")


def _figures(text: str) -> Iterator[Edit]:
    """❾❽%, 9八%, 1oo%: figures that are digits to a reader and none to a filter."""
    for match in _FIGURE.finditer(text):
        plain = plain_digits(text[match.start() : match.end() + 1])[: len(match[0])]
        if plain != match[0] and plain.replace(".", "").isdigit():
            sources = tuple((n, n + 1) for n in range(*match.span()))
            yield Edit(start=match.start(), end=match.end(), text=plain, sources=sources)
