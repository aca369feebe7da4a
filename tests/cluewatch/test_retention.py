"""Terms of keeping: what runs out, what a hold or a case keeps, and what a dry run leaves alone."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from cluewatch import configuration, retention
from cluewatch.bootstrap import Services
from cluewatch.cli import app
from cluewatch.retention import Retention
from cluewatch.settings import config_path, load_settings
from evidence import verify
from tests.cluewatch.conftest import ADVERT, NOTICE, bring_in
from tickets import clue_moves, worklist
from tickets.clue_moves import ClueMove
from tickets.worklist import ClueFilter

WHO = ["--actor", "王某", "--purpose", "期满清理"]


@pytest.fixture
def pages(services: Services, tmp_path: Path) -> dict[str, str]:
    """A page that became a clue, and one that did not: their snapshots by name."""
    configuration.write(config_path(), {"retention": {"routine_days": 30, "closed_days": 60}})
    services.settings = load_settings()
    services.index.ensure()
    return {
        "advert": bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/npx.html"),
        "notice": bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html"),
    }


def expired(services: Services, days: int) -> dict[str, tuple[Retention, str | None]]:
    with services.truth.read() as tx:
        at = services.clock.now() + timedelta(days=days)
        found = retention.expired(services, tx, at)
        return {each.snapshot_id: (each.retention, each.refusal) for each in found}


def dismiss(services: Services) -> str:
    with services.truth.write() as tx:
        (entry,) = worklist.clues(tx, ClueFilter()).entries
        for move in (ClueMove.REVIEW, ClueMove.DISMISS):
            at = services.clock.now()
            clue_moves.clue_move(tx, clue_id=entry.id, move=move, actor="t", at=at, note="误报")
    return entry.id


def test_terms_follow_what_became_of_a_page(services: Services, pages: dict[str, str]) -> None:
    assert expired(services, 29) == {}
    assert expired(services, 31) == {pages["notice"]: (Retention.ROUTINE, None)}
    assert expired(services, 3650) == expired(services, 31)
    dismiss(services)
    assert expired(services, 59) == expired(services, 31)
    assert expired(services, 61)[pages["advert"]] == (Retention.CLOSED, None)


def test_a_hold_on_a_clue_keeps_its_pages(services: Services, pages: dict[str, str]) -> None:
    clue_id = dismiss(services)
    run = CliRunner()
    assert run.invoke(app, ["evidence", "hold", clue_id]).exit_code == 2
    assert run.invoke(app, ["evidence", "hold", clue_id, *WHO]).exit_code == 0
    assert expired(services, 61)[pages["advert"]] == (Retention.CLOSED, "处于保全之中")
    listed = run.invoke(app, ["evidence", "holds", "--json"])
    hold = json.loads(listed.output)
    assert (hold["subject"], hold["actor"]) == (clue_id, "王某")
    assert run.invoke(app, ["evidence", "release", hold["id"], *WHO]).exit_code == 0
    assert expired(services, 61)[pages["advert"]] == (Retention.CLOSED, None)


def test_what_ran_out_is_deleted_and_everything_still_verifies(
    services: Services, pages: dict[str, str]
) -> None:
    with services.truth.read() as tx:
        found = list(retention.expired(services, tx, services.clock.now() + timedelta(days=31)))
    gone = list(retention.delete_expired(services, found, actor="王某", purpose="期满"))
    assert [each.snapshot_id for each in gone] == [pages["notice"]]
    report = verify.verify(directory=services.settings.evidence_directory, database=services.truth)
    assert not report.problems
    assert expired(services, 31) == {}


def test_without_terms_everything_is_kept(services: Services, tmp_path: Path) -> None:
    services.index.ensure()
    bring_in(services, tmp_path, "n.html", NOTICE, "http://gov.test/notice.html")
    assert expired(services, 36500) == {}
    done = CliRunner().invoke(app, ["evidence", "expire", *WHO, "--dry-run", "--json"])
    assert (done.exit_code, done.output) == (0, "")
