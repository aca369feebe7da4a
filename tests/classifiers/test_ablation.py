"""The cascade is worth more than its parts on our own held-out texts."""

from __future__ import annotations

import pytest

pytest.importorskip("scipy", reason="训练需要可选依赖 train")

from classifiers.rulebook import load
from classifiers.training.ablation import ablation
from classifiers.training.examples import Sources


def test_rules_and_models_together_beat_either() -> None:
    scores = {score.reader: score for score in ablation(Sources(), frozenset(), load())}
    cascade = scores.pop("cascade")
    assert set(scores) == {"rules", "models"}
    for part in scores.values():
        assert cascade.n == part.n
        assert cascade.recall > part.recall
        assert cascade.f1 > part.f1
    assert cascade.precision > scores["rules"].precision
