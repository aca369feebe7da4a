"""Training of the transformer: writes what judging reads, answers for unseen examples."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.model import student
from classifiers.training import bodies, e5
from classifiers.training.examples import Example
from classifiers.training.export import export, save
from classifiers.training.tuning import Settings, tune

LAYERS = (0, 1, 2, 3)
"""The layers of the encoder that are kept: the first ones, which read words and their order."""

PIECES = 6000
"""With four layers this many pieces keep the file below ten megabytes."""


def train(
    examples: Sequence[Example],
    heads: Sequence[str],
    development: NDArray[np.bool_],
    encoder: Path,
    seed: int,
    *,
    settings: Settings | None = None,
    target: Path = student.SHIPPED,
    checkpoint: Path | None = None,
) -> NDArray[np.float32]:
    """Fine-tune on all examples but the development ones; the logits of those are returned.

    They come from the 8-bit weights that were written, not from the exact ones, which go to
    `checkpoint`.
    """
    body = bodies.cut(
        e5.read(encoder),
        [example.text for example in examples],
        heads=heads,
        layers=LAYERS,
        pieces=PIECES,
    )
    seen = [e for e, unseen in zip(examples, development, strict=True) if not unseen]
    tune(body, seen, heads, settings or Settings(), seed)
    if checkpoint is not None:
        save(body, checkpoint)
    export(body, target)
    unseen = [e.text for e, chosen in zip(examples, development, strict=True) if chosen]
    return student.load(target).logits(unseen)
