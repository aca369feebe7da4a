"""Writes a fine-tuned body: exact as transformers keeps it, or as judging reads it, in 8 bits."""

from __future__ import annotations

import tempfile
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from tokenizers import Tokenizer
from torch import Tensor, nn
from transformers import BertForSequenceClassification

from classifiers.model import student
from classifiers.training.bodies import END, PAD, START, Body
from domain.errors import PermanentError

MOST_BYTES = 10_000_000
_OPSET = 17
_PROBE = 8


class _Whole(nn.Module):  # type: ignore[misc]  # torch is not there when types are checked
    """Ids in, logits out; what is padding follows from the ids."""

    def __init__(self, body: Body) -> None:
        super().__init__()
        self.network = body.network.to("cpu").eval()

    def forward(self, ids: Tensor) -> Tensor:
        result: Tensor = self.network(ids, attention_mask=(ids != PAD).long()).logits
        return result


def save(body: Body, directory: Path) -> None:
    """Write the exact weights, so that they can be trained on or quantised again."""
    body.network.save_pretrained(directory)
    body.tokenizer.save(str(directory / "tokenizer.json"), pretty=False)


def quantise(checkpoint: Path, directory: Path) -> None:
    """Write what `save` or transformers wrote as the directory that judging reads.

    Raises PermanentError when the checkpoint cannot be read or the result is too large.
    """
    try:
        network = BertForSequenceClassification.from_pretrained(checkpoint, local_files_only=True)
        tokenizer = Tokenizer.from_file(str(checkpoint / "tokenizer.json"))
    except Exception as error:  # noqa: BLE001 - the frameworks' errors have no base of their own
        raise PermanentError(f"模型无法读取：{error}", at=str(checkpoint)) from None
    export(Body(network=network, tokenizer=tokenizer), directory)


def export(body: Body, directory: Path) -> None:
    """Write config.json, tokenizer.json and model.onnx. Raises PermanentError when too large."""
    directory.mkdir(parents=True, exist_ok=True)
    body.network.config.to_json_file(directory / "config.json")
    body.tokenizer.save(str(directory / "tokenizer.json"), pretty=False)
    target = directory / "model.onnx"
    with tempfile.TemporaryDirectory() as folder:
        exact = Path(folder) / "exact.onnx"
        probe = torch.full((2, _PROBE), START + END)
        torch.onnx.export(
            _Whole(body),
            (probe,),
            str(exact),
            input_names=["input_ids"],
            output_names=["logits"],
            dynamic_axes={"input_ids": {0: "batch", 1: "length"}, "logits": {0: "batch"}},
            opset_version=_OPSET,
            dynamo=False,
        )
        model = onnx.load(str(exact))
        del model.graph.value_info[:]
        onnx.save(model, str(exact))
        quantize_dynamic(str(exact), str(target), per_channel=True, weight_type=QuantType.QInt8)
    if target.stat().st_size > MOST_BYTES:
        raise PermanentError(f"{target.name} 为 {target.stat().st_size} 字节，上限 {MOST_BYTES}")
    student.load.cache_clear()
