"""`cluewatch user …`: local accounts."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch.accounts import store as accounts
from cluewatch.cli.output import listing, out
from cluewatch.cli.wiring import open_services
from domain.people import Role

app = typer.Typer(help="本地账号：新增、列出、重置密码。", no_args_is_help=True)
ACTOR = "cli"


@app.command()
def add(
    name: Annotated[str, typer.Argument(help="用户名")],
    role: Annotated[list[Role], typer.Option(help="角色，可重复")],
    office: Annotated[list[str] | None, typer.Option(help="所属部门编号（office 角色）")] = None,
    region: Annotated[str, typer.Option(help="限定的行政区划（六位，留空不限）")] = "",
) -> None:
    """新增用户，打印一次性密码（首次登录必须修改）。"""
    services = open_services()
    with services.truth.write() as tx:
        password = accounts.create(
            tx,
            id=services.ids.new(),
            name=name,
            roles=role,
            offices=office or (),
            region=region,
            at=services.clock.now(),
            actor=ACTOR,
        )
    out.print(f"用户 {name} 的一次性密码：{password}")


@app.command()
def reset(name: Annotated[str, typer.Argument(help="用户名")]) -> None:
    """重置密码并结束该用户的全部会话。"""
    services = open_services()
    with services.truth.write() as tx:
        password = accounts.reset_password(tx, name=name, at=services.clock.now(), actor=ACTOR)
    out.print(f"用户 {name} 的一次性密码：{password}")


@app.command("list")
def list_users(
    as_json: Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")] = False,
) -> None:
    """列出用户及角色。"""
    services = open_services()
    with services.truth.read() as tx:
        found = accounts.all_users(tx)
    rows = (
        {
            "name": user.name,
            "roles": sorted(user.roles),
            "offices": sorted(user.offices),
            "region": user.region,
        }
        for user in found
    )
    listing("用户", ("name", "roles", "offices", "region"), rows, as_json=as_json)
