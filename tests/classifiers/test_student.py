"""The transformer and the opinion of both: artefacts, independence, which sentences stay open."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from classifiers.model import VIOLATES, linear, load, opinion, student
from classifiers.model.student import Student
from classifiers.scan import Piece
from domain.errors import ConfigError

CLAIM = "本院三个疗程彻底根治白癜风,治愈率98%"
PLAIN = "医院地址:幸福路8号,门诊时间8:00至17:00"


@attrs.frozen(kw_only=True)
class Watched(Student):
    """The shipped transformer, which remembers what it was given."""

    read: list[str]

    def logits(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.read.extend(texts)
        return super().logits(texts)


def _pieces(*texts: str) -> list[Piece]:
    ends = np.cumsum([len(text) for text in texts]).tolist()
    return [Piece(start=e - len(text), end=e) for e, text in zip(ends, texts, strict=True)]


def test_the_artefact_is_small_and_of_one_make() -> None:
    assert (student.SHIPPED / "model.onnx").stat().st_size <= 10_000_000
    heads = student.load().heads
    assert heads[0] == VIOLATES
    assert linear.load().heads == heads == opinion.read_blend().heads


@settings(max_examples=25, deadline=None)
@given(st.lists(st.text(alphabet="本院根治愈率98%,。 你\U0001f31f", max_size=120), max_size=20))
def test_a_sentence_is_read_the_same_in_any_company(texts: list[str]) -> None:
    together = student.load().logits(texts)
    assert together.shape == (len(texts), len(student.load().heads))
    for row, text in zip(together, texts, strict=True):
        np.testing.assert_allclose(row, student.load().logits([text])[0], atol=1e-5)


def test_both_models_tell_a_claim_from_an_address() -> None:
    claim, plain = load(0.0).chances(CLAIM + PLAIN, _pieces(CLAIM, PLAIN), [False, False])
    assert claim[VIOLATES] > 0.8
    assert claim["efficacy_guarantee"] > 0.5
    assert plain[VIOLATES] < 0.1


def test_the_transformer_reads_only_what_stays_open() -> None:
    read: list[str] = []
    watched = Watched(**attrs.asdict(student.load(), recurse=False), read=read)
    both = attrs.evolve(load(0.05), transformer=watched)
    both.chances(CLAIM + PLAIN, _pieces(CLAIM, PLAIN), [False, False])
    assert read == [CLAIM]
    both.chances(PLAIN, _pieces(PLAIN), [True])
    assert read == [CLAIM, PLAIN]


def test_nothing_to_read_is_no_error() -> None:
    assert load(0.05).chances("", [], []) == []
    assert student.load().logits([]).shape == (0, len(student.load().heads))


def test_a_broken_artefact_is_named(tmp_path: Path) -> None:
    target = tmp_path / "student"
    shutil.copytree(student.SHIPPED, target)
    (target / "model.onnx").write_bytes(b"not a model")
    with pytest.raises(ConfigError, match="student"):
        student.load(target)
    (target / "model.onnx").unlink()
    with pytest.raises(ConfigError, match="student"):
        student.load(target)
    blend = tmp_path / "blend.json"
    blend.write_text(json.dumps({VIOLATES: {"linear": 1}}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"blend\.json"):
        opinion.read_blend(blend)
