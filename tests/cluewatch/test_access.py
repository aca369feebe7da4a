"""Whoever takes evidence away, by console or command, leaves an entry with a purpose."""

from __future__ import annotations

import io
import zipfile
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cluewatch.anchoring import Anchoring
from cluewatch.bootstrap import Services
from cluewatch.cli import app
from cluewatch.clock import SystemClock
from cluewatch.sealing import SealWork
from cluewatch.timestamping import authority
from domain.people import Role
from evidence import anchors, ledger
from evidence.ledger import Entry
from tests.cluewatch.test_console import client_for
from tests.cluewatch.test_seal_work import Screen, case  # noqa: F401 - a fixture
from tests.evidence.authority import LocalAuthority, skip_without_openssl


class LaterClock(SystemClock):
    """Some days ahead of this machine's clock."""

    def __init__(self, days: int) -> None:
        self._ahead = timedelta(days=days)

    def now(self) -> datetime:
        return super().now() + self._ahead


def accesses(services: Services, action: str) -> list[Entry]:
    with services.truth.read() as tx:
        return [each for each in ledger.chain(tx, ledger.ACCESS) if each.action == action]


@pytest.fixture
def sealed(services: Services, case: str) -> str:  # noqa: F811 - the fixture
    services.__dict__["renderer"] = Screen()
    SealWork(services, owner="t").work()
    return case


def test_the_console_gives_the_bundle_for_a_purpose(services: Services, sealed: str) -> None:
    client = client_for(services, Role.ANALYST)
    path = f"/clues/{sealed}/bundle.zip"
    assert client.get(path).status_code == 422
    answer = client.get(path, params={"purpose": "送审"})
    assert answer.status_code == 200
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert {"manifest.json", "verify.py", "seal/masked.png"} <= set(archive.namelist())
        assert not {"capture.wacz", "seal/screenshot.png"} & set(archive.namelist())
    [entry] = accesses(services, "export")
    assert (entry.actor, entry.subject) == ("analyst", sealed)
    assert "送审" in entry.detail.encode().decode("unicode_escape")
    assert not list(services.settings.home.glob("bundle-*"))
    assert (
        client_for(services, Role.OPERATOR).get(path, params={"purpose": "送审"}).status_code == 403
    )


def test_the_command_gives_the_bundle_for_a_purpose(
    services: Services, sealed: str, tmp_path: Path
) -> None:
    run = CliRunner()
    target = tmp_path / "b.zip"
    assert run.invoke(app, ["clue", "bundle", sealed, str(target)]).exit_code == 2
    assert not accesses(services, "export")
    done = run.invoke(app, ["clue", "bundle", sealed, str(target), "--purpose", "送审"])
    assert done.exit_code == 0
    [entry] = accesses(services, "export")
    assert entry.actor.startswith("cli:")
    assert entry.detail.split('"root":"')[1].split('"')[0] in done.output
    assert run.invoke(app, ["clue", "show", sealed]).exit_code == 0
    assert [each.subject for each in accesses(services, "read")] == [sealed]


@pytest.mark.usefixtures("sealed")
def test_a_day_waits_for_its_stamp(services: Services, tmp_path: Path) -> None:
    skip_without_openssl()
    tsa = LocalAuthority(tmp_path / "tsa")
    stamps = authority("http://127.0.0.1:1/", tsa.root_path, services.egress)
    services.__dict__["timestamps"] = stamps
    anchoring = Anchoring(services)
    assert anchoring.work() == 0
    services.__dict__["clock"] = LaterClock(2)
    assert anchoring.work() == 0, "the authority cannot be reached, and nothing is anchored"
    services.__dict__["timestamps"] = None
    assert anchoring.work() == 0, "asked again only after a pause"
    services.__dict__["clock"] = LaterClock(3)
    assert anchoring.work() == 1
    assert anchoring.work() == 0
    with services.truth.read() as tx:
        made = anchors.latest(tx)
    assert made is not None
    assert made.stamp is None
