"""Complaints by command: taken in, refused, raised as a clue, handed over without the reporter."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from docx import Document as open_docx
from typer.testing import CliRunner

from cluewatch.bootstrap import Services
from cluewatch.cli import app, wiring
from tickets import ledger

RUNNER = CliRunner()
EXPORT = """登记编号,登记时间,被举报人,举报内容,举报人,联系电话
H1,2026-03-02,示范美容院,周某某说该店打瘦脸针,周某某,13800001234
H2,2026-03-02,示范医院,住院费不给报销,吴某某,
H3,某日,示范医院,时间有误,,
"""


@pytest.fixture(autouse=True)
def one_process(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands share what is loaded: reading the rulebook anew each time takes seconds."""
    monkeypatch.setattr(wiring, "Services", lambda _settings: services)


def run(*arguments: str, code: int = 0) -> str:
    """The output of a command that must end with `code`."""
    result = RUNNER.invoke(app, arguments)
    assert result.exit_code == code, (result.output, result.exception)
    return result.output


def test_a_report_becomes_a_ticket_without_its_reporter(services: Services, tmp_path: Path) -> None:
    """Import, refusal with where to go, a clue without a page, and the letter that leaves."""
    file = tmp_path / "export.csv"
    file.write_text(EXPORT, "utf-8")
    source = ("--source", "12345", "--json")
    run("complaint", "import", str(file), *source, "--dry-run", code=3)
    rows = [
        json.loads(r) for r in run("complaint", "import", str(file), *source, code=3).splitlines()
    ]
    assert [(r["created"], r["suggestion"]) for r in rows] == [
        (True, ""),
        (True, "insurance"),
        (False, ""),
    ]
    ours, theirs = rows[0]["number"], rows[1]["number"]
    assert "12393" in run("complaint", "refuse", theirs)
    run("complaint", "accept", ours)
    run("complaint", "raise", ours, "beauty_salon_medical")
    listed = json.loads(run("complaint", "list", "--json", "--state", "已立线索"))
    with services.truth.read() as tx:
        assert not ledger.of_clue(tx, listed["clue_id"])
    number = json.loads(run("clue", "list", "--json"))["number"]
    run("clue", "move", number, "issue")
    with services.truth.read() as tx:
        issued = ledger.of_clue(tx, listed["clue_id"])
    for ticket in issued:
        run("ticket", "move", ticket.number, "approve")
    run("ticket", "deliver")
    letters = sorted(services.settings.outbox_directory.rglob("*-letter.docx"))
    assert letters
    for letter in letters:
        text = _text(letter)
        assert "举报（12345）" in text
        assert "未随附证据包" in text
        assert "周某某" not in text
        assert "1380000" not in text
    assert "周某某" in run("complaint", "reporter", ours, "--purpose", "告知立案")


def _text(path: Path) -> str:
    opened = open_docx(BytesIO(path.read_bytes()))
    cells = [cell.text for t in opened.tables for row in t.rows for cell in row.cells]
    return "\n".join([*(paragraph.text for paragraph in opened.paragraphs), *cells])
