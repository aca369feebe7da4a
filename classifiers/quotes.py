"""The words to cite: the shortest that carry a claim together with its object."""

from __future__ import annotations

from classifiers.reading import Claim, Span, clause
from classifiers.scan import Piece
from language.normalise import Normalised

SHORTEST = 3
LONGEST = 60
_LEAD = 12
_TAIL = 4
_EDGES = " ,，.。;；:：!！?？、…\n\t\"'“”‘’()（）【】[]"


def quote_span(view: Normalised, claim: Claim, piece: Piece) -> Span:
    """The raw span `[start, end)` to quote for a claim, SHORTEST to LONGEST code points long."""
    start, end = _with_object(view.text, (claim.start, claim.end), piece)
    raw = view.raw_span(start, end)
    if raw[1] - raw[0] > LONGEST:
        raw = view.raw_span(claim.start, claim.end)
    if raw[1] - raw[0] < SHORTEST:
        raw = view.raw_span(max(piece.start, start - SHORTEST), min(piece.end, end + SHORTEST))
    return raw[0], min(raw[1], raw[0] + LONGEST)


def _with_object(text: str, span: Span, piece: Piece) -> Span:
    first, last = clause(text, span)
    first, last = max(first, piece.start), min(last, piece.end)
    start = first if span[0] - first <= _LEAD else span[0]
    end = last if last - span[1] <= _TAIL else span[1]
    while start < span[0] and text[start] in _EDGES:
        start += 1
    while end > span[1] and text[end - 1] in _EDGES:
        end -= 1
    return start, end
