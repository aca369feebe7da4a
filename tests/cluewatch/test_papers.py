"""Official papers by command and console, from the records of a sealed case."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cluewatch.bootstrap import Services
from cluewatch.cli import app
from cluewatch.papers import case_file
from domain.errors import EvidenceError
from domain.people import Role
from evidence.seal_files import folder_of
from evidence.seal_store import seal_of
from tests.cluewatch.console_visitors import visitor
from tests.cluewatch.test_ways_out import case  # noqa: F401 - a fixture
from tests.tickets.test_letters import text_of
from tickets import ledger


def ticket_of(services: Services, clue_id: str) -> str:
    with services.truth.read() as tx:
        return ledger.of_clue(tx, clue_id)[0].id


def test_papers_by_command_and_console(
    services: Services,
    case: str,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    run, target = CliRunner(), tmp_path / "record.docx"
    ticket = ticket_of(services, case)
    made = ["ticket", "paper", ticket, "extraction-record", str(target)]
    assert run.invoke(app, made).exit_code == 0
    text = text_of(target.read_bytes())
    assert "电子数据提取笔录" in text
    assert "并非实时访问" in text
    assert "masked.png" in text
    assert run.invoke(app, made).exit_code == 1, "nothing is overwritten"
    listed = run.invoke(app, ["ticket", "papers", "--json"]).output.splitlines()
    assert {json.loads(line)["paper"] for line in listed} >= {"transfer", "receipt"}

    handler = visitor(services, Role.REVIEWER)
    assert "涉嫌违法线索移送书" in handler.get(f"/tickets/{ticket}").text
    answer = handler.get(f"/tickets/{ticket}/papers/transfer")
    assert "涉嫌违法线索移送书" in text_of(BytesIO(answer.content).read())
    assert handler.get(f"/tickets/{ticket}/papers/nothing").status_code == 404


def test_an_altered_manifest_is_printed_nowhere(
    services: Services,
    case: str,  # noqa: F811 - the fixture
) -> None:
    with services.truth.read() as tx:
        seal = seal_of(tx, case)
        assert seal is not None
        path = folder_of(services.settings.evidence_directory, seal) / "manifest.json"
        path.write_bytes(path.read_bytes().replace(b"sealer", b"nobody"))
        with pytest.raises(EvidenceError, match="不符"):
            case_file(services, tx, ticket_of(services, case), "")
