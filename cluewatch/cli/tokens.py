"""`cluewatch token …`: tokens of the API."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch.accounts import store as accounts
from cluewatch.accounts import tokens
from cluewatch.cli.output import err, listing, out
from cluewatch.cli.wiring import open_services
from domain.errors import NotFound
from domain.people import Permission

app = typer.Typer(help="API 令牌：签发、列出、撤销。", no_args_is_help=True)
ACTOR = "cli"


@app.command()
def issue(
    user: Annotated[str, typer.Argument(help="代表哪个用户")],
    name: Annotated[str, typer.Argument(help="令牌的用途")],
    scope: Annotated[list[Permission], typer.Option(help="权限，可重复")],
    days: Annotated[int, typer.Option(min=1, max=tokens.LONGEST_DAYS, help="有效天数")] = 90,
) -> None:
    """签发令牌；明文只显示这一次。"""
    services = open_services()
    with services.truth.write() as tx:
        owner = next((one for one in accounts.all_users(tx) if one.name == user), None)
        if owner is None:
            raise NotFound("没有这个用户", at=user)
        secret = tokens.issue(
            tx,
            id=services.ids.new(),
            name=name,
            user=owner,
            scopes=scope,
            days=days,
            at=services.clock.now(),
            actor=ACTOR,
        )
    err.print("令牌只显示这一次，请妥善保存：")
    out.print(secret, markup=False)


@app.command("list")
def list_tokens(
    as_json: Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")] = False,
) -> None:
    """列出签发过的令牌（不含明文）。"""
    services = open_services()
    with services.truth.read() as tx:
        found = tokens.all_tokens(tx)
    rows = (
        {
            "id": token.id,
            "name": token.name,
            "user": token.user,
            "scopes": sorted(token.scopes),
            "expires_at": token.expires_at.isoformat(),
            "seen_at": token.seen_at.isoformat() if token.seen_at else None,
            "revoked_at": token.revoked_at.isoformat() if token.revoked_at else None,
        }
        for token in found
    )
    columns = ("id", "name", "user", "scopes", "expires_at", "seen_at", "revoked_at")
    listing("API 令牌", columns, rows, as_json=as_json)


@app.command()
def revoke(token: Annotated[str, typer.Argument(help="令牌编号")]) -> None:
    """撤销令牌，立即失效。"""
    services = open_services()
    with services.truth.write() as tx:
        tokens.revoke(tx, id=token, at=services.clock.now(), actor=ACTOR)
    out.print("已撤销。")
