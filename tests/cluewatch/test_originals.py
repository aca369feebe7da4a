"""Originals by console and command: one asks, another decides, and every step is entered."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

from cluewatch.bootstrap import Services
from cluewatch.cli import app
from domain.people import Role
from evidence import ledger, originals
from evidence.originals import OriginalRequest
from tests.cluewatch.console_visitors import OWN, form_token, visitor
from tests.cluewatch.test_access import sealed  # noqa: F401 - a fixture
from tests.cluewatch.test_seal_work import case  # noqa: F401 - a fixture
from tests.evidence.stand_ins import checkered_png

PURPOSE = {"purpose": "法院调取"}


def send(client: TestClient, path: str, **fields: str) -> int:
    return client.post(path, data={"form_token": form_token(client), **fields}).status_code


def asked(services: Services, clue_id: str) -> OriginalRequest:
    with services.truth.read() as tx:
        return originals.of_clue(tx, clue_id)[0]


def done(services: Services) -> list[tuple[str, str]]:
    with services.truth.read() as tx:
        found = [(each.actor, each.action) for each in ledger.chain(tx, ledger.ACCESS)]
    return [entry for entry in found if entry[1] != "read"]


def test_the_console_opens_originals_to_whoever_was_allowed(
    services: Services,
    sealed: str,  # noqa: F811 - the fixture
) -> None:
    analyst = visitor(services, Role.ANALYST, name="analyst")
    reviewer = visitor(services, Role.REVIEWER, name="reviewer")
    original = {**PURPOSE, "form": "original"}
    bundle, picture = f"/clues/{sealed}/bundle.zip", f"/clues/{sealed}/original.png"
    assert analyst.get(bundle, params=original).status_code >= 400
    assert analyst.get(picture).status_code >= 400
    assert analyst.get(f"/clues/{sealed}/screenshot.png").content == checkered_png()

    assert send(analyst, f"/clues/{sealed}/originals", **PURPOSE) == 200
    request = asked(services, sealed)
    assert "待批准" in analyst.get(f"/clues/{sealed}").text
    decision = {"approved": "true", "note": "同意"}
    assert send(analyst, f"/originals/{request.id}", **decision) == 403
    assert PURPOSE["purpose"] in reviewer.get("/originals").text
    assert send(reviewer, f"/originals/{request.id}", **decision) == 200
    assert "导出原件" in analyst.get(f"/clues/{sealed}").text
    assert "导出原件" not in reviewer.get(f"/clues/{sealed}").text

    answer = analyst.get(bundle, params=original)
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {"capture.wacz", "seal/screenshot.png"} <= set(archive.namelist())
    shown = analyst.get(picture)
    assert shown.content == checkered_png()
    assert shown.headers["cache-control"] == "no-store"
    assert reviewer.get(picture).status_code >= 400, "leave is for the person who asked"
    assert done(services) == [
        ("analyst", "ask_original"),
        ("reviewer", "approve_original"),
        ("analyst", "export"),
    ]


def test_nobody_decides_about_their_own_question(
    services: Services,
    sealed: str,  # noqa: F811 - the fixture
) -> None:
    reviewer = visitor(services, Role.REVIEWER, name="reviewer")
    send(reviewer, f"/clues/{sealed}/originals", **PURPOSE)
    request = asked(services, sealed)
    assert "须由另一人批准" in reviewer.get("/originals").text
    assert send(reviewer, f"/originals/{request.id}", approved="true", note="同意") >= 400
    assert asked(services, sealed).approved is None


def test_commands_open_originals_by_two_accounts(
    services: Services,
    sealed: str,  # noqa: F811 - the fixture
    tmp_path: Path,
) -> None:
    visitor(services, Role.ANALYST, name="analyst")
    visitor(services, Role.REVIEWER, name="reviewer")
    run = CliRunner()
    target = tmp_path / "original.zip"
    export = ["clue", "bundle", sealed, str(target), "--purpose", "送审", "--original"]
    assert run.invoke(app, export).exit_code == 2, "an original needs a person"
    ask = ["clue", "original", "ask", sealed, "--user", "analyst", "--purpose", "送审"]
    assert run.invoke(app, ask, input="wrong\n").exit_code == 1
    assert run.invoke(app, ask, input=f"{OWN}\n").exit_code == 0
    approve = ["clue", "original", "approve", asked(services, sealed).id, "--note", "同意"]
    for name, code in (("analyst", 1), ("reviewer", 0)):
        answer = run.invoke(app, [*approve, "--user", name], input=f"{OWN}\n")
        assert answer.exit_code == code, answer.output
    assert run.invoke(app, [*export, "--user", "reviewer"], input=f"{OWN}\n").exit_code == 1
    assert not target.exists()
    assert run.invoke(app, [*export, "--user", "analyst"], input=f"{OWN}\n").exit_code == 0
    with zipfile.ZipFile(target) as archive:
        assert "seal/screenshot.png" in archive.namelist()


def test_a_rotated_key_opens_what_was_closed_before(
    services: Services,
    sealed: str,  # noqa: F811 - the fixture
) -> None:
    before = services.keys
    run = CliRunner()
    assert run.invoke(app, ["evidence", "rotate-key"]).exit_code == 0
    assert len(services.keys.keys) == len(before.keys) + 1
    assert run.invoke(app, ["verify", "--json"]).exit_code == 0
    services.settings.key_file.unlink()
    answer = run.invoke(app, ["verify", "--json"])
    assert answer.exit_code == 0, "digests of closed files are checked without a key"
    assert not services.settings.key_file.exists(), "a lost key is not replaced by a new one"
    assert sealed


@pytest.mark.usefixtures("services")
def test_a_new_installation_has_its_key(services: Services) -> None:
    path = services.settings.key_file
    assert path.stat().st_mode & 0o777 == 0o600
    assert services.keys.current
