"""`cluewatch clue original …`: two persons open the originals of a clue."""

from __future__ import annotations

from typing import Annotated

import typer

from cluewatch import originals
from cluewatch.accounts import scope
from cluewatch.cli.output import listing, out
from cluewatch.cli.signing_in import sign_in
from cluewatch.cli.wiring import open_services
from storage.records import to_row

app = typer.Typer(help="原件：一人申请，另一人批准，限时有效。", no_args_is_help=True)
Person = Annotated[str, typer.Option("--user", help="用户名；随后输入口令")]
Json = Annotated[bool, typer.Option("--json", help="每行输出一个 JSON 对象")]


@app.command()
def ask(
    reference: Annotated[str, typer.Argument(help="线索编号")],
    user: Person,
    purpose: Annotated[str, typer.Option(help="用途，记入查阅台账")],
) -> None:
    """申请查看、导出一条线索的原件。"""
    services = open_services()
    person = sign_in(services, user)
    with services.truth.write() as tx:
        clue = scope.clue(tx, person, reference)
        asked = originals.ask(services, tx, user=person, clue=clue, purpose=purpose)
    out.print(f"已申请，编号 {asked.id}；须由另一人批准")


@app.command("list")
def list_waiting(user: Person, as_json: Json = False) -> None:
    """列出等待批准的申请。"""
    services = open_services()
    person = sign_in(services, user)
    with services.truth.read() as tx:
        rows = [
            {**to_row(asked), "clue": clue.number}
            for asked, clue in originals.waiting(services, tx, person)
        ]
    columns = ("id", "clue", "asked_by", "purpose", "asked_at")
    listing("原件申请", columns, rows, as_json=as_json)


@app.command()
def approve(
    request: Annotated[str, typer.Argument(help="申请编号")],
    user: Person,
    note: Annotated[str, typer.Option(help="意见，记入查阅台账")],
) -> None:
    """批准他人的申请。"""
    _decide(request, user, note, approved=True)


@app.command()
def refuse(
    request: Annotated[str, typer.Argument(help="申请编号")],
    user: Person,
    note: Annotated[str, typer.Option(help="理由，记入查阅台账")],
) -> None:
    """不批准他人的申请。"""
    _decide(request, user, note, approved=False)


def _decide(request: str, user: str, note: str, *, approved: bool) -> None:
    services = open_services()
    person = sign_in(services, user)
    with services.truth.write() as tx:
        decided = originals.decide(
            services, tx, user=person, id=request, approved=approved, note=note
        )
    if approved:
        out.print(f"已批准 {decided.asked_by} 的申请，有效至 {decided.expires_at:%Y-%m-%d %H:%M}Z")
    else:
        out.print(f"未批准 {decided.asked_by} 的申请")
