"""Thresholds of the models' own claims, chosen on unseen examples and written to policy.yml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from classifiers import policy
from classifiers.cascade import page_types, strengths
from classifiers.model import VIOLATES
from classifiers.policy import Threshold
from classifiers.rulebook import Rulebook
from classifiers.training.examples import Example
from domain.errors import ConfigError

CLUE_PRECISION = 0.76
REVIEW_PRECISION = 0.5
LAWFUL_SHARE = 3e-4
"""Of the sentences of the lawful corpora this share may pass the threshold of a type."""

FEWEST = 8
"""A type with fewer sentences above a threshold than this borrows the threshold of all types."""

FAIR_ODDS = 0.55
"""Below this nobody is accused, however precise a type looked on few examples."""

BORROWED = 0.72
"""Below this nobody is accused of a type that has no threshold of its own."""

SURER = {"beauty_salon_medical": 0.72, "wellness_treatment": 0.8}
"""Types of whose context every sentence speaks need more: on a salon's page all is about looks, in
a parlour's all about the body. Chosen on the farm seeds bravo and ci, and on our examples."""

_LEAST, _MOST = 0.25, 0.9
"""A threshold for review lies between these parts of the one for a clue."""

_HEADING = "  thresholds:\n"
_FAR = frozenset({"penalised_tw", "corpus_lawful_medical", "corpus_general"})


@frozen(kw_only=True)
class Judged:
    """Strengths with what is true of their sentences, and how much each sentence counts."""

    strength: NDArray[np.float64]
    violates: NDArray[np.bool_]
    weight: NDArray[np.float64]

    def part(self, chosen: NDArray[np.bool_]) -> Judged:
        return Judged(
            strength=self.strength[chosen],
            violates=self.violates[chosen],
            weight=self.weight[chosen],
        )

    def lowest(self, precision: float) -> float | None:
        """The lowest strength from which on `precision` of the sentences violate, if any is."""
        order = np.argsort(-self.strength, kind="stable")
        right = np.cumsum((self.violates * self.weight)[order]) / np.cumsum(self.weight[order])
        enough = np.flatnonzero(right >= precision)
        if not enough.size or enough[-1] < FEWEST:
            return None
        return float(self.strength[order[enough[-1]]])


def choose(
    examples: Sequence[Example],
    heads: Sequence[str],
    chances: NDArray[np.float32],
    rulebook: Rulebook,
) -> dict[str, Threshold]:
    """Per type the lowest strengths from which enough of the unseen sentences do violate.

    Only sentences of advertisers and of our own texts count for that, half and half: the lawful
    corpora would make every threshold look precise. They bound it from below instead: hardly any
    of their sentences may pass.
    """
    slugs = [head for head in heads if head != VIOLATES]
    by_page = page_types(rulebook)
    rows = [strengths(dict(zip(heads, row, strict=True)), by_page) for row in chances.tolist()]
    table = np.array([[row[slug] for slug in slugs] for row in rows])
    own = np.array([e.source.startswith("own_") for e in examples])
    far = np.array([e.source in _FAR for e in examples])
    violates = np.array([e.violates for e in examples])
    ads = ~own & ~far
    strongest = Judged(
        strength=table.max(axis=1),
        violates=violates,
        weight=np.where(own, 0.5 / max(own.sum(), 1), 0.5 / max(ads.sum(), 1)),
    )
    likeliest = table.argmax(axis=1)
    lawful = table[far & ~violates]
    return {
        slug: _threshold(
            strongest.part(~far & (likeliest == number)),
            strongest.part(~far),
            lawful[:, number],
            SURER.get(slug, FAIR_ODDS),
        )
        for number, slug in enumerate(slugs)
    }


def _threshold(
    typed: Judged, strongest: Judged, lawful: NDArray[np.float64], least: float
) -> Threshold:
    own = typed.lowest(CLUE_PRECISION)
    clue = max(own or strongest.lowest(CLUE_PRECISION) or policy.CEILING, least)
    if own is None:
        clue = max(clue, BORROWED)
    if lawful.size:
        clue = max(clue, float(np.quantile(lawful, 1 - LAWFUL_SHARE)))
    review = typed.lowest(REVIEW_PRECISION) or strongest.lowest(REVIEW_PRECISION) or clue
    return Threshold(
        review=round(min(max(review, clue * _LEAST), clue * _MOST), 3), clue=round(clue, 3)
    )


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
