"""Both models together: the linear one reads every sentence, the transformer what stays open."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from classifiers.model import checkpoint, linear, student
from classifiers.model.linear import LinearModel
from classifiers.scan import Piece
from domain.errors import ConfigError

SHIPPED = Path(__file__).with_name("blend.json")

_Matrix = NDArray[np.float32]
_STEEPEST = 30.0


class Transformer(Protocol):
    """What reads whole sentences: the shipped student, or a checkpoint that the settings name."""

    @property
    def heads(self) -> tuple[str, ...]:
        """`violates`, then slugs of the rulebook."""

    @property
    def origin(self) -> str:
        """What a finding of this model names as its origin."""

    def logits(self, texts: Sequence[str]) -> _Matrix:
        """One row per sentence in normal form, one column per head; before calibration."""


@frozen(kw_only=True)
class Blend:
    """How the two logits of a head make one: `linear` and `student` are their weights."""

    heads: tuple[str, ...]
    linear: _Matrix = field(eq=False)
    student: _Matrix = field(eq=False)
    offset: _Matrix = field(eq=False)

    def __call__(self, linear_logits: _Matrix, student_logits: _Matrix) -> _Matrix:
        """Calibrated probabilities, a row per sentence and a column per head."""
        mixed = linear_logits * self.linear + student_logits * self.student + self.offset
        return likely(mixed)


@frozen(kw_only=True)
class Opinion:
    """What the models think of sentences.

    A sentence is open when a rule speaks in it, or when the linear model gives it at least the
    chance `open_from` to violate; of the others the linear model's word is the last.
    """

    linear: LinearModel
    transformer: Transformer
    blend: Blend
    open_from: float

    @property
    def heads(self) -> tuple[str, ...]:
        """`violates`, then slugs of the rulebook."""
        return self.blend.heads

    @property
    def origin(self) -> str:
        """What a finding of the models names as its origin."""
        return self.transformer.origin

    @property
    def versions(self) -> str:
        """Both artefacts, as an assessment names them."""
        return f"{self.linear.origin} {self.transformer.origin}"

    def chances(
        self, text: str, pieces: Sequence[Piece], spoken: Sequence[bool]
    ) -> list[Mapping[str, float]]:
        """The probability of every head for every piece; `spoken`: a rule found words in it."""
        logits = self.linear.logits(text, pieces)
        table = likely(logits)
        violates = table[:, self.linear.head(linear.VIOLATES)]
        rows = np.flatnonzero((violates >= self.open_from) | np.array(spoken, dtype=bool)).tolist()
        if rows:
            read = [text[pieces[row].start : pieces[row].end] for row in rows]
            table[rows] = self.blend(logits[rows], self.transformer.logits(read))
        return [dict(zip(self.heads, row, strict=True)) for row in table.tolist()]


def likely(logits: _Matrix) -> _Matrix:
    """Probabilities of calibrated logits."""
    bounded = np.clip(logits, -_STEEPEST, _STEEPEST)
    return np.asarray(1 / (1 + np.exp(-bounded)), dtype=np.float32)


@cache
def read_blend(path: Path = SHIPPED) -> Blend:
    """Read the weights. Raises ConfigError."""
    try:
        rows = json.loads(path.read_bytes())
        columns = [[row[name] for row in rows.values()] for name in ("linear", "student", "offset")]
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise ConfigError(f"模型混合权重无法读取：{error}", at=path.name) from None
    weights = [np.array(column, dtype=np.float32) for column in columns]
    return Blend(heads=tuple(rows), linear=weights[0], student=weights[1], offset=weights[2])


def load(open_from: float, directory: Path | None = None) -> Opinion:
    """The linear model with the shipped transformer, or with that of a checkpoint directory.

    A directory with a blend.json of its own is joined by that. Raises ConfigError when the models
    do not answer for the same heads.
    """
    own = directory is not None and (directory / SHIPPED.name).exists()
    opinion = Opinion(
        linear=linear.load(),
        transformer=_transformer(directory),
        blend=read_blend(directory / SHIPPED.name if own and directory else SHIPPED),
        open_from=open_from,
    )
    if not opinion.linear.heads == opinion.transformer.heads == opinion.blend.heads:
        missing = sorted({*opinion.blend.heads} ^ {*opinion.transformer.heads}) or ["顺序不同"]
        raise ConfigError(
            f"模型的类型表不一致（{'、'.join(missing[:5])}），请重新训练",
            at=str(directory or SHIPPED.name),
        )
    return opinion


def _transformer(directory: Path | None) -> Transformer:
    if directory is None:
        return student.load()
    return student.load(directory) if student.here(directory) else checkpoint.load(directory)
