"""The commands of control, one after another, on the case of a city with two districts."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from cluewatch.bootstrap import Services
from cluewatch.cli import app, wiring
from storage import spreadsheets

RUNNER = CliRunner()


def run(*arguments: str, code: int = 0) -> str:
    """The output of a command that must end with `code`."""
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.stdout


def rows(*arguments: str, code: int = 0) -> list[dict[str, Any]]:
    return [json.loads(line) for line in run(*arguments, "--json", code=code).splitlines() if line]


@pytest.fixture(autouse=True)
def one_process(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands share what is loaded: reading the rulebook anew each time takes seconds."""
    monkeypatch.setattr(wiring, "Services", lambda _settings: services)


def test_a_warning_is_raised_shown_and_acknowledged() -> None:
    assert len(run("warning", "assess").splitlines()) == 2
    found = rows("warning", "list", "--waiting")
    assert len(found) == 2
    shown = json.loads(run("warning", "show", found[0]["number"], "--json"))
    assert sum(part["points"] for part in shown["risk"]["parts"]) == shown["risk"]["score"]
    run("warning", "ack", found[0]["number"], "已部署检查", "--actor", "甲")
    run("warning", "ack", found[0]["number"], "再签", "--actor", "乙", code=1)
    assert len(rows("warning", "list", "--waiting")) == 1
    assert len(rows("warning", "ranking")) == 2
    assert rows("warning", "list", "--overdue") == []


def test_numbers_open_as_tickets() -> None:
    table = {row["key"]: row["filed"] for row in rows("figures", "table", "district")}
    assert table == {"990101": 1, "990102": 1}
    for key, count in table.items():
        listed = rows("figures", "tickets", "filed", "--by", "district", "--key", key)
        assert len(listed) == count
    run("figures", "tickets", "filed", "--key", "990101", code=2)
    funnel = {row["title"]: row["value"] for row in rows("figures", "totals")}
    assert funnel["立案"] == 2
    assert rows("figures", "complaints", "year") == []


def test_a_campaign_is_opened_and_reported(services: Services, tmp_path: Path) -> None:
    today = services.clock.now().date()
    path = tmp_path / "c.yml"
    path.write_text(
        f"title: 百日行动\nlead: {services.desk.offices.all[0].id}\nsince: {today.year}-01-01\n"
        f"until: {today.year + 1}-12-31\ntypes: [cure_rate]\n"
        f"reports: [{today.year}-01-01]\n",
        "utf-8",
    )
    number = run("campaign", "open", str(path)).split("：")[0]
    (listed,) = rows("campaign", "list", code=0 if today.timetuple().tm_yday == 1 else 1)
    assert listed["stage"] == "进行中"
    (ticket,) = rows("campaign", "show", number)
    run("campaign", "place", number, ticket["number"], "--out", "--reason", "另案办理")
    assert rows("campaign", "show", number) == []
    (report,) = rows("campaign", "report", number)
    assert report["totals"]["filed"] == 0
    run("campaign", "report", number, "--due", f"{today.year}-01-01")
    assert rows("campaign", "list")[0]["late"] == []


def test_a_return_goes_out_as_a_sheet_and_comes_back_signed(
    services: Services, tmp_path: Path
) -> None:
    path, quarter = tmp_path / "form.xlsx", f"{services.clock.now().year - 1}Q4"
    run("return", "sign", "990101", quarter, "--signer", "丙", code=1)
    form = services.control.form
    zeros = [f"{cell.id}=0" for cell in form.cells if cell.entered]
    run("return", "enter", "990101", quarter, *zeros, "--actor", "乙")
    run("return", "export", quarter, str(path), "--district", "990101")
    run("return", "enter", "990101", quarter, "--sheet", str(path), "--actor", "乙")
    run("return", "enter", "990101", quarter, "dispatches=许多", "--actor", "乙", code=1)
    run("return", "sign", "990101", quarter, "--signer", "丙")
    run("return", "enter", "990102", quarter, "dispatches=3", "--actor", "乙")
    merged = {row["id"]: row["value"] for row in rows("return", "merge", quarter, code=3)}
    assert merged["dispatches"] == 0
    assert [row["region"] for row in rows("return", "late", quarter, code=1)] == ["990102"]
    run("return", "give-back", "990101", quarter, "漏填", "--actor", "市")
    assert "漏填" in run("return", "show", "990101", quarter)
    assert rows("return", "tickets", "990101", quarter, "ads_found") == []


def test_key_matters_leave_in_a_batch(tmp_path: Path) -> None:
    run("warning", "assess")
    run("agenda", "propose", "--actor", "甲")
    for item in rows("agenda", "list"):
        for office in item["supervisors"]:
            run("agenda", "agree", item["id"], "--office", office, "--actor", "乙")
    batch = run("agenda", "release", "--actor", "甲").split("：")[0]
    for name, *command in (("a.xlsx", "export", batch), ("b.xlsx", "ledger")):
        path = tmp_path / name
        run("agenda", *command, str(path))
        assert sum(1 for _ in spreadsheets.rows(path)) == 3
        run("agenda", *command, str(path), code=1)
    run("agenda", "export", "QD-0", str(tmp_path / "c.xlsx"), code=1)
