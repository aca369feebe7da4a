"""`python -m classifiers.training CORPORA`: weights, thresholds and the table of the model card."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classifiers.rulebook import load
from classifiers.training import linear, thresholds
from classifiers.training.ablation import ablation
from classifiers.training.examples import Sources


def run(
    corpora: Annotated[Path, typer.Argument(help="folder with labels_ads.jsonl and the corpora")],
    seed: Annotated[int, typer.Option(help="deals the sources into folds")] = 7,
) -> None:
    """Train the linear model, write its thresholds into policy.yml and measure the cascade."""
    sources = Sources(corpora=corpora)
    report = linear.train(sources, seed)
    thresholds.write(thresholds.choose(report))
    typer.echo(f"{len(report.examples)} sentences, {report.grams} grams, {report.digest}")
    for score in ablation(sources, report, load()):
        typer.echo(
            f"| {score.texts} | {score.reader} | {score.n} | {score.precision:.3f} "
            f"| {score.recall:.3f} | {score.f1:.3f} | {score.clues:.1f} |"
        )


if __name__ == "__main__":
    typer.run(run)
