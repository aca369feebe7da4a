"""What follows from outcomes: every route, once, to the right office; rechecks when due."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from domain.clues import SubjectKind
from domain.errors import ConfigError
from domain.tickets import Ticket, TicketState
from evidence.tables import capture_requests
from storage.database import Database
from tests.tickets.cases import AT, DESK, CountingIds, empty, one_clue, opened, subject
from tests.tickets.sayings import HEALTH, MARKET, POLICE, give, saying
from tickets import assistance, ledger, outbox, rechecks
from tickets.calendar import civil_date
from tickets.issue import issue
from tickets.outbox import DeliveryKind
from tickets.outcome_routes import load_outcome_routes
from tickets.rechecks import Found
from tickets.request_forms import AssistanceKind

PROCURATORATE, COURT = "990100-procuratorate", "990100-court"
PENALTY = {"decision_no": "示罚1号"}


def _told(tx: Connection, ticket: Ticket) -> list[tuple[AssistanceKind, str]]:
    return [(one.kind, one.asked) for one in assistance.of_ticket(tx, ticket.id)]


def _practice(tx: Connection, ids: CountingIds) -> Ticket:
    """A ticket of unlicensed practice, which health leads."""
    who = subject("示范美容院", kind=SubjectKind.BEAUTY_SALON)
    clue = one_clue(tx, ids, "unlicensed_practice", who=who)
    (ticket,) = issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True)
    return ticket


def test_a_penalty_for_advertising_goes_to_health(database: Database, ids: CountingIds) -> None:
    """As a request of its own kind with a number, a form, a clock and a package; the same decision
    reported again with its fine tells nobody twice; another decision does."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        give(tx, ids, ticket, saying("处罚", stated=PENALTY))
        give(tx, ids, ticket, saying("处罚", stated=PENALTY, fine="20000"))
        (notice,) = assistance.of_ticket(tx, ticket.id)
        assert (notice.kind, notice.asking, notice.asked) == (
            AssistanceKind.APPROVAL_NOTICE,
            MARKET,
            HEALTH,
        )
        assert "示罚1号" in notice.question
        assert notice.due == date(2026, 3, 17)
        sent = [d for d in outbox.of_ticket(tx, ticket.id) if d.kind is DeliveryKind.REQUEST]
        assert [(d.office, d.reference) for d in sent] == [(HEALTH, notice.id)]
        give(tx, ids, ticket, saying("处罚", decision_no="示罚2号"))
        assert len(assistance.of_ticket(tx, ticket.id)) == 2
        form = {"广告审查处理": "暂停受理", "校验处理": "记入校验档案", "承办人": "李乙"}
        done = assistance.answer(tx, notice.id, form=form, actor="李乙", at=AT, desk=DESK)
        assert done.answer == form


def test_what_health_finds_goes_on(database: Database, ids: CountingIds) -> None:
    """Unlicensed practice to the police, a consultancy and a false advertisement to the market,
    obstruction to the police."""
    with database.write() as tx:
        ticket = _practice(tx, ids)
        give(tx, ids, ticket, saying("发现虚假违法广告", office=HEALTH, words="门头广告"))
        give(tx, ids, ticket, saying("发现违法医疗咨询中介", office=HEALTH, target="示范咨询"))
        give(tx, ids, ticket, saying("阻碍执法", office=HEALTH, words="拒不开门"))
        give(tx, ids, ticket, saying("处罚", office=HEALTH, stated=PENALTY))
        assert _told(tx, ticket) == [
            (AssistanceKind.AD_NOTICE, MARKET),
            (AssistanceKind.REGISTER_NOTICE, MARKET),
            (AssistanceKind.OBSTRUCTION, POLICE),
            (AssistanceKind.CRIME_NOTICE, POLICE),
        ]


def test_justice_gets_copies(database: Database, ids: CountingIds) -> None:
    """The hand-over is copied to the procuratorate; a refusal to prosecute reopens the ticket and
    is copied to procuratorate and court; late papers are told even after the ticket is closed."""
    with database.write() as tx:
        ticket = _practice(tx, ids)
        give(tx, ids, ticket, saying("移送公安", office=HEALTH))
        assert _told(tx, ticket) == [(AssistanceKind.JUSTICE_COPY, PROCURATORATE)]
        paper = saying("不起诉", office=HEALTH, decision_no="示检不诉1号")
        assert give(tx, ids, ticket, paper).ticket.state is TicketState.CHECKING
        copies = [(AssistanceKind.JUSTICE_COPY, o) for o in (PROCURATORATE, COURT)]
        assert _told(tx, ticket)[1:] == copies
        refused = saying("不予立案", office=HEALTH, reason="minor")
        give(tx, ids, ticket, refused)
        give(tx, ids, ticket, saying("办结", office=HEALTH))
        opinion = saying("检察意见", office=HEALTH, decision_no="示检意1号")
        assert give(tx, ids, ticket, opinion).ticket.state is TicketState.CHECKING
        assert _told(tx, ticket)[3:] == copies


@given(st.lists(st.integers(0, 5), max_size=12))
@settings(max_examples=15, deadline=None)
def test_any_history_tells_each_decision_once(order: list[int]) -> None:
    """Whatever is said, in any order and however often: one notice for each decision and office,
    none for what tells nobody."""
    with empty() as tx:
        ids = CountingIds()
        ticket = _practice(tx, ids)
        said = [
            saying("处罚", office=HEALTH, decision_no="示罚1号"),
            saying("处罚", office=HEALTH, decision_no="示罚2号"),
            saying("发现虚假违法广告", office=HEALTH, words="甲"),
            saying("发现虚假违法广告", office=HEALTH, words="乙"),
            saying("记分", office=HEALTH, count="6"),
            saying("立案", office=HEALTH),
        ]
        for one in order:
            give(tx, ids, ticket, said[one])
        told = _told(tx, ticket)
        assert len(told) == len(set(order) & {0, 1, 2, 3})
        assert not ledger.verify_events(tx, ticket.id)


def test_a_rectification_is_looked_at_again(database: Database, ids: CountingIds) -> None:
    """自查整改: on its last day, not before, the clue's pages are asked for once; what is seen
    there is noted; an older capture settles nothing."""
    with database.write() as tx:
        capture_requests.create(tx, checkfirst=True)
        (ticket,) = opened(tx, ids)
        give(tx, ids, ticket, saying("自查整改", until="2026-03-20"))
        (planned,) = rechecks.of_ticket(tx, ticket.id)
        assert (planned.due, planned.asked_at) == (date(2026, 3, 20), None)
        assert not rechecks.due(tx, today=date(2026, 3, 19))
        later = AT + timedelta(days=18)
        found = rechecks.due(tx, today=civil_date(later))
        for _ in range(2):
            rechecks.ask(tx, found, at=later)
        rows = tx.execute(select(capture_requests.c.url, capture_requests.c.reason)).all()
        assert rows == [(planned.url, "recapture")]
        assert not rechecks.due(tx, today=civil_date(later))
        seen = partial(rechecks.seen, tx, urls=[planned.url], snapshot_id="snap-d1")
        assert seen(at=AT) == 0
        assert seen(at=later + timedelta(hours=1)) == 1
        assert seen(at=later + timedelta(hours=2)) == 0
        assert rechecks.of_ticket(tx, ticket.id)[0].found is Found.STILL
        assert ledger.events(tx, ticket.id)[-1].note == f"{planned.url} 原违法表述仍在"


@pytest.mark.parametrize(("snapshot", "found"), [(None, Found.GONE), ("another", Found.CHANGED)])
def test_what_a_recheck_finds(
    database: Database, ids: CountingIds, snapshot: str | None, found: Found
) -> None:
    """A page that has gone, and one without the words."""
    with database.write() as tx:
        capture_requests.create(tx, checkfirst=True)
        (ticket,) = opened(tx, ids)
        give(tx, ids, ticket, saying("责令改正", until="2026-03-10"))
        day = date(2026, 3, 17)
        rechecks.ask(tx, rechecks.due(tx, today=day), at=AT)
        (asked,) = rechecks.of_ticket(tx, ticket.id)
        assert asked.due == day
        rechecks.seen(tx, urls=[asked.url], snapshot_id=snapshot, at=AT)
        assert rechecks.of_ticket(tx, ticket.id)[0].found is found


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "{id: a, when: {codes: [x]}, kind: ad_notice, to: [court], words: 通报, source: 甲}",
            "没有办理结果",
        ),
        ("{id: a, when: {codes: [filed]}, kind: x, to: [health], words: 通报, source: 甲}", "kind"),
    ],
)
def test_a_wrong_route_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """With its line."""
    path = tmp_path / "routes.yml"
    path.write_text(f"routes:\n  - {text}\n", "utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        load_outcome_routes(DESK.outcomes, path)
    assert str(caught.value.at).startswith(f"{path}:2")
