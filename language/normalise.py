"""One form for all writings of the same words, with the way back to the exact raw characters.

`normalise`: NFKC, lower case, simplified characters, nothing invisible, each run of white space
as one blank (or one newline when it holds a line break). `compact` is the view for words that
were broken up on purpose: fillers between Han characters are gone as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from language.characters import CLUSTER, CODE_POINTS, REMOVED, cluster, table

_Codes = NDArray[np.uint32]
_Offsets = NDArray[np.int32]

HAN = "〇㐀-䶿一-鿿豈-\ufaff\U00020000-\U0003ffff"
# Marks that end or divide a sentence, and brackets and quotes, are never fillers.
_FILLER = (
    r" .*~\-_·•・|/\\+=^#@&'`´°¤§¶†‡※¦¬¨¯¸‧∙⋅●○◆◇■□★☆▲△▼▽♥♡♦♣♠♀♂"
    "\u2010-\u2015\u2190-\u21ff\u2200-\u23ff\u2500-\u27bf\u2900-\u2bff"
    "\U0001f000-\U0001faff"
)
_BLANK = ord(" ")
_NEWLINE = ord("\n")
_FILLERS = re.compile(f"(?<=[{HAN}])[{_FILLER}]{{1,4}}(?=[{HAN}])")


@frozen(kw_only=True)
class Normalised:
    """`text` made from `raw`, and which characters of `raw` each character of it came from.

    Spans are half-open code-point offsets. `starts` and `ends` hold the raw span of every
    character of `text`, both ascending; None means that each came from the one at its own place.
    """

    raw: str
    text: str
    starts: _Offsets | None = field(default=None, eq=False, repr=False)
    ends: _Offsets | None = field(default=None, eq=False, repr=False)

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """The smallest span of `raw` that holds all that `text[start:end]` came from.

        An empty span gives an empty span, at the raw place of the character that follows.
        """
        if self.starts is None or self.ends is None:
            return start, end
        if start == end:
            place = int(self.starts[start]) if start < len(self.starts) else len(self.raw)
            return place, place
        return int(self.starts[start]), int(self.ends[end - 1])

    def norm_span(self, start: int, end: int) -> tuple[int, int]:
        """The span of `text` that came, wholly or in part, from `raw[start:end]`."""
        if self.starts is None or self.ends is None:
            return start, end
        first = int(np.searchsorted(self.ends, start, side="right"))
        last = int(np.searchsorted(self.starts, end, side="left"))
        return first, max(first, last)


def normalise(text: str) -> Normalised:
    """The normalised form; applied to its own result it changes nothing."""
    points = _points(text)
    codes = table().codes[points]
    starts = ends = None
    if codes.size and codes.max() >= CODE_POINTS:
        codes, starts, ends = _rewritten(points, codes)
    codes, starts, ends = _folded(codes, starts, ends)
    return Normalised(raw=text, text=_text(codes), starts=starts, ends=ends)


def compact(text: str) -> Normalised:
    """The normalised form without fillers between Han characters (根.治, 永 不 复 发).

    For matching words only: it never joins across sentence marks or lines, but it does join
    neighbouring words that a blank keeps apart.
    """
    return without_fillers(normalise(text))


def without_fillers(whole: Normalised) -> Normalised:
    """A view of normalised text without fillers between Han characters."""
    fillers = [match.span() for match in _FILLERS.finditer(whole.text)]
    if not fillers:
        return whole
    keep = np.ones(len(whole.text), dtype=np.bool_)
    for start, end in fillers:
        keep[start:end] = False
    places = np.arange(len(whole.text), dtype=np.int32)
    starts = places if whole.starts is None else whole.starts
    ends = places + 1 if whole.ends is None else whole.ends
    return Normalised(
        raw=whole.raw,
        text=_FILLERS.sub("", whole.text),
        starts=starts[keep],
        ends=ends[keep].astype(np.int32),
    )


def _rewritten(points: _Codes, codes: _Codes) -> tuple[_Codes, _Offsets, _Offsets]:
    """Removed characters left out, clusters replaced by what they become."""
    places = np.flatnonzero(codes != REMOVED).astype(np.int32)
    codes, points = codes[places], points[places]
    clustered = codes == CLUSTER
    if not clustered.any():
        return codes, places, places + 1
    sources = np.where(clustered, points, codes)
    texts: list[_Codes] = []
    starts: list[_Offsets] = []
    ends: list[_Offsets] = []
    done = 0
    for first, end in _clusters(points, codes):
        texts.append(codes[done:first])
        starts.append(places[done:first])
        ends.append(places[done:first] + 1)
        new = _points(cluster(_text(sources[first:end])))
        texts.append(new)
        starts.append(np.full(len(new), places[first], dtype=np.int32))
        ends.append(np.full(len(new), places[end - 1] + 1, dtype=np.int32))
        done = end
    texts.append(codes[done:])
    starts.append(places[done:])
    ends.append(places[done:] + 1)
    return np.concatenate(texts), np.concatenate(starts), np.concatenate(ends)


def _clusters(points: _Codes, codes: _Codes) -> Iterator[tuple[int, int]]:
    """Spans of characters that must be looked at together; nothing joins a blank."""
    joining = table().joining[points]
    end = 0
    for place in np.flatnonzero(codes == CLUSTER).tolist():
        if place < end:
            continue
        joins = joining[place] and place > end and codes[place - 1] not in (_BLANK, _NEWLINE)
        first = place - 1 if joins else place
        end = place + 1
        while end < len(points) and joining[end]:
            end += 1
        yield first, end


def _folded(
    codes: _Codes, starts: _Offsets | None, ends: _Offsets | None
) -> tuple[_Codes, _Offsets | None, _Offsets | None]:
    """Each run of white space as one character."""
    blank = (codes == _BLANK) | (codes == _NEWLINE)
    follows = np.zeros_like(blank)
    follows[1:] = blank[1:] & blank[:-1]
    if not follows.any():
        return codes, starts, ends
    places = np.arange(len(codes), dtype=np.int32)
    starts = places if starts is None else starts
    ends = places + 1 if ends is None else ends
    kept = np.flatnonzero(~follows)
    nexts = np.append(kept[1:], len(codes))
    breaks = np.append(0, np.cumsum(codes == _NEWLINE))
    folded = np.where(breaks[nexts] > breaks[kept], np.uint32(_NEWLINE), codes[kept])
    return folded, starts[kept], ends[nexts - 1]


def _points(text: str) -> _Codes:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)


def _text(points: _Codes) -> str:
    return points.astype(np.uint32).tobytes().decode("utf-32-le", "surrogatepass")
