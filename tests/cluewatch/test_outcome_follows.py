"""What an outcome brings about across the product: a fact for the judge, another look at a page."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from sqlalchemy import select

from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from cluewatch.following_up import FollowUps
from domain.feedback import read_particulars
from domain.findings import Existence
from domain.people import Role
from domain.tickets import Move, Ticket
from evidence.tables import capture_requests
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import form_token, visitor
from tickets import clues, ledger, outcomes, rechecks, worklist
from tickets.calendar import civil_date
from tickets.ledger import Order
from tickets.outcomes import Saying
from tickets.rechecks import Found
from tickets.worklist import ClueFilter

URL = "http://qinghe.test/a.html"
MARKET = "990100-market-supervision"


def _ticket(services: Services, directory: Path) -> Ticket:
    """A ticket that its office has got."""
    bring_in(services, directory, "a.html", ADVERT, URL)
    with services.truth.write() as tx:
        entry = worklist.clues(tx, ClueFilter()).entries[0]
        clue = clues.get(tx, entry.id)
        (ticket,) = Casework(services).issue(tx, clue, automatic=False)
        order = Order(move=Move.APPROVE, actor="甲", at=services.clock.now())
        return ledger.move(tx, ticket_id=ticket.id, order=order, desk=services.desk)


def _give(services: Services, ticket: Ticket, code: str, **fields: str) -> None:
    saying = Saying(
        code=code,
        office=MARKET,
        actor="甲",
        at=services.clock.now(),
        particulars=read_particulars(fields),
    )
    with services.truth.write() as tx:
        Casework(services).record_outcome(tx, ticket_id=ticket.id, saying=saying)


def test_a_year_without_applications_is_a_fact(services: Services, tmp_path: Path) -> None:
    """From its first day the judge is told of it for every page of the party, and no longer."""
    ticket = _ticket(services, tmp_path)
    today = civil_date(services.clock.now())
    _give(services, ticket, "一年内不受理", since=str(today), decision_no="示审〔2026〕1号")
    bring_in(services, tmp_path, "b.html", ADVERT.replace("三万", "四万"), f"{URL}?b")
    with services.truth.read() as tx:
        entries = worklist.clues(tx, ClueFilter()).entries
        found = [clues.get(tx, entry.id) for entry in entries]
    (fact,) = [f for clue in found for f in clue.facts if f.name == "ad_refusal"]
    assert fact.answer is Existence.PRESENT
    assert f"自 {today} 至 " in fact.detail
    assert fact.source.startswith("广告审查申请不予受理名单")


def test_a_rectified_page_is_seen_again(services: Services, tmp_path: Path) -> None:
    """Asked of the crawl on its day, and what the new capture says stands on the ticket."""
    ticket = _ticket(services, tmp_path)
    today = civil_date(services.clock.now())
    work = FollowUps(services)
    _give(services, ticket, "自查整改", until=str(today + timedelta(days=9)))
    assert work.work() == 0
    _give(services, ticket, "自查整改", until=str(today))
    assert (work.work(), work.work()) == (1, 0)
    with services.truth.read() as tx:
        wanted = select(capture_requests.c.url).where(capture_requests.c.reason == "recapture")
        assert tx.execute(wanted).scalars().all() == [URL]
    bring_in(services, tmp_path, "c.html", "<html><body><p>门诊时间调整。</p></body></html>", URL)
    with services.truth.read() as tx:
        found = [one.found for one in rechecks.of_ticket(tx, ticket.id)]
        events = ledger.events(tx, ticket.id)
    assert found == [Found.CHANGED, None]
    assert (events[-1].move, events[-1].note) == ("recheck", f"{URL} {Found.CHANGED}")


def test_an_office_gives_its_outcome_on_the_page(services: Services, tmp_path: Path) -> None:
    """The form offers what the office may say, refuses what lacks a field, and shows what was
    said; moves that are outcomes have no button of their own; another office may not speak."""
    ticket = _ticket(services, tmp_path)
    office = visitor(services, Role.OFFICE, offices=(MARKET,), name="market")
    page = office.get(f"/tickets/{ticket.id}").text
    assert "处罚决定（须填：处罚文号）" in page
    assert "关站/关号" not in page
    assert 'name="move" value="penalise"' not in page
    form = {"form_token": form_token(office), "code": "penalised"}
    address = f"/tickets/{ticket.id}/outcomes"
    refused = office.post(address, data=form)
    assert (refused.status_code, "须填写：处罚文号" in refused.text) == (400, True)
    done = office.post(address, data={**form, "decision_no": "示罚1号", "fine": "3,000"})
    assert "处罚文号：示罚1号；罚没金额：3000" in done.text
    health = visitor(services, Role.OFFICE, offices=("990100-health",), name="health")
    form = {"form_token": form_token(health), "code": "filed", "office": MARKET}
    assert health.post(address, data=form).status_code == 403
    moves = {"form_token": form_token(office), "move": "penalise"}
    assert office.post(f"/tickets/{ticket.id}/moves", data=moves).status_code == 403
    with services.truth.read() as tx:
        assert len(outcomes.of_ticket(tx, ticket.id)) == 1
