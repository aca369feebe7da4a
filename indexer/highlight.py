"""Where the words of a query stand in a stored text."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice

from domain.queries import And, Near, Or, Query, Text
from language.normalise import Normalised, compact, normalise


def highlights(query: Query, text: str) -> tuple[tuple[int, int], ...]:
    """The spans of `text` that a query speaks of, in order, those that meet joined.

    Words under a negation are not among them. Of a `Near`, only occurrences that take part.
    """
    views = (normalise(text), compact(text))
    spans = sorted({view.raw_span(*span) for view in views for span in _spans(query, view)})
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return tuple(joined)


def _spans(query: Query, whole: Normalised) -> Iterator[tuple[int, int]]:
    match query:
        case Text(words=words):
            yield from _occurrences(words, whole)
        case Near(left=left, right=right, distance=distance):
            yield from _near(_occurrences(left, whole), _occurrences(right, whole), distance)
        case And(parts=parts) | Or(parts=parts):
            for part in parts:
                yield from _spans(part, whole)
        case _:
            return


def _occurrences(words: str, whole: Normalised) -> list[tuple[int, int]]:
    needle = normalise(words).text
    found = []
    place = whole.text.find(needle) if needle else -1
    while place >= 0:
        found.append((place, place + len(needle)))
        place = whole.text.find(needle, place + 1)
    return found


def _near(
    left: list[tuple[int, int]], right: list[tuple[int, int]], distance: int
) -> Iterator[tuple[int, int]]:
    for one in left:
        # A right phrase that ends too early is skipped over, one that begins too late ends it.
        first = bisect_left(right, one[0] - distance, key=lambda span: span[1])
        for other in islice(right, first, None):
            if other[0] - one[1] > distance:
                break
            yield from (one, other)
