"""The page is looked at again before a case is handed over, and the clue shows what was found."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve
from sqlalchemy import select, update

from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from domain.outcomes import Outcome
from domain.people import Role
from domain.tickets import TicketState
from evidence.tables import capture_requests
from tests.cluewatch.conftest import ADVERT
from tests.cluewatch.console_visitors import visitor
from tests.cluewatch.test_page_signals import FIRST, REMOVED, URL, look
from tickets import clue_moves, clues, ledger, second_looks, tables, worklist
from tickets.worklist import ClueFilter


@pytest.fixture
def case(services: Services) -> str:
    """A crawled clue whose tickets wait for approval."""
    look(services, 0, ADVERT, Outcome.OK)
    with services.truth.write() as tx:
        (entry,) = worklist.clues(tx, ClueFilter()).entries
        Casework(services).issue(tx, clues.get(tx, entry.id), automatic=False)
    return entry.id


def asked(services: Services) -> list[tuple[str, str, str]]:
    with services.truth.read() as tx:
        wanted = capture_requests.c.reason == "recapture"
        rows = tx.execute(select(capture_requests).where(wanted))
        return [(row.clue_id, row.url, row.purpose) for row in rows]


def test_a_look_is_asked_once_before_the_transfer(services: Services, case: str) -> None:
    assert asked(services) == [(case, URL, "移送前复看")]
    with services.truth.write() as tx:
        ticket = ledger.of_clue(tx, case)[0]
        assert not second_looks.ask(tx, ticket, services.clock.now())
        sent = evolve(ticket, id="another", state=TicketState.SENT)
        assert not second_looks.ask(tx, sent, services.clock.now())
    assert len(asked(services)) == 1


def test_what_is_found_stands_on_the_clue(services: Services, case: str) -> None:
    changed = ADVERT.replace("治愈率高达98%", "治愈率高达99%")
    look(services, 1, ADVERT, Outcome.OK)
    look(services, 2, changed, Outcome.OK)
    told = FIRST + timedelta(hours=2, minutes=30)
    with services.truth.write() as tx:
        ticket = ledger.of_clue(tx, case)[0]
        given = {"ticket_id": ticket.id, "office": ticket.lead, "role": "主办", "kind": "移送"}
        tx.execute(
            tables.deliveries.insert().values(
                id="d1", reference="", hold="", created_at=told, delivered_at=told, **given
            )
        )
    look(services, 3, REMOVED, Outcome.REMOVED_VIOLATION)
    with services.truth.read() as tx:
        found = second_looks.looks(tx, clues.get(tx, case))
        events = clue_moves.events(tx, case)
    assert [(each.outcome, each.unchanged) for each in found] == [
        (Outcome.REMOVED_VIOLATION, False),
        (Outcome.OK, False),
        (Outcome.OK, True),
    ]
    assert events[-1].note.endswith("（通知送达后 30 分钟内消失）")
    page = visitor(services, Role.ANALYST).get(f"/clues/{case}").text
    for words in (
        "已消失",
        "仍在，内容有变",
        "内容未变",
        "与发现时对照",
        "通知送达后 30 分钟内消失",
    ):
        assert words in page


def test_a_page_that_went_before_the_notice_is_not_to_its_credit(
    services: Services, case: str
) -> None:
    look(services, 3, REMOVED, Outcome.REMOVED_VIOLATION)
    with services.truth.read() as tx:
        assert "通知送达后" not in clue_moves.events(tx, case)[-1].note


def test_what_others_saved_is_not_visited(services: Services, case: str) -> None:
    with services.truth.write() as tx:
        tx.execute(
            update(tables.clues).where(tables.clues.c.id == case).values(url="http://x.test/")
        )
        ticket = evolve(ledger.of_clue(tx, case)[0], id="another")
        assert not second_looks.ask(tx, ticket, services.clock.now())
