"""Seal requests as they are worked: tried again with growing pauses, and never called done."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select, update

from cluewatch import sealing, workers
from cluewatch.bootstrap import Services
from cluewatch.sealing import SealWork
from domain.captures import CaptureRequest, RequestReason, SealStatus
from domain.errors import RetryableError, Unreachable
from evidence import requests
from evidence.tables import capture_requests, outbox
from storage import leases
from storage.leases import WorkState
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.evidence.stand_ins import StandInRenderer
from tickets import clues, worklist
from tickets.worklist import ClueFilter

URL = "http://qinghe.test/npx.html"


class Screen(StandInRenderer):
    """The stand-in browser, closed like a real one."""

    def close(self) -> None:
        """Nothing is open."""


def crashing() -> Screen:
    """A browser that dies at every page."""
    screen = Screen()
    screen.stored_error = RetryableError("浏览器报错：Target crashed")
    return screen


@pytest.fixture
def case(services: Services, tmp_path: Path) -> str:
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, URL)
    with services.truth.read() as tx:
        (entry,) = worklist.clues(tx, ClueFilter()).entries
    return entry.id


def due_now(services: Services) -> None:
    """As if the pause before the next attempt had passed."""
    with services.truth.write() as tx:
        tx.execute(update(capture_requests).values(not_before=0.0))


def test_a_failed_seal_is_tried_again_until_a_person_must_look(
    services: Services, case: str
) -> None:
    services.__dict__["renderer"] = crashing()
    work = SealWork(services, owner="t")
    pauses: list[float] = []
    for _ in range(sealing.MOST_ATTEMPTS):
        assert work.work() == 1
        assert work.work() == 0
        with services.truth.read() as tx:
            row = tx.execute(select(capture_requests)).one()
            [waiting] = requests.open_seals(tx, case)
        pauses.append(row.not_before)
        assert "Target crashed" in (waiting.last_error or "")
        due_now(services)
    assert waiting.parked
    assert row.work_state == WorkState.PARKED.value
    assert pauses == sorted(pauses)
    workers.drain(workers.process_steps(services))
    with services.truth.read() as tx:
        assert clues.get(tx, case).seal is SealStatus.INCOMPLETE


def test_a_later_attempt_completes_the_seal(services: Services, case: str) -> None:
    services.__dict__["renderer"] = crashing()
    SealWork(services, owner="t").work()
    workers.drain(workers.process_steps(services))
    services.close()
    services.__dict__.pop("sealer")
    services.__dict__.pop("paced_renderer")
    services.__dict__["renderer"] = Screen()
    due_now(services)
    SealWork(services, owner="t").work()
    workers.drain(workers.process_steps(services))
    with services.truth.read() as tx:
        assert clues.get(tx, case).seal is SealStatus.SEALED
        assert not requests.open_seals(tx, case)


def test_a_page_sealed_by_hand_is_no_clue_and_parks_nothing(services: Services) -> None:
    services.index.ensure()
    screen = Screen()
    screen.error = Unreachable("网站没有应答")
    services.__dict__["renderer"] = screen
    at = services.clock.now()
    asked = CaptureRequest(id="by-hand", reason=RequestReason.SEAL, url=URL, requested_at=at)
    assert services.sealer.seal(asked).clue_id == "by-hand"
    assert workers.drain(workers.process_steps(services)) == 1
    with services.truth.read() as tx:
        assert not leases.parked(tx, outbox)
