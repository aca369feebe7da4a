"""The main job from first page to last ticket, on a seed that nobody has tuned for."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest
from sqlalchemy import func, select

from cluewatch.bootstrap import Services
from crawlers.frontier import reports as frontier
from documents import store as documents
from domain.captures import SealStatus
from domain.tickets import TicketState
from evidence.tables import outbox, snapshots
from storage import leases
from storage.leases import WorkState
from tests.e2e.conftest import Demonstration, cluewatch
from tickets import ledger, worklist
from tickets.worklist import ClueFilter, TicketFilter

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.timeout(900)]


# What the judgement reached on this seed when it was last improved; a later change may not fall
# below. The gates themselves (0.95 and 0.90) are printed by the demonstration.
BASELINE = {"finding_precision": 0.90, "finding_recall": 0.80}


def test_the_world_is_seen_whole_politely_and_judged_no_worse_than_before(
    demonstration: Demonstration,
) -> None:
    done = cluewatch(
        {**demonstration.environment(), "CLUEWATCH_CLOCK__URL": ""},
        *("farm", "score", "--json", "--directory", str(demonstration.home / "farm")),
    )
    rows = {row["metric"]: row for row in json.loads(done.stdout)["rows"]}
    for metric, floor in BASELINE.items():
        assert rows.pop(metric)["value"] >= floor, metric
    failed = [row for row in rows.values() if row["pass"] is False]
    assert failed == []
    assert demonstration.code in (0, 1), demonstration.output
    assert "评分" in demonstration.output


def test_claimed_is_done_failed_or_returned(services: Services) -> None:
    with services.frontier.read() as tx:
        assert frontier.conservation(tx).balanced
    with services.truth.read() as tx:
        states = leases.depth(tx, outbox)
        kept = tx.execute(select(func.count()).select_from(snapshots)).scalar_one()
    assert states[WorkState.READY] == states[WorkState.LEASED] == states[WorkState.PARKED] == 0
    assert states[WorkState.DONE] >= kept


def test_all_evidence_verifies(demonstration: Demonstration) -> None:
    done = demonstration.run("verify", "--json")
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    assert (done.returncode, report["problems"]) == (0, [])
    assert report["checked"] > 1000


def test_every_clue_is_sealed_and_on_a_desk(services: Services) -> None:
    with services.truth.read() as tx:
        found = worklist.clues(tx, ClueFilter(), limit=1000).entries
        assert len(found) > 50
        assert {entry.seal for entry in found} == {SealStatus.SEALED}
        for entry in found:
            tickets = ledger.of_clue(tx, entry.id)
            assert tickets
            assert TicketState.AWAITING_APPROVAL not in {ticket.state for ticket in tickets}
            assert all(ledger.verify_events(tx, ticket.id) == () for ticket in tickets)


def test_what_was_delivered_can_be_checked_without_us(
    demonstration: Demonstration, tmp_path: Path
) -> None:
    bundles = sorted((demonstration.home / "outbox").rglob("*.zip"))
    letters = sorted((demonstration.home / "outbox").rglob("*.docx"))
    assert len(bundles) == len(letters) > 50
    with zipfile.ZipFile(bundles[0]) as archive:
        archive.extractall(tmp_path)
    verifier = [sys.executable, "-I", str(tmp_path / "verify.py")]
    good = subprocess.run([*verifier, str(bundles[0])], capture_output=True, text=True, check=False)
    assert good.returncode == 0, good.stdout
    (tmp_path / "screenshot.png").write_bytes(b"another picture")
    bad = subprocess.run([*verifier, str(tmp_path)], capture_output=True, text=True, check=False)
    assert bad.returncode == 1
    assert "screenshot.png" in bad.stdout


def test_running_again_is_quick_and_changes_nothing(
    demonstration: Demonstration, services: Services
) -> None:
    with services.truth.read() as tx:
        before = documents.count(tx), worklist.count_tickets(tx, TicketFilter())
    ports = demonstration.ports
    again = demonstration.run(
        *("demo", "--no-serve", "--seed", "ci"),
        *("--port", str(ports.pages), "--admin-port", str(ports.admin)),
    )
    assert again.returncode == demonstration.code, again.stdout + again.stderr
    with services.truth.read() as tx:
        assert (documents.count(tx), worklist.count_tickets(tx, TicketFilter())) == before


def test_the_index_is_a_projection(demonstration: Demonstration) -> None:
    def answers() -> list[dict[str, object]]:
        found = demonstration.run("search", "治疗 且 判定:CLUE", "--limit", "1000", "--json")
        assert found.returncode == 0, found.stderr
        return sorted(
            (json.loads(line) for line in found.stdout.splitlines()), key=lambda hit: hit["id"]
        )

    before = answers()
    ended = {**demonstration.environment(), "CLUEWATCH_CLOCK__URL": ""}  # the farm and its clock
    rebuilt = cluewatch(ended, "index", "rebuild")
    assert rebuilt.returncode == 0, rebuilt.stderr
    after = answers()
    assert [(h["id"], h["highlights"]) for h in before] == [
        (h["id"], h["highlights"]) for h in after
    ]
    assert before
