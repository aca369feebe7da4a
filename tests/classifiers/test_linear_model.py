"""The character model: the artefact, the hash, places of words, and what it costs to load."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.model import VIOLATES, grams, linear, marks
from classifiers.model.linear import load
from classifiers.rulebook import load as load_rulebook
from classifiers.scan import Piece
from domain.errors import ConfigError

TEXT = "本院三个疗程彻底根治白癜风,治愈率98%"
WHOLE = [Piece(start=0, end=len(TEXT))]
GOLDEN = {1: [892303, 1016101, 39480], 2: [954323, 114264, 843826], 4: [231330, 660871, -1]}


@pytest.mark.parametrize("length", sorted(GOLDEN))
def test_the_hash_is_the_same_in_every_process(length: int) -> None:
    laid = grams.strip("治愈率", [Piece(start=0, end=3)])
    assert grams.slots(laid, length)[:3].tolist() == GOLDEN[length]


def test_the_shipped_weights_know_only_active_rules() -> None:
    model = load()
    slugs = {rule.slug for rule in load_rulebook().active}
    assert set(model.heads) <= {VIOLATES, *slugs}
    assert model.origin == f"model:linear@{model.digest}"
    assert linear.SHIPPED.stat().st_size <= 3_000_000


def test_loading_needs_nothing_of_training() -> None:
    program = (
        "import sys; from classifiers.judge import Judge; from classifiers.rulebook import load;"
        "Judge(load()); heavy = {'scipy', 'torch', 'transformers', 'onnx'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_a_claim_is_likelier_than_an_address() -> None:
    model = load()
    address = "医院地址:幸福路8号,门诊时间8:00至17:00"
    pieces = [Piece(start=0, end=len(TEXT)), Piece(start=len(TEXT), end=len(TEXT + address))]
    claim, plain = model.logits(TEXT + address, pieces)[:, model.head(VIOLATES)]
    assert claim > 0
    assert plain < -2


@given(st.lists(st.text(max_size=30), max_size=6))
def test_a_piece_is_judged_by_itself(texts: list[str]) -> None:
    model, joined, pieces = load(), "".join(texts), []
    at = 0
    for text in texts:
        pieces.append(Piece(start=at, end=at + len(text)))
        at += len(text)
    together = model.logits(joined, pieces)
    assert together.shape == (len(texts), len(model.heads))
    for row, text in zip(together, texts, strict=True):
        alone = model.logits(text, [Piece(start=0, end=len(text))])[0]
        np.testing.assert_allclose(row, alone, rtol=1e-3, atol=1e-4)


@given(st.text(alphabet="本院彻底根治愈率98%,。 你", max_size=40), st.integers(0, 5))
def test_words_and_shares_belong_to_their_piece(text: str, skip: int) -> None:
    piece = Piece(start=min(skip, len(text)), end=len(text))
    inside = text[piece.start : piece.end]
    model = load()
    assert len(model.weigh(text, piece, VIOLATES).shares) == len(inside)
    for start, end in model.weigh(text, piece, VIOLATES).telling:
        assert piece.start <= start < start + 2 <= end <= piece.end


def test_shares_add_up_to_the_grams_of_the_piece() -> None:
    model = load()
    laid = grams.strip(TEXT, WHOLE)
    column = model.head(VIOLATES)
    edges = float(model.sums(laid)[0, column] - (marks.marks(laid) @ model.marks)[0, column])
    shares = float(model.weigh(TEXT, WHOLE[0], VIOLATES).shares.sum())
    # Grams over the edges of the piece belong to no character of it, so the sums differ by those.
    assert abs(shares - edges) < 0.5 * edges


def test_marks_say_what_signs_a_piece_has() -> None:
    shown = marks.marks(grams.strip(TEXT, WHOLE))[0] > 0
    names = {name for name, on in zip(marks.NAMES, shown, strict=True) if on}
    assert names == {"up_to_32", "digit", "percent", "provider"}


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    broken = tmp_path / "linear.npz"
    broken.write_bytes(b"no archive")
    with pytest.raises(ConfigError, match=r"linear\.npz"):
        load(broken)
