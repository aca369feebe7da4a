"""Training of the linear model: `train` writes weights and reports on them.

Everything that can vary is an argument; the same examples and folds give the same bytes. Needs the
extra `train` (scipy); judging does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray
from scipy import sparse
from scipy.optimize import minimize
from scipy.special import expit

from classifiers.model import grams, linear, marks
from classifiers.scan import Piece
from classifiers.training.examples import Example, targets

_Matrix = NDArray[np.float32]
_Wide = NDArray[np.float64]


@frozen(kw_only=True)
class Settings:
    """What training may be told. `kept` grams with the heaviest weights are shipped."""

    penalty: float = 0.03
    iterations: int = 45
    seen: int = 4
    kept: int = 150_000


@frozen(kw_only=True)
class TrainingReport:
    """What came of a training. `unseen`: logits of the development examples, a row for each."""

    unseen: _Matrix
    grams: int
    digest: str


@frozen(kw_only=True)
class _Task:
    """Features, wanted answers and their weights; one row per example."""

    features: sparse.csr_matrix
    wanted: _Matrix
    weights: _Matrix

    def part(self, chosen: NDArray[np.bool_]) -> _Task:
        """The same for some of the examples."""
        return _Task(
            features=self.features[np.flatnonzero(chosen)],
            wanted=self.wanted[chosen],
            weights=self.weights[chosen],
        )


def train(
    examples: Sequence[Example],
    heads: Sequence[str],
    development: NDArray[np.bool_],
    *,
    settings: Settings | None = None,
    target: Path = linear.SHIPPED,
) -> TrainingReport:
    """Fit, calibrate and write the weights.

    The examples marked in `development` take no part in the fitting; they calibrate.
    """
    chosen = settings or Settings()
    task, slots = _selected(_task(examples, heads), examples, chosen.seen)
    rest, unseen = task.part(~development), task.part(development)
    weights = fit(rest.features, rest.wanted, rest.weights, chosen)
    sums = unseen.features @ weights
    slope, offset = _calibration(sums, unseen)
    grams_only = weights[: len(slots)]
    heaviest = np.sort(np.argsort(-np.abs(grams_only).max(axis=1), kind="stable")[: chosen.kept])
    linear.save(
        target,
        heads=heads,
        slots=slots[heaviest].astype(np.uint32),
        weights=grams_only[heaviest],
        marks=weights[len(slots) :],
        slope=slope,
        offset=offset,
    )
    linear.load.cache_clear()
    return TrainingReport(
        unseen=sums * slope + offset,
        grams=len(heaviest),
        digest=linear.load(target).digest,
    )


def features(texts: Sequence[str]) -> sparse.csr_matrix:
    """Slots of grams, then marks, one row per text: what the model sums up."""
    ends = np.cumsum([0, *(len(text) for text in texts)]).tolist()
    pieces = [Piece(start=a, end=b) for a, b in pairwise(ends)]
    laid = grams.strip("".join(texts), pieces)
    owner = np.repeat(np.arange(len(texts)), laid.ends - laid.starts)
    rows: list[NDArray[np.int64]] = []
    columns: list[NDArray[np.int64]] = []
    for length in range(1, grams.LONGEST_GRAM + 1):
        found = grams.slots(laid, length)
        real = found != grams.NOWHERE
        rows.append(owner[real])
        columns.append(found[real])
    row = np.concatenate(rows)
    worth = (1 / np.sqrt(laid.counts.astype(np.float32)))[row]
    counted = sparse.csr_matrix(
        (worth, (row, np.concatenate(columns))), shape=(len(texts), 1 << grams.BITS)
    )
    return sparse.hstack([counted, sparse.csr_matrix(marks.marks(laid))], format="csr")


def fit(seen: sparse.csr_matrix, wanted: _Matrix, weights: _Matrix, settings: Settings) -> _Matrix:
    """Logistic regression with a ridge, all heads at once; a row of weights per feature."""
    turned = seen.T.tocsr()
    shape = (seen.shape[1], wanted.shape[1])

    def loss(flat: _Wide) -> tuple[float, _Wide]:
        table = flat.reshape(shape).astype(np.float32)
        sums = seen @ table
        wrong = (np.logaddexp(0, sums) - wanted * sums) * weights
        slope = turned @ ((expit(sums) - wanted) * weights)
        slope += np.float32(settings.penalty) * table
        ridge = 0.5 * settings.penalty * float(np.square(flat).sum())
        return float(wrong.sum(dtype=np.float64)) + ridge, slope.ravel().astype(np.float64)

    found = minimize(
        loss,
        np.zeros(shape[0] * shape[1]),
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": settings.iterations, "maxcor": 6},
    )
    return np.asarray(found.x, dtype=np.float32).reshape(shape)


def _task(examples: Sequence[Example], heads: Sequence[str]) -> _Task:
    wanted, counts = targets(examples, heads)
    weights = counts * np.array([[e.weight] for e in examples], dtype=np.float32)
    return _Task(features=features([e.text for e in examples]), wanted=wanted, weights=weights)


def _selected(
    task: _Task, examples: Sequence[Example], seen: int
) -> tuple[_Task, NDArray[np.int64]]:
    """Only the grams seen in `seen` or more sentences of advertisers or of our own."""
    ours = np.array(["/" in e.source or e.source.startswith("own_") for e in examples])
    count = np.diff(task.features[ours].tocsc().indptr)[: 1 << grams.BITS]
    slots = np.flatnonzero(count >= seen)
    kept = np.concatenate([slots, np.arange(1 << grams.BITS, task.features.shape[1])])
    narrow = task.features.tocsc()[:, kept].tocsr()
    return _Task(features=narrow, wanted=task.wanted, weights=task.weights), slots


def _calibration(sums: _Matrix, task: _Task) -> tuple[_Matrix, _Matrix]:
    """Slope and offset per head that make sums of unseen examples probabilities (Platt)."""
    fitted = [
        _platt(s, w, v) for s, w, v in zip(sums.T, task.wanted.T, task.weights.T, strict=True)
    ]
    return (
        np.array([slope for slope, _ in fitted], dtype=np.float32),
        np.array([offset for _, offset in fitted], dtype=np.float32),
    )


def _platt(sums: _Matrix, wanted: _Matrix, weights: _Matrix) -> tuple[float, float]:
    s, y, v = (part.astype(np.float64) for part in (sums, wanted, weights))

    def loss(at: _Wide) -> tuple[float, _Wide]:
        logit = at[0] * s + at[1]
        wrong = (expit(logit) - y) * v
        value = float(((np.logaddexp(0, logit) - y * logit) * v).sum()) + 1e-3 * float(at @ at)
        return value, np.array([wrong @ s, wrong.sum()]) + 2e-3 * at

    found = minimize(loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B")
    return float(found.x[0]), float(found.x[1])
