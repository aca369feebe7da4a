"""Thresholds of the model's own claims, chosen on folds by source and written to policy.yml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers import policy
from classifiers.cascade import strengths
from classifiers.model import VIOLATES
from classifiers.policy import Threshold
from classifiers.training.linear import TrainingReport
from domain.errors import ConfigError

CLUE_PRECISION = 0.9
REVIEW_PRECISION = 0.6
FEWEST = 8
"""A type with fewer sentences above a threshold than this borrows the threshold of all types."""

_HEADING = "  thresholds:\n"
_FAR = frozenset({"penalised_tw", "corpus_lawful_medical", "corpus_general"})


def choose(report: TrainingReport) -> dict[str, Threshold]:
    """Per type the lowest strengths from which enough of the folded sentences do violate.

    Only sentences of advertisers and of our own texts count: the lawful corpora would make
    every threshold look precise.
    """
    near = [n for n, e in enumerate(report.examples) if e.source not in _FAR]
    violates = np.array([report.examples[n].violates for n in near])
    rows = [
        strengths(dict(zip(report.heads, report.folded[n].tolist(), strict=True))) for n in near
    ]
    slugs = [head for head in report.heads if head != VIOLATES]
    table = np.array([[row[slug] for slug in slugs] for row in rows])
    overall = (table.max(axis=1), violates)
    return {
        slug: _threshold(table[:, number], table.max(axis=1), violates, overall)
        for number, slug in enumerate(slugs)
    }


def _threshold(
    strength: NDArray[np.float64],
    strongest: NDArray[np.float64],
    violates: NDArray[np.bool_],
    overall: tuple[NDArray[np.float64], NDArray[np.bool_]],
) -> Threshold:
    own = (strength[strength == strongest], violates[strength == strongest])
    clue, review = (
        _lowest(own, precision) or _lowest(overall, precision) or policy.CEILING
        for precision in (CLUE_PRECISION, REVIEW_PRECISION)
    )
    return Threshold(review=round(min(review, clue - 0.01), 3), clue=round(clue, 3))


def _lowest(
    judged: tuple[NDArray[np.float64], NDArray[np.bool_]], precision: float
) -> float | None:
    """The lowest strength above which `precision` of the sentences violate; None if none does."""
    strength, violates = judged
    order = np.argsort(-strength, kind="stable")
    right = np.cumsum(violates[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(right >= precision)
    return float(strength[order[enough[-1]]]) if enough.size and enough[-1] >= FEWEST else None


def write(thresholds: Mapping[str, Threshold], path: Path = policy.SHIPPED) -> None:
    """Replace the last block of policy.yml. Raises ConfigError when it does not end with it."""
    text = path.read_text(encoding="utf-8")
    head, heading, _ = text.rpartition(_HEADING)
    if not heading:
        raise ConfigError("缺少 model.thresholds", at=path.name)
    path.write_text(f"{head}{_HEADING}{''.join(_lines(thresholds))}", encoding="utf-8")


def _lines(thresholds: Mapping[str, Threshold]) -> Sequence[str]:
    return [
        f"    {slug}: {{review: {each.review}, clue: {each.clue}}}\n"
        for slug, each in thresholds.items()
    ]
