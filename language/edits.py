"""Changes to a normalised text that keep the way back to the raw characters."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from language.normalise import Normalised


@frozen(kw_only=True)
class Edit:
    """`text` in place of `[start, end)`.

    `sources` holds, for each character of `text`, the span it came from, both bounds ascending;
    empty: every character came from the whole of `[start, end)`.
    """

    start: int
    end: int
    text: str
    sources: tuple[tuple[int, int], ...] = ()


def edited(view: Normalised, edits: Sequence[Edit]) -> Normalised:
    """The view after the edits, which ascend and do not overlap."""
    if not edits:
        return view
    size = len(view.text)
    starts = np.arange(size, dtype=np.int32) if view.starts is None else view.starts
    ends = np.arange(1, size + 1, dtype=np.int32) if view.ends is None else view.ends
    texts: list[str] = []
    firsts: list[np.ndarray[tuple[int], np.dtype[np.int32]]] = []
    lasts: list[np.ndarray[tuple[int], np.dtype[np.int32]]] = []
    done = 0
    for edit in edits:
        sources = edit.sources or ((edit.start, edit.end),) * len(edit.text)
        texts += [view.text[done : edit.start], edit.text]
        firsts += [starts[done : edit.start], starts[[first for first, _ in sources]]]
        lasts += [ends[done : edit.start], ends[[last - 1 for _, last in sources]]]
        done = edit.end
    return Normalised(
        raw=view.raw,
        text="".join([*texts, view.text[done:]]),
        starts=np.concatenate([*firsts, starts[done:]]),
        ends=np.concatenate([*lasts, ends[done:]]),
    )


def apart(edits: Sequence[Edit]) -> list[Edit]:
    """Edits that do not overlap, in order of place: where two meet, the earlier given stays."""
    kept: list[Edit] = []
    for edit in edits:
        if all(edit.end <= other.start or other.end <= edit.start for other in kept):
            kept.append(edit)
    return sorted(kept, key=lambda edit: edit.start)
