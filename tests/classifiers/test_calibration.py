"""Scores read as probabilities: the curve rises, fits what came true, is written in its place."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("scipy", reason="训练需要可选依赖 train")

from classifiers import policy
from classifiers.evaluation import calibration_error
from classifiers.training import calibration
from domain.errors import ConfigError


def test_the_curve_says_what_came_true(tmp_path: Path) -> None:
    draw = np.random.default_rng(5)
    scores = draw.uniform(0.5, 1.0, 4000)
    violates = draw.uniform(size=4000) < (scores - 0.5) * 2
    path = Path(shutil.copy(policy.SHIPPED, tmp_path))
    calibration.write(calibration.fit(scores, violates), path)
    fitted = policy.load(path)
    assert fitted.thresholds == policy.load().thresholds
    assert fitted.model == policy.load().model
    chances = [fitted.chance(score) for score in scores.tolist()]
    assert calibration_error(chances, violates.tolist()) < 0.03
    assert sorted(chances) == [fitted.chance(score) for score in sorted(scores.tolist())]


def test_a_policy_without_the_block_is_named(tmp_path: Path) -> None:
    path = tmp_path / "policy.yml"
    path.write_text("version: 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="chances"):
        calibration.write((), path)


def test_error_is_the_gap_between_chance_and_share() -> None:
    assert calibration_error([0.75] * 4, [True, True, True, False]) == 0.0
    assert calibration_error([0.95, 0.05], [False, True]) == pytest.approx(0.95)
