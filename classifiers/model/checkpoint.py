"""A fine-tuned checkpoint directory of transformers in place of the shipped student.

Needs torch and transformers, which judging does without otherwise; they are looked for only when
the settings name a checkpoint that is not quantised.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray
from tokenizers import Tokenizer

from classifiers.model.student import LONGEST, tokens
from domain.errors import ConfigError

_CONFIG, _TOKENIZER = "config.json", "tokenizer.json"

_Matrix = NDArray[np.float32]


@frozen(kw_only=True)
class Checkpoint:
    """A network for sequence classification with several labels, read through torch."""

    heads: tuple[str, ...]
    digest: str
    tokenizer: Tokenizer = field(eq=False, repr=False)
    network: Any = field(eq=False, repr=False)
    torch: Any = field(eq=False, repr=False)

    @property
    def origin(self) -> str:
        """What a finding of this model names as its origin."""
        return f"model:checkpoint@{self.digest}"

    def logits(self, texts: Sequence[str]) -> _Matrix:
        """One row per text, one column per head; before calibration."""
        table = np.zeros((len(texts), len(self.heads)), dtype=np.float32)
        with self.torch.inference_mode():
            for row, ids in enumerate(tokens(self.tokenizer, texts)):
                result = self.network(self.torch.from_numpy(ids))
                table[row] = result.logits[0].float().numpy()
        return table


@cache
def load(directory: Path) -> Checkpoint:
    """Open a checkpoint. Raises ConfigError when it, torch or transformers cannot be read."""
    try:
        torch, transformers = map(importlib.import_module, ("torch", "transformers"))
    except ImportError as error:
        raise ConfigError(
            f"读取未量化的模型需要 {error.name}：pip install 'cluewatch[train]'，"
            "或先用 cluewatch model export 量化",
            at=str(directory),
        ) from None
    try:
        config = json.loads((directory / _CONFIG).read_bytes())
        tokenizer = Tokenizer.from_file(str(directory / _TOKENIZER))
        heads = tuple(config["id2label"][str(n)] for n in range(len(config["id2label"])))
        network = transformers.AutoModelForSequenceClassification.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        ).eval()
    except Exception as error:  # noqa: BLE001 - the frameworks' errors have no base of their own
        raise ConfigError(f"模型无法读取：{error}", at=str(directory)) from None
    tokenizer.enable_truncation(LONGEST)
    return Checkpoint(
        heads=heads,
        digest=_digest(directory),
        tokenizer=tokenizer,
        network=network,
        torch=torch,
    )


def _digest(directory: Path) -> str:
    """Names the artefact: all files of the directory together."""
    whole = hashlib.sha256()
    for path in sorted(directory.iterdir()):
        if path.is_file():
            with path.open("rb") as contents:
                whole.update(hashlib.file_digest(contents, "sha256").digest())
    return whole.hexdigest()[:12]
