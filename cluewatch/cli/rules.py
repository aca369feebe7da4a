"""Commands about the rulebook and its measure: rules list|show|test|lock, evaluate."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from classifiers import evaluation, lock
from classifiers.evaluation import EvaluationRow
from cluewatch.bootstrap import Services
from cluewatch.cli.output import Exit, emit_json, err, listing, out
from cluewatch.settings import load_settings
from storage.records import to_plain

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]

rules_app = typer.Typer(help="规则库：列出、查看、自测、锁定版本。", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.add_typer(rules_app, name="rules")
    app.command()(evaluate)


@rules_app.command("list")
def list_rules(as_json: Json = False) -> None:
    """列出全部违法类型及其规则版本。"""
    book = Services(load_settings()).rulebook
    rows = (
        {
            "id": slug,
            "title": rule.title_zh,
            "family": rule.family.value,
            "severity": rule.severity,
            "version": rule.version,
        }
        for slug, rule in book.rules.items()
    )
    columns = ("id", "title", "family", "severity", "version")
    listing(f"规则库 {book.version}", columns, rows, as_json=as_json)


@rules_app.command("show")
def show_rule(slug: Annotated[str, typer.Argument(help="违法类型")]) -> None:
    """显示一个违法类型的依据、罚则与例句。"""
    book = Services(load_settings()).rulebook
    if slug not in book.rules:
        raise typer.BadParameter(f"没有类型 {slug}；见 cluewatch rules list")
    emit_json(to_plain(book.rules[slug]))


@rules_app.command("test")
def test_rules() -> None:
    """运行每条规则自带的正反例句。"""
    services = Services(load_settings())
    failures = evaluation.example_failures(services.judge)
    for failure in failures:
        err.print(str(failure))
    out.print(f"{len(services.rulebook.rules)} 个类型，{len(failures)} 条例句不符。")
    if failures:
        raise typer.Exit(Exit.PROBLEM)


@rules_app.command("lock")
def lock_rules() -> None:
    """改动规则并提高版本后，更新锁文件。"""
    changed = lock.update()
    out.print("锁文件已更新：" + ("、".join(changed) or "没有变化"))


def evaluate(
    file: Annotated[Path, typer.Argument(help="每行 {text, label, types}", exists=True)],
    predictions: Annotated[Path | None, typer.Option(help="逐行写出预测")] = None,
    as_json: Json = False,
) -> None:
    """在标注文本上测量精确率与召回率（仅凭文字，不用许可事实）。"""
    services = Services(load_settings())
    report = evaluation.evaluate(list(_rows(file)), services.judge)
    if predictions is not None:
        with predictions.open("w", encoding="utf-8") as lines:
            for row in report.predictions:
                lines.write(json.dumps(to_plain(row), ensure_ascii=False) + "\n")
    values = report.summary()
    if as_json:
        emit_json(values)
        return
    rows = ({"指标": key, "值": value} for key, value in values.items())
    listing(str(file), ("指标", "值"), rows, as_json=False)


def _rows(file: Path) -> Iterator[EvaluationRow]:
    with file.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            try:
                row: dict[str, Any] = json.loads(line)
                yield EvaluationRow.from_json(row)
            except (ValueError, KeyError, TypeError) as error:
                raise typer.BadParameter(f"{file} 第 {number} 行：{error}") from None
