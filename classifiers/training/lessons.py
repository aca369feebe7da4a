"""What a transformer is taught: sentences with the answers that each head should give."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from classifiers.training.examples import Example, importance, targets

_Matrix = NDArray[np.float32]


@frozen(kw_only=True)
class Lessons:
    """Sentences, the probability each head should give them, and how much each answer counts.

    `wanted` and `weights` have a row per sentence and a column per head.
    """

    texts: tuple[str, ...]
    wanted: _Matrix
    weights: _Matrix

    def with_more(self, more: Lessons) -> Lessons:
        """These and then those."""
        return Lessons(
            texts=self.texts + more.texts,
            wanted=np.concatenate([self.wanted, more.wanted]),
            weights=np.concatenate([self.weights, more.weights]),
        )


def marked(
    examples: Sequence[Example], heads: Sequence[str], *, lawful: float, seed: int
) -> Lessons:
    """Lessons of what people marked; of the lawful corpora only the part `lawful`, by lot."""
    draw = random.Random(seed)  # noqa: S311 - dealing, not a secret
    chosen = [e for e in examples if not _far(e) or draw.random() < lawful]
    wanted, counts = targets(chosen, heads)
    return Lessons(
        texts=tuple(example.text for example in chosen),
        wanted=wanted,
        weights=counts * importance(chosen)[:, None],
    )


def supposed(texts: Sequence[str], chances: _Matrix, *, weight: float) -> Lessons:
    """Lessons of what a teacher supposes of sentences that nobody marked."""
    return Lessons(texts=tuple(texts), wanted=chances, weights=np.full_like(chances, weight))


def _far(example: Example) -> bool:
    return example.source.startswith("corpus_")
