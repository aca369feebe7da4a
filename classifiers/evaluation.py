"""How well the judge reads labelled texts: text alone, no facts, the shipped thresholds."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Literal

from attrs import Factory, frozen
from pydantic import TypeAdapter, ValidationError

from classifiers.judge import Judge
from domain.errors import ConfigError
from domain.findings import Assessment, Verdict
from storage.datafiles import Strict

_DEFAULT_DAY = datetime(2026, 1, 1, tzinfo=UTC)
_RESAMPLES = 500
_BINS = 10


class Row(Strict):
    """One labelled text of a JSON-lines file. `captured_at` decides which law applies."""

    text: str
    label: Literal["violation", "lawful"]
    types: tuple[str, ...] = ()
    id: str | None = None
    source: str | None = None
    captured_at: datetime | None = None


@frozen(kw_only=True)
class Prediction:
    """What the judge made of a row.

    `score`: how likely it violates, by its strongest finding; `types` and `spans` (offsets) are of
    the findings good for a clue.
    """

    id: str
    score: float
    verdict: Verdict
    types: tuple[str, ...]
    spans: tuple[tuple[int, int], ...]

    @property
    def positive(self) -> bool:
        """Whether a finding passed the threshold of a clue."""
        return bool(self.types)


@frozen(kw_only=True)
class TypeReport:
    """Recall of one type over the rows that carry it; `ci` is a 95 % bootstrap interval."""

    n: int
    recall: float
    ci: tuple[float, float]


@frozen(kw_only=True)
class EvaluationReport:
    """The figures of one evaluation; `review` is the share of rows for a person to look at.

    `calibration_error`: expected difference between `score` and the share that violates, over ten
    bins of like width (ECE; Guo et al. 2017). `perturbations`: the recall that is left when the
    violating rows are disguised, by the way.
    """

    n: int
    precision: float
    recall: float
    f1: float
    review: float
    per_type: Mapping[str, TypeReport]
    calibration_error: float
    segments_per_second: float
    perturbations: Mapping[str, float] = Factory(dict)


def read_rows(lines: Iterable[str], *, name: str) -> Iterator[Row]:
    """The rows of a JSON-lines file. Raises ConfigError (file:line)."""
    adapter = TypeAdapter(Row)
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            yield adapter.validate_json(line)
        except ValidationError as error:
            problem = error.errors()[0]
            where = ".".join(str(part) for part in problem["loc"])
            raise ConfigError(f"{where} {problem['msg']}", at=f"{name}:{number}") from None


def predict(rows: Sequence[Row], judge: Judge) -> list[Prediction]:
    """Judge every row by its text alone."""
    return [_prediction(number, row, judge) for number, row in enumerate(rows)]


def recall_under(rows: Sequence[Row], judge: Judge, disguise: Callable[[str], str]) -> float:
    """The recall over the violating rows after `disguise` has been over their texts."""
    wanted = [row for row in rows if row.label == "violation"]
    disguised = [row.model_copy(update={"text": disguise(row.text)}) for row in wanted]
    found = predict(disguised, judge)
    return _ratio(sum(prediction.positive for prediction in found), len(wanted))


def evaluate(
    rows: Sequence[Row],
    predictions: Sequence[Prediction],
    *,
    seconds: float,
    seed: int = 0,
) -> EvaluationReport:
    """Compare predictions with labels. `seconds` is how long the predicting took."""
    pairs = list(zip(rows, predictions, strict=True))
    wanted = [row.label == "violation" for row in rows]
    positives = sum(p.positive for p in predictions)
    right = sum(p.positive and want for p, want in zip(predictions, wanted, strict=True))
    precision = _ratio(right, positives)
    recall = _ratio(right, sum(wanted))
    reviews = sum(p.verdict is Verdict.REVIEW for p in predictions)
    return EvaluationReport(
        n=len(pairs),
        precision=precision,
        recall=recall,
        f1=_ratio(2 * precision * recall, precision + recall),
        review=_ratio(reviews, len(pairs)),
        per_type=_per_type(pairs, random.Random(seed)),  # noqa: S311 - resampling, not a secret
        calibration_error=calibration_error([p.score for p in predictions], wanted),
        segments_per_second=_ratio(len(pairs), seconds),
    )


def calibration_error(chances: Sequence[float], violates: Sequence[bool]) -> float:
    """How far probabilities are from what came true, weighed by how many fall into each bin."""
    bins: dict[int, list[float]] = defaultdict(list)
    for chance, true in zip(chances, violates, strict=True):
        bins[min(int(chance * _BINS), _BINS - 1)].append(chance - true)
    return _ratio(sum(abs(sum(gaps)) for gaps in bins.values()), len(chances))


def _prediction(number: int, row: Row, judge: Judge) -> Prediction:
    assessment = judge.judge_text(row.text, captured_at=row.captured_at or _DEFAULT_DAY)
    passed = [
        finding
        for finding in assessment.findings
        if judge.policy.grade(finding.type, finding.score) is Verdict.CLUE
    ]
    return Prediction(
        id=row.id or str(number),
        score=judge.policy.chance(strongest(assessment)),
        verdict=assessment.verdict,
        types=tuple(sorted({finding.type for finding in passed})),
        spans=tuple((finding.start, finding.end) for finding in passed),
    )


def strongest(assessment: Assessment) -> float:
    """The score of the strongest finding, 0 without one."""
    return max((finding.score for finding in assessment.findings), default=0.0)


def _per_type(
    pairs: Sequence[tuple[Row, Prediction]], draw: random.Random
) -> dict[str, TypeReport]:
    slugs = sorted({slug for row, _ in pairs for slug in row.types})
    report: dict[str, TypeReport] = {}
    for slug in slugs:
        hits = [slug in prediction.types for row, prediction in pairs if slug in row.types]
        report[slug] = TypeReport(
            n=len(hits), recall=_ratio(sum(hits), len(hits)), ci=_interval(hits, draw)
        )
    return report


def _interval(hits: Sequence[bool], draw: random.Random) -> tuple[float, float]:
    """The middle 95 % of the recall over resamples of the same size."""
    recalls = sorted(
        _ratio(sum(draw.choices(hits, k=len(hits))), len(hits)) for _ in range(_RESAMPLES)
    )
    edge = int(_RESAMPLES * 0.025)
    return recalls[edge], recalls[-edge - 1]


def _ratio(part: float, whole: float) -> float:
    return round(part / whole, 4) if whole else 0.0
