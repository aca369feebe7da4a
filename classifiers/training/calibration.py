"""How likely a text violates whose strongest finding has some score, written to policy.yml.

A monotone curve through what the held-out texts of our own show (isotonic regression; Zadrozny and
Elkan 2002), read off at a few scores.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import isotonic_regression

from classifiers import policy
from classifiers.evaluation import strongest
from classifiers.judge import Judge
from classifiers.policy import Chance
from classifiers.training.ablation import DAY, held_rows
from classifiers.training.examples import Sources
from domain.errors import ConfigError

_HEADING, _NEXT = "chances:\n", "\n# The models beside the rules"
_KNOTS = (0.0, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.99)
_NEAR = 0.03


def fit(scores: NDArray[np.float64], violates: NDArray[np.bool_]) -> tuple[Chance, ...]:
    """The curve at the knots: what the scores near each are worth."""
    order = np.argsort(scores, kind="stable")
    curve = isotonic_regression(violates[order].astype(float)).x
    rising = np.maximum.accumulate([_near(knot, scores[order], curve) for knot in _KNOTS])
    return tuple(
        Chance(score=knot, chance=round(float(value), 3))
        for knot, value in zip(_KNOTS, rising, strict=True)
    )


def held(sources: Sources, judge: Judge) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """The strongest score of each held-out text of our own, and whether it violates."""
    rows = list(held_rows(sources))
    scores = [strongest(judge.judge_text(text, captured_at=DAY)) for text, _ in rows]
    return np.array(scores), np.array([violates for _, violates in rows])


def write(chances: Sequence[Chance], path: Path = policy.SHIPPED) -> None:
    """Replace the block `chances` of policy.yml. Raises ConfigError when it has none."""
    text = path.read_text(encoding="utf-8")
    head, heading, rest = text.partition(_HEADING)
    _, after, tail = rest.partition(_NEXT)
    if not (heading and after):
        raise ConfigError("缺少 chances", at=path.name)
    lines = "".join(f"  - {{score: {c.score}, chance: {c.chance}}}\n" for c in chances)
    path.write_text(f"{head}{heading}{lines}{after}{tail}", encoding="utf-8")


def _near(knot: float, scores: NDArray[np.float64], curve: NDArray[np.float64]) -> float:
    near = np.abs(scores - knot) <= _NEAR
    return float(curve[near].mean() if near.any() else np.interp(knot, scores, curve))
