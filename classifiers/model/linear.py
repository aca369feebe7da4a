"""The linear model: grams and marks in, a calibrated logit per head out. Numpy only."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from classifiers.model import grams, marks
from classifiers.model.grams import Strip
from classifiers.rulebook.loading import file_digest
from classifiers.scan import Piece
from domain.errors import ConfigError

SHIPPED = Path(__file__).with_name("linear.npz")
VIOLATES = "violates"
"""The head that says whether a piece violates at all; the others are slugs of the rulebook."""

_Matrix = NDArray[np.float32]
_MOST_WORDS = 3


@frozen(kw_only=True)
class Weighing:
    """Why a piece speaks for a head.

    `shares`: how much each character adds to the sum. `telling`: where in the text the grams of
    two or more characters stand that add most, the weightiest first; they do not overlap.
    """

    shares: _Matrix = field(eq=False)
    telling: tuple[tuple[int, int], ...]


@frozen(kw_only=True)
class LinearModel:
    """Weights by gram and mark, one column per head.

    `table` leads from a slot to a row of `weights`; row 0 is zero, for grams never learnt.
    `slope` and `offset` turn a sum into a calibrated logit. `digest` names the artefact.
    """

    heads: tuple[str, ...]
    table: NDArray[np.int32] = field(eq=False, repr=False)
    weights: _Matrix = field(eq=False, repr=False)
    marks: _Matrix = field(eq=False, repr=False)
    slope: _Matrix = field(eq=False, repr=False)
    offset: _Matrix = field(eq=False, repr=False)
    digest: str

    @property
    def origin(self) -> str:
        """What a finding of this model names as its origin."""
        return f"model:linear@{self.digest}"

    def head(self, name: str) -> int:
        """The column of a head."""
        return self.heads.index(name)

    def logits(self, text: str, pieces: Sequence[Piece]) -> _Matrix:
        """Calibrated logits, one row per piece and one column per head."""
        return self.sums(grams.strip(text, pieces)) * self.slope + self.offset

    def sums(self, laid: Strip) -> _Matrix:
        """The weighted sums before calibration."""
        total: _Matrix = marks.marks(laid) @ self.marks
        if not len(laid.starts):
            return total
        each = np.zeros((len(laid.codes), len(self.heads)), dtype=np.float32)
        for length in range(1, grams.LONGEST_GRAM + 1):
            each += self.weights[self._rows(laid, length)]
        scale = 1 / np.sqrt(laid.counts.astype(np.float32))
        total += np.add.reduceat(each, laid.starts, axis=0) * scale[:, None]
        return total

    def weigh(self, text: str, piece: Piece, head: str) -> Weighing:
        """What in a piece speaks for a head."""
        laid, column = grams.strip(text, [piece]), self.head(head)
        shares = np.zeros(len(laid.codes), dtype=np.float32)
        heavy: list[tuple[float, int, int]] = []
        for length in range(1, grams.LONGEST_GRAM + 1):
            worth = self.weights[self._rows(laid, length), column]
            for place in range(length):
                shares[place:] += worth[: len(worth) - place] / length
            inside = worth[1 : len(worth) - length] if length > 1 else worth[:0]
            order = np.argsort(-inside, kind="stable")[: _MOST_WORDS * grams.LONGEST_GRAM]
            heavy += [(-float(inside[i]), int(i), length) for i in order if inside[i] > 0]
        return Weighing(
            shares=shares[1:-1] / np.sqrt(laid.counts[0], dtype=np.float32),
            telling=_apart(sorted(heavy), piece.start),
        )

    def _rows(self, laid: Strip, length: int) -> NDArray[np.int32]:
        found = grams.slots(laid, length)
        return np.where(found == grams.NOWHERE, 0, self.table[found])


def _apart(heavy: Sequence[tuple[float, int, int]], shift: int) -> tuple[tuple[int, int], ...]:
    """The first few that do not overlap, of (weight, start, length) in order."""
    taken: list[tuple[int, int]] = []
    for _, start, length in heavy:
        if all(start + length <= first or last <= start for first, last in taken):
            taken.append((start, start + length))
        if len(taken) == _MOST_WORDS:
            break
    return tuple((first + shift, last + shift) for first, last in taken)


@cache
def load(path: Path = SHIPPED) -> LinearModel:
    """Read the weights. Raises ConfigError when the file is not what training writes."""
    try:
        with np.load(path, allow_pickle=False) as stored:
            slots, scale = stored["slots"], stored["scale"].astype(np.float32)
            weights = stored["weights"].astype(np.float32) * scale
            heads = tuple(str(name) for name in stored["heads"])
            rest = [stored[name].astype(np.float32) for name in ("marks", "slope", "offset")]
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"模型权重无法读取：{error}", at=path.name) from None
    table = np.zeros(1 << grams.BITS, dtype=np.int32)
    table[slots] = np.arange(1, len(slots) + 1, dtype=np.int32)
    return LinearModel(
        heads=heads,
        table=table,
        weights=np.vstack([np.zeros((1, len(heads)), dtype=np.float32), weights]),
        marks=rest[0],
        slope=rest[1],
        offset=rest[2],
        digest=file_digest(path).removeprefix("sha256:")[:12],
    )


def save(
    path: Path,
    *,
    heads: Sequence[str],
    slots: NDArray[np.uint32],
    weights: _Matrix,
    marks: _Matrix,
    slope: _Matrix,
    offset: _Matrix,
) -> None:
    """Write weights as `load` reads them: 8 bits per gram weight, one scale per head."""
    scale = np.maximum(np.abs(weights).max(axis=0, initial=0.0), np.float32(1e-6)) / 127
    np.savez_compressed(
        path,
        heads=np.array(heads),
        slots=slots.astype(np.uint32),
        weights=np.rint(weights / scale).astype(np.int8),
        scale=scale.astype(np.float32),
        marks=marks.astype(np.float16),
        slope=slope.astype(np.float32),
        offset=offset.astype(np.float32),
    )
