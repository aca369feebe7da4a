"""Sentence-like pieces of a text, the unit that rules and models judge."""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from domain.ids import derive_id
from language.normalise import normalise

LONG = 120
"""A piece longer than this many characters is divided at its commas as well."""

_CLOSERS = '”’」』）〕】》〉)]}"'
# Between ASCII characters (a?b=1;c) such a mark is part of an address or of markup.
_ENDING = re.compile(
    rf"\n|(?:[。！？；｡]|(?<![!-~])[!?;]|[!?;](?![a-zA-Z0-9&=/#%]))+[{re.escape(_CLOSERS)}]*"
)
_COMMA = re.compile(r"[，,](?!\d)")
_TERMINATORS = " .。!?;,:、\n"


@frozen(kw_only=True)
class Segment:
    """One piece: `text` is `[start, end)` of the text it was cut from, without outer blanks."""

    start: int
    end: int
    text: str


def segments(text: str) -> list[Segment]:
    """The pieces of `text` in order; nothing but blanks and line breaks lies between them.

    A piece ends after 。！？； (full or half width, with the closing quotes and brackets that
    follow) or before a line break; one longer than LONG also ends after a comma.
    """
    pieces: list[Segment] = []
    for start, end in _sentences(text):
        for first, last in _parts(text, start, end):
            piece = _trimmed(text, first, last)
            if piece is not None:
                pieces.append(piece)
    return pieces


def segment_key(text: str) -> str:
    """The same for every writing of a sentence: case, width, script, blanks and end marks aside."""
    return derive_id("segment", normalise(text).text.strip(_TERMINATORS))


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for ending in _ENDING.finditer(text):
        end = ending.end()
        if text[end - 1] == '"' and text.count('"', start, end) % 2:
            end -= 1  # it opens the next sentence's quotation
        yield start, end
        start = end
    if start < len(text):
        yield start, len(text)


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Divide a long sentence at the last comma that keeps each part within LONG."""
    while end - start > LONG:
        commas = [m.end() for m in _COMMA.finditer(text, start, end - 1)]
        fitting = [place for place in commas if place - start <= LONG]
        if not commas:
            break
        place = fitting[-1] if fitting else commas[0]
        yield start, place
        start = place
    yield start, end


def _trimmed(text: str, start: int, end: int) -> Segment | None:
    piece = text[start:end]
    start += len(piece) - len(piece.lstrip())
    piece = piece.strip()
    return Segment(start=start, end=start + len(piece), text=piece) if piece else None
