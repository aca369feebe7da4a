"""Ticket commands end to end on one clue: routed, approved, asked about, replied to, resent."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from sqlalchemy import update
from typer.testing import CliRunner

from cluewatch.bootstrap import Services
from cluewatch.cli import app, wiring
from storage.leases import WorkState
from tests.cluewatch.conftest import ADVERT, bring_in
from tickets import ledger, outbox, tables, worklist
from tickets.worklist import ClueFilter

MARKET = "990100-market-supervision"
RUNNER = CliRunner()


def run(*arguments: str, code: int = 0) -> str:
    """The output of a command that must end with `code`."""
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


@pytest.fixture(autouse=True)
def one_process(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands share what is loaded: reading the rulebook anew each time takes seconds."""
    monkeypatch.setattr(wiring, "Services", lambda _settings: services)


def test_one_clue_goes_its_way(services: Services, tmp_path: Path) -> None:
    """Every command sees what the one before did."""
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/a.html")
    with services.truth.read() as tx:
        clue = worklist.clues(tx, ClueFilter()).entries[0]
    explained = [
        json.loads(line) for line in run("clue", "route", clue.number, "--json").split("\n") if line
    ]
    assert explained[0]["parts"][0]["office"] == MARKET
    assert not explained[0]["automatic"]
    assert explained[0]["types"][0]["at"].startswith("routes.yml:")
    run("clue", "move", clue.number, "issue")
    with services.truth.read() as tx:
        ticket = ledger.of_clue(tx, clue.id)[0]
    assert "已移送" in run("ticket", "move", ticket.number, "approve")
    (reading,) = [
        json.loads(line)
        for line in run("ticket", "clocks", "--at-least", "0", "--json").splitlines()
    ]
    assert (reading["number"], reading["clock"]) == (ticket.number, "filing")

    asked = run(
        "ticket", "ask", ticket.number, "inquiry", "是否取得审查证明", "--asked", "990100-health"
    )
    number = asked.partition("：")[0]
    assert number in run("ticket", "requests", "--json")
    run("ticket", "answer", number, "查询结果=无", "材料清单=无", "承办人=李乙")
    assert run("ticket", "requests", "--json") == ""

    planned = run("ticket", "deliver", "--dry-run")
    assert "协助请求" in planned
    _fill_and_read(ticket.number, tmp_path)
    with services.truth.read() as tx:
        assert ledger.get(tx, ticket.id).state.value == "立案"
        assert not ledger.verify_events(tx, ticket.id)
    _park_and_resend(services, ticket.id)


def _fill_and_read(number: str, directory: Path) -> None:
    sheet = directory / "replies.csv"
    with sheet.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows(
            [["编号", "办理结果", "承办人"], [number, "立案", "王甲"], ["GD-1", "立案", "王甲"]]
        )
    for options in (("--dry-run",), ()):  # what is only tried leaves everything to be done
        lines = run("ticket", "replies", MARKET, str(sheet), "--json", *options, code=3)
        first, second = (json.loads(line) for line in lines.splitlines())
        assert (first["ticket"], first["state"], first["changed"]) == (number, "立案", True)
        assert "唯一一张工单" in second["error"]


def _park_and_resend(services: Services, ticket_id: str) -> None:
    table = tables.deliveries
    with services.truth.write() as tx:
        tx.execute(
            update(table)
            .where(table.c.ticket_id == ticket_id)
            .values(work_state=WorkState.PARKED.value, last_error="地址不存在")
        )
    dead = [json.loads(line) for line in run("ticket", "deliveries", "--json").splitlines()]
    assert {row["last_error"] for row in dead} == {"地址不存在"}
    run("ticket", "resend", dead[0]["id"])
    with services.truth.read() as tx:
        assert outbox.get(tx, dead[0]["id"]).work_state is WorkState.READY


def test_a_pack_needs_something_to_pack(services: Services, tmp_path: Path) -> None:
    """An empty shelf is said, and no file is written."""
    result = RUNNER.invoke(app, ["ticket", "pack", MARKET, str(tmp_path / "p.zip")])
    assert "没有等待取走" in str(result.exception)
    assert not (tmp_path / "p.zip").exists()
