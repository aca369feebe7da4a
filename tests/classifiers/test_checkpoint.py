"""A fine-tuned checkpoint directory takes the place of the shipped transformer by setting."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest

from classifiers.model import checkpoint, load, student
from classifiers.scan import Piece
from domain.errors import ConfigError

TORCH = importlib.util.find_spec("torch") is not None
TEXT = "保证根治牛皮癣"


def test_a_quantised_directory_is_read_without_torch(tmp_path: Path) -> None:
    copy = tmp_path / "mine"
    shutil.copytree(student.SHIPPED, copy)
    mine, shipped = load(0.0, copy), load(0.0)
    piece = [Piece(start=0, end=len(TEXT))]
    assert mine.chances(TEXT, piece, [True]) == shipped.chances(TEXT, piece, [True])
    assert mine.origin == shipped.origin


def test_a_directory_without_a_model_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError):
        load(0.0, tmp_path)


@pytest.mark.skipif(TORCH, reason="torch is installed: nothing is missing")
def test_without_torch_the_error_names_what_to_install(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cluewatch\[train\]"):
        checkpoint.load(tmp_path)


@pytest.mark.skipif(not TORCH, reason="torch and transformers (extra train) are not installed")
@pytest.mark.filterwarnings("ignore")  # torch warns of its own exporter and of tracing
def test_an_exact_checkpoint_is_read_and_exported(tmp_path: Path) -> None:
    transformers = pytest.importorskip("transformers")
    shipped = student.load()
    config = transformers.BertConfig(
        vocab_size=shipped.tokenizer.get_vocab_size(),
        hidden_size=24,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
        pad_token_id=1,
        id2label=dict(enumerate(shipped.heads)),
        label2id={head: number for number, head in enumerate(shipped.heads)},
    )
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path / "exact")
    shutil.copy(student.SHIPPED / "tokenizer.json", tmp_path / "exact" / "tokenizer.json")
    exact = load(0.0, tmp_path / "exact")
    assert exact.origin.startswith("model:checkpoint@")
    export = importlib.import_module("classifiers.training.export")
    export.quantise(tmp_path / "exact", tmp_path / "small")
    small = load(0.0, tmp_path / "small")
    gap = exact.transformer.logits([TEXT]) - small.transformer.logits([TEXT])
    assert abs(gap).max() < 0.1
