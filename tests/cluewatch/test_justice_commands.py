"""The way to the police and back by command, on one case."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cluewatch.bootstrap import Services
from cluewatch.cli import app, wiring
from tests.cluewatch.conftest import ADVERT, bring_in
from tickets import ledger, worklist
from tickets.worklist import ClueFilter

RUNNER = CliRunner()
PERSON = "990101199001011234"


def run(*arguments: str, code: int = 0) -> str:
    """The output of a command that must end with `code`."""
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_a_case_goes_to_the_police_and_comes_back(
    services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Penalties of elsewhere reach the threshold; proposed, granted by another, sent, not
    prosecuted, and on the office's desk again."""
    monkeypatch.setattr(wiring, "Services", lambda _settings: services)
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/a.html")
    with services.truth.read() as tx:
        clue = worklist.clues(tx, ClueFilter()).entries[0]
    run("clue", "move", clue.number, "issue")
    with services.truth.read() as tx:
        number = ledger.of_clue(tx, clue.id)[0].number
    for move in ("approve", "receive", "accept"):
        run("ticket", "move", number, move)

    sheet = tmp_path / "penalties.csv"
    with sheet.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["文号", "决定日期", "机关类别", "身份证号", "违法类型"])
        for one in (1, 2, 2):
            writer.writerow([f"异市监罚{one}号", clue.raised_at.date().isoformat(), "市场监管"])
    assert "缺少" not in run("ticket", "penalties", str(sheet), code=1)
    with sheet.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["文号", "决定日期", "机关类别", "身份证号", "违法类型"])
        day = f"{clue.raised_at.year - 1}-06-01"
        for one in (1, 2, 2):
            writer.writerow([f"异市监罚{one}号", day, "市场监管", PERSON, "cure_rate"])
    lines = run("ticket", "penalties", str(sheet), "--json").splitlines()
    assert [json.loads(line)["kept"] for line in lines] == [True, True, False]
    assert run("ticket", "check-crime", number, "--json") == ""
    check = ("ticket", "check-crime", number, "--person", PERSON, "--json")
    (ground,) = [json.loads(line) for line in run(*check).splitlines()]
    assert (ground["ground"], len(ground["earlier"])) == ("repeated", 2)

    propose = ("ticket", "hand-over", number, "false_advertising", "--ground", "repeated")
    team = ("--investigator", "甲", "--investigator", "乙", "--actor", "甲")
    assert "负责人决定" in run(*propose, *team)
    papers = [part for paper in ("letter", "report", "items") for part in ("--paper", paper)]
    decide = ("ticket", "decide-hand-over", number, "--grant", "--reason", "同意")
    run(*decide, "--actor", "丙", code=1)
    assert "批准移送" in run(*decide, "--actor", "丙", *papers)
    assert "移送公安" in run("ticket", "outcome", number, "移送公安")
    prosecution = ("不起诉", "--decision-no", "示检不诉1号")
    assert "移送公安 → 核查中" in run("ticket", "outcome", number, *prosecution)
    asked = [json.loads(line)["asked"] for line in run("ticket", "requests", "--json").splitlines()]
    assert sorted(asked) == ["990100-court", "990100-procuratorate", "990100-procuratorate"]
    assert "illegal_practice" in run("ticket", "crimes", "--json")
