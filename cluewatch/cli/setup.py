"""Commands that make an installation ready: init, config, doctor."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch import configuration, diagnosis
from cluewatch.bootstrap import Services
from cluewatch.cli.output import Exit, emit_json, listing, out
from cluewatch.cli.progress import spinner
from cluewatch.settings import config_path, effective, load_settings

Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]


def register(app: typer.Typer) -> None:
    """Add this module's commands."""
    app.command()(init)
    app.command()(config)
    app.command()(doctor)


def init(
    name: Annotated[str, typer.Option(prompt="监管机构名称", help="写入 User-Agent 与移送函")],
    contact: Annotated[str, typer.Option(prompt="联系方式（网址或邮箱）", help="供被监测网站联系")],
    legal_basis: Annotated[str, typer.Option(prompt="开展监测的法律依据", help="写入证据与移送函")],
    region: Annotated[
        str, typer.Option(prompt="行政区划代码（六位，可留空）", help="本机构所在行政区划")
    ] = "",
) -> None:
    """登记监管机构并建库；未登记前，只允许访问本机地址。"""
    agency = {"name": name, "contact": contact, "legal_basis": legal_basis, "region": region}
    empty = [key for key in ("name", "contact", "legal_basis") if not agency[key].strip()]
    if empty:
        raise typer.BadParameter(f"不能为空：{'、'.join(empty)}")
    configuration.write(config_path(), {"agency": agency})
    settings = load_settings()
    Services(settings).prepare()
    out.print(
        f"已写入 {config_path()}，数据库已就绪。下一步：cluewatch source add 或 cluewatch run"
    )


def config(as_json: Json = False) -> None:
    """显示当前生效的全部设置（密钥以星号代替）。"""
    values = effective(load_settings())
    if as_json:
        emit_json(values)
        return
    rows = ({"设置": key, "值": value} for key, value in configuration.flat(values))
    listing(f"设置（{config_path()} 与环境变量）", ("设置", "值"), rows, as_json=False)


def doctor(
    deep: Annotated[
        bool, typer.Option("--deep", help="另外通读全部存储：数据库、证据与台账、索引、账目")
    ] = False,
    as_json: Json = False,
) -> None:
    """检查本机缺少什么、影响什么、如何补齐。"""
    settings = load_settings()
    findings = diagnosis.examine(settings)
    if deep:
        with spinner("通读存储"):
            findings += diagnosis.examine_deeply(settings)
    listing("检查结果", ("项目", "状态", "说明"), (f.row() for f in findings), as_json=as_json)
    if any(not finding.good for finding in findings):
        raise typer.Exit(Exit.PROBLEM)
