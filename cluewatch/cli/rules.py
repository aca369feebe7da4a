"""Commands about the rulebook and its measure: rules list|show|shadow|test|diff|lock, evaluate."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import attrs
import typer
from rich.progress import track

from classifiers import evaluation, examples
from classifiers.evaluation import EvaluationReport, Row
from classifiers.judge import Judge
from classifiers.rulebook import lock
from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.cli.output import Exit, emit_json, err, listing, out
from cluewatch.cli.wiring import open_services
from cluewatch.replay import differences
from cluewatch.settings import config_path, load_settings
from documents import store as documents
from domain.errors import ConfigError
from storage.records import to_plain, to_row

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]

rules_app = typer.Typer(
    help="规则库：列出、查看、试运行、自测、对比、锁定版本。", no_args_is_help=True
)


class Switch(StrEnum):
    """Whether something holds from now on."""

    ON = "on"
    OFF = "off"


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


@rules_app.command("shadow")
def shadow_rule(
    slug: Annotated[str, typer.Argument(help="违法类型")],
    switch: Annotated[Switch, typer.Argument(help="on 试运行，off 正式使用")],
) -> None:
    """让一个违法类型试运行（记录发现，不计入判定，不立线索），或转为正式；重启后生效。"""
    settings = load_settings()
    if slug not in Services(settings).rulebook.rules:
        raise typer.BadParameter(f"没有类型 {slug}；见 cluewatch rules list")
    shadow = settings.rules.shadow - {slug} | ({slug} if switch is Switch.ON else set())
    configuration.write(config_path(), {"rules": {"shadow": sorted(shadow)}})
    out.print(f"试运行的类型：{'、'.join(sorted(shadow)) or '无'}。重启 cluewatch run 后生效。")


@rules_app.command("test")
def test_rules() -> None:
    """运行每条规则自带的正反例句。"""
    services = Services(load_settings())
    rules = services.rulebook.rules.values()
    found = [failure for rule in rules for failure in examples.failures(services.judge, rule)]
    for failure in found:
        err.print(f"{failure.slug}：{failure.problem}：{failure.text}", markup=False)
    out.print(f"{len(rules)} 个类型，{len(found)} 条例句不符。")
    if found:
        raise typer.Exit(Exit.PROBLEM)


@rules_app.command("diff")
def diff_rules(as_json: Json = False) -> None:
    """用现行规则、模型与判定策略重读已存文档，列出增加、消失与轻重改变的发现；不改动任何数据。"""
    services = open_services()
    with services.truth.read() as tx:
        total = documents.count(tx)
    read = track(
        differences(services), total=total, description="重读", console=err, disable=as_json
    )
    rows = [to_row(difference) for _, found in read for difference in found]
    columns = ("change", "type", "quote", "before", "after", "url")
    listing(f"{len(rows)} 处不同", columns, rows, as_json=as_json)


@rules_app.command("lock")
def lock_rules(
    check: Annotated[bool, typer.Option("--check", help="只检查，不改写")] = False,
) -> None:
    """规则改动并提高版本后更新锁文件；未提高版本的改动会被拒绝。"""
    book = Services(load_settings()).rulebook
    differences = lock.differences(book, lock.read_lock())
    for difference in differences:
        err.print(f"{difference.slug}：{difference.problem}")
    if check:
        if differences:
            raise typer.Exit(Exit.PROBLEM)
        return
    lock.write_lock(book)
    out.print(f"锁文件已更新，规则库 {book.version}。")


def evaluate(
    file: Annotated[Path, typer.Argument(help="每行 {text, label, types}", exists=True)],
    predictions: Annotated[Path | None, typer.Option(help="逐行写出预测")] = None,
    perturb: Annotated[
        bool, typer.Option("--perturb", help="再以八种变形（谐音、拆字等）测召回率")
    ] = False,
    seed: Annotated[int, typer.Option(help="变形所用的随机种子")] = 0,
    as_json: Json = False,
) -> None:
    """在标注文本上测量精确率与召回率（仅凭文字，不用许可事实）。"""
    services = Services(load_settings())
    with file.open(encoding="utf-8") as lines:
        rows = list(evaluation.read_rows(lines, name=str(file)))
    judge = services.judge
    started = time.perf_counter()
    predicted = list(evaluation.predict(rows, judge))
    report = evaluation.evaluate(rows, predicted, seconds=time.perf_counter() - started)
    if predictions is not None:
        with predictions.open("w", encoding="utf-8") as lines:
            for prediction in predicted:
                lines.write(json.dumps(to_plain(prediction), ensure_ascii=False) + "\n")
    if perturb:
        report = attrs.evolve(report, perturbations=_recalls(rows, judge, seed))
    values = to_row(report)
    if as_json:
        emit_json(values)
        return
    listing(
        str(file), ("指标", "值"), ({"指标": k, "值": v} for k, v in values.items()), as_json=False
    )
    if perturb:
        _list_losses(report)


def _recalls(rows: Sequence[Row], judge: Judge, seed: int) -> dict[str, float]:
    """The recall under every perturbation. Raises ConfigError where their tables are missing."""
    try:
        from classifiers import perturbations  # noqa: PLC0415 - its tables serve this alone
    except ImportError as error:
        raise ConfigError(f"测变形需先安装 cluewatch[measure]（缺 {error.name}）") from None
    ways = track(perturbations.NAMES, description="变形", console=err)
    return {
        name: evaluation.recall_under(
            rows, judge, partial(perturbations.perturbed, name=name, seed=seed)
        )
        for name in ways
    }


def _list_losses(report: EvaluationReport) -> None:
    rows = (
        {"变形": name, "召回率": recall, "下降（百分点）": round(100 * (report.recall - recall), 1)}
        for name, recall in report.perturbations.items()
    )
    listing("变形之下", ("变形", "召回率", "下降（百分点）"), rows, as_json=False)
