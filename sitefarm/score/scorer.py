"""Everything together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sitefarm.score import capture, fetches, findings, freshness
from sitefarm.score.adverts import Adverts
from sitefarm.score.ground import read
from sitefarm.score.rows import Row


def score(directory: Path, product: Iterable[Mapping[str, Any]]) -> list[Row]:
    """Score a product's documents (`show --json` objects) and its crawl.

    `directory` is the farm's: truth/*.jsonl and server.jsonl. Raises FileNotFoundError when the
    farm was never started there.
    """
    ground = read(directory)
    examiner = findings.Examiner(ground)
    adverts = Adverts()
    for document in product:
        examiner.examine(document)
        adverts.examine(ground, document)
    return [
        *fetches.rows(ground),
        *freshness.rows(ground),
        *capture.rows(ground, examiner.tally.read),
        *adverts.rows(ground),
        *findings.rows(ground, examiner.tally),
    ]
