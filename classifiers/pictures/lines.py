"""Lines of text on one poster: merged where tiles overlap, and joined to paragraphs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from attrs import evolve

from domain.pictures import Box, PictureText

TILE_HEIGHT = 1400
OVERLAP = 220
"""More than twice the height of a headline, so that every line is whole in one tile."""

_ENDINGS = "。！？!?；;：:"
_SAME = 0.5
_HALF = 0.5
_ALIKE = 1.3
_GAP = 0.8
_FULL = 1.3
_SLOGAN = 12
"""Shorter lines are slogans: each stands alone, however alike their lengths are."""


def tiles(height: int) -> list[tuple[int, int]]:
    """Rows [top, bottom) of the pieces in which a poster is read, each overlapping the next."""
    found = [(0, min(height, TILE_HEIGHT))]
    while found[-1][1] < height:
        top = found[-1][1] - OVERLAP
        found.append((top, min(height, top + TILE_HEIGHT)))
    return found


def merged(lines: Iterable[PictureText]) -> list[PictureText]:
    """The lines of all tiles in reading order; of two that lie on each other, the larger."""
    kept: list[PictureText] = []
    for line in sorted(lines, key=lambda one: (-_area(one.box), -one.score)):
        if not any(_covers(other.box, line.box) for other in kept):
            kept.append(line)
    return list(_in_order(kept))


def paragraphs(lines: Sequence[PictureText]) -> list[PictureText]:
    """Lines in reading order, those that only wrap joined, as Chinese is: without a blank."""
    found: list[PictureText] = []
    above: PictureText | None = None
    for line in lines:
        if above is not None and _wraps(above, line, _column(lines, above)):
            found[-1] = _joined(found[-1], line)
        else:
            found.append(line)
        above = line
    return found


def _in_order(lines: Sequence[PictureText]) -> Iterator[PictureText]:
    """Rows from the top, each from the left: lines at one height are one row."""
    row: list[PictureText] = []
    for line in sorted(lines, key=lambda one: _middle(one.box)):
        if row and _middle(line.box) > _middle(row[0].box) + _height(row[0].box) * _HALF:
            yield from sorted(row, key=lambda one: one.box[0])
            row = []
        row.append(line)
    yield from sorted(row, key=lambda one: one.box[0])


def _wraps(above: PictureText, below: PictureText, right: int) -> bool:
    """Whether `below` goes on with the sentence of `above`: same hand, same edge, full line."""
    tall, low = _height(above.box), _height(below.box)
    return (
        len(above.text) >= _SLOGAN
        and above.text[-1:] not in _ENDINGS
        and max(tall, low) <= _ALIKE * min(tall, low)
        and below.box[1] >= above.box[1]
        and below.box[1] - above.box[3] <= _GAP * tall
        and _middle(below.box) > above.box[3]
        and abs(below.box[0] - above.box[0]) <= tall
        and right - above.box[2] <= _FULL * tall
        and below.box[2] <= right + tall
    )


def _column(lines: Sequence[PictureText], line: PictureText) -> int:
    """How far to the right the lines with the same left edge reach."""
    tall = _height(line.box)
    return max(other.box[2] for other in lines if abs(other.box[0] - line.box[0]) <= tall)


def _joined(one: PictureText, other: PictureText) -> PictureText:
    boxes = (one.box, other.box)
    box = (
        min(b[0] for b in boxes),
        min(b[1] for b in boxes),
        max(b[2] for b in boxes),
        max(b[3] for b in boxes),
    )
    blank = " " if one.text[-1:].isascii() and other.text[:1].isascii() else ""
    text = f"{one.text}{blank}{other.text}"
    return evolve(one, text=text, box=box, score=min(one.score, other.score))


def _covers(one: Box, other: Box) -> bool:
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return width > 0 and height > 0 and width * height > _SAME * _area(other)


def _area(box: Box) -> int:
    return (box[2] - box[0]) * (box[3] - box[1])


def _height(box: Box) -> int:
    return max(1, box[3] - box[1])


def _middle(box: Box) -> float:
    return (box[1] + box[3]) / 2
