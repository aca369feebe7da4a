"""The transformer: a small Chinese encoder with one output per head, quantised, on onnxruntime.

A directory as transformers writes it (config.json, tokenizer.json), with model.onnx in place of
the weights of the framework. Neither torch nor transformers is imported.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

import numpy as np
import onnxruntime as ort
from attrs import field, frozen
from numpy.typing import NDArray
from tokenizers import Tokenizer

from domain.errors import ConfigError

SHIPPED = Path(__file__).with_name("student")
LONGEST = 96
"""Tokens that are read of one sentence, its two ends included."""

_FILES = ("config.json", "tokenizer.json", "model.onnx")

_Matrix = NDArray[np.float32]


@frozen(kw_only=True)
class Student:
    """Reads sentences in normal form. `digest` names the artefact, all its files together."""

    heads: tuple[str, ...]
    digest: str
    tokenizer: Tokenizer = field(eq=False, repr=False)
    session: ort.InferenceSession = field(eq=False, repr=False)

    @property
    def origin(self) -> str:
        """What a finding of this model names as its origin."""
        return f"model:student@{self.digest}"

    def logits(self, texts: Sequence[str]) -> _Matrix:
        """One row per text, one column per head; before calibration.

        Each text is read by itself: in 8 bits a network rounds by the largest value of what it
        reads at once, and what a sentence is worth must not depend on its neighbours.
        """
        table = np.zeros((len(texts), len(self.heads)), dtype=np.float32)
        for row, ids in enumerate(tokens(self.tokenizer, texts)):
            (table[row],) = self.session.run(None, {"input_ids": ids})[0]
        return table


def tokens(tokenizer: Tokenizer, texts: Sequence[str]) -> Iterator[NDArray[np.int64]]:
    """The tokens of each text, as a batch of one."""
    for encoding in tokenizer.encode_batch(list(texts)):
        yield np.array([encoding.ids], dtype=np.int64)


def here(directory: Path) -> bool:
    """Whether the directory holds a quantised transformer."""
    return (directory / _FILES[-1]).exists()


@cache
def load(directory: Path = SHIPPED) -> Student:
    """Open the transformer of a directory. Raises ConfigError when a file is missing or broken."""
    try:
        contents = [(directory / name).read_bytes() for name in _FILES]
        config = json.loads(contents[0])
        tokenizer = Tokenizer.from_str(contents[1].decode("utf-8"))
        heads = tuple(config["id2label"][str(n)] for n in range(len(config["id2label"])))
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"模型无法读取：{error}", at=str(directory)) from None
    try:
        session = ort.InferenceSession(contents[2], _options(), ["CPUExecutionProvider"])
    except Exception as error:  # noqa: BLE001 - the runtime's errors have no base of their own
        raise ConfigError(f"模型无法读取：{error}", at=str(directory)) from None
    tokenizer.enable_truncation(LONGEST)
    digest = hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in contents))
    return Student(
        heads=heads,
        digest=digest.hexdigest()[:12],
        tokenizer=tokenizer,
        session=session,
    )


def _options() -> ort.SessionOptions:
    """One thread: documents are judged side by side by processes, not by threads."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return options
