"""Fits how the logits of both models become one probability per head."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

from classifiers.model import opinion
from classifiers.model.opinion import Blend

_Matrix = NDArray[np.float32]
_Wide = NDArray[np.float64]

FEWEST = 40
"""A head with fewer positive examples borrows the weights of all heads together."""

_RIDGE = 1e-2


def fit(
    heads: Sequence[str], linear: _Matrix, student: _Matrix, wanted: _Matrix, weights: _Matrix
) -> Blend:
    """Weights of both logits and an offset per head; rows are examples no model has seen."""
    shared = _solve(*(part.ravel() for part in (linear, student, wanted, weights)))
    columns = [
        _solve(linear[:, n], student[:, n], wanted[:, n], weights[:, n])
        if wanted[weights[:, n] > 0, n].sum() >= FEWEST
        else shared
        for n in range(len(heads))
    ]
    table = np.array(columns, dtype=np.float32)
    return Blend(heads=tuple(heads), linear=table[:, 0], student=table[:, 1], offset=table[:, 2])


def write(blend: Blend, path: Path = opinion.SHIPPED) -> None:
    """Write the weights as `opinion.read_blend` reads them, rounded to four digits."""
    columns = (blend.linear.tolist(), blend.student.tolist(), blend.offset.tolist())
    rows = {
        head: {"linear": round(a, 4), "student": round(b, 4), "offset": round(c, 4)}
        for head, a, b, c in zip(blend.heads, *columns, strict=True)
    }
    path.write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    opinion.read_blend.cache_clear()


def _solve(linear: _Matrix, student: _Matrix, wanted: _Matrix, weights: _Matrix) -> _Wide:
    """A logistic regression on two logits whose weights may not be negative."""
    a, b, y, v = (part.astype(np.float64) for part in (linear, student, wanted, weights))

    def loss(at: _Wide) -> tuple[float, _Wide]:
        logit = at[0] * a + at[1] * b + at[2]
        wrong = (expit(logit) - y) * v
        value = float(((np.logaddexp(0, logit) - y * logit) * v).sum()) + _RIDGE * float(at @ at)
        return value, np.array([wrong @ a, wrong @ b, wrong.sum()]) + 2 * _RIDGE * at

    bounds = [(0, None), (0, None), (None, None)]
    return np.asarray(
        minimize(loss, np.array([0.5, 0.5, 0.0]), jac=True, method="L-BFGS-B", bounds=bounds).x
    )
