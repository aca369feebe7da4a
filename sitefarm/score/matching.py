"""Finds planted sentences in the text that a product stored, masked or re-spaced as it may be."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

_SPACE = re.compile(r"\s+")
_SENTENCE_END = re.compile(r"[。！？!?\n]")
_MASKS = "*＊"


class StoredText:
    """A document's text without white space, with the way back to its offsets."""

    def __init__(self, text: str) -> None:
        self._text = text
        kept = [(i, c) for i, c in enumerate(text) if not c.isspace()]
        self._offsets = [i for i, _ in kept]
        self._squeezed = "".join(c for _, c in kept)
        self._masked = any(mask in text for mask in _MASKS)

    def spans(self, sentence: str) -> Iterator[tuple[int, int]]:
        """Where the sentence stands, as half-open offsets of the stored text."""
        wanted = _SPACE.sub("", sentence)
        pattern = _exact(wanted)
        if self._masked and wanted not in self._squeezed:
            pattern = _maskable(wanted)
        for match in pattern.finditer(self._squeezed):
            yield self._offsets[match.start()], self._offsets[match.end() - 1] + 1

    def around(self, start: int, end: int) -> str:
        """The sentence-like piece of the text in which a quote stands, without white space."""
        before = [m.end() for m in _SENTENCE_END.finditer(self._text, 0, start)]
        after = _SENTENCE_END.search(self._text, max(start, end - 1))
        piece = self._text[before[-1] if before else 0 : after.end() if after else None]
        return _SPACE.sub("", piece)


@cache
def _exact(wanted: str) -> re.Pattern[str]:
    return re.compile(re.escape(wanted))


@cache
def _maskable(wanted: str) -> re.Pattern[str]:
    """Any character may have been masked; the length stays."""
    return re.compile("".join(f"[{re.escape(c)}{_MASKS}]" for c in wanted))
