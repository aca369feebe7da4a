"""The cascade is worth more than its parts on our own held-out texts."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("scipy", reason="训练需要可选依赖 train")

from classifiers.model import load
from classifiers.rulebook import load as load_rulebook
from classifiers.training.ablation import ablation
from classifiers.training.examples import Sources
from classifiers.training.linear import TrainingReport


def test_rules_and_model_together_beat_either() -> None:
    model = load()
    nothing = TrainingReport(
        heads=model.heads,
        examples=(),
        folded=np.zeros((0, len(model.heads)), dtype=np.float32),
        grams=0,
        digest=model.digest,
    )
    scores = {score.reader: score for score in ablation(Sources(), nothing, load_rulebook())}
    cascade = scores.pop("cascade")
    assert set(scores) == {"rules", "model"}
    for part in scores.values():
        assert cascade.n == part.n
        assert cascade.recall > part.recall
        assert cascade.f1 > part.f1
    assert cascade.precision > scores["rules"].precision
