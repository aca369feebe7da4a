"""What happens beside a ticket's way: recurrence, joint visits, appeals, recall."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from sqlalchemy import Connection

from domain.captures import SealStatus
from domain.clues import ClueState
from domain.errors import IllegalMove, NotFound
from domain.tickets import Move, Ticket, TicketState
from storage.database import Database
from tests.tickets.cases import (
    ACCEPTED,
    AT,
    DESK,
    FILED,
    CountingIds,
    finding,
    one_clue,
    opened,
    raise_on,
    walk,
)
from tests.tickets.packages import all_delivered, of_kind
from tests.tickets.sayings import give, saying
from tickets import appeals, clues, desk_notes, joint, ledger, recurrence
from tickets.appeals import AppealDecision
from tickets.clue_moves import ClueMove, clue_move
from tickets.outbox import DeliveryKind
from tickets.outcomes import Saying

HEALTH, MARKET = "990100-health", "990100-market-supervision"
PENALISED = (*FILED, Move.INVESTIGATE, Move.PENALISE, Move.CLOSE)


def test_what_comes_back_after_closure_is_a_new_ticket(
    database: Database, ids: CountingIds
) -> None:
    """再犯: not before closure, not on an older capture; the new ticket counts and seals anew."""
    with database.write() as tx:
        (first,) = opened(tx, ids)
        clue = clues.get(tx, first.clue_id)
        later = AT + timedelta(days=30)
        assert not recurrence.came_back(tx, clue, seen_at=later)
        give(tx, ids, first, *_penalty(first))
        assert not recurrence.came_back(tx, clue, seen_at=AT)
        assert recurrence.came_back(tx, clue, seen_at=later)
        (second,) = _reopen(tx, ids, clue.id)
        assert (second.recurrence, second.types) == (1, first.types)
        assert second.case_group != first.case_group
        assert clues.get(tx, clue.id).seal is SealStatus.PENDING
        assert not recurrence.came_back(tx, clue, seen_at=later)
        give(tx, ids, second, *_penalty(second))
        (third,) = _reopen(tx, ids, clue.id)
        give(tx, ids, third, *_penalty(third))
        found = recurrence.repeats(tx, clue.subject.id, at=later)
        assert (third.recurrence, found.recurrences, found.penalties) == (2, 2, 3)
        assert "两年内三次以上" in found.consequences[0]
        old = recurrence.repeats(tx, clue.subject.id, at=AT + timedelta(days=732))
        assert old.penalties == 0


def _penalty(ticket: Ticket) -> tuple[Saying, Saying]:
    return saying("处罚", decision_no=f"示罚{ticket.number}"), saying("办结")


def _reopen(tx: Connection, ids: CountingIds, clue_id: str) -> list[Ticket]:
    return recurrence.reopen(
        tx,
        clue=clues.get(tx, clue_id),
        desk=DESK,
        ids=ids,
        at=AT,
        automatic=True,
        actor="system",
    )


def test_a_recalled_ticket_closes_nothing(database: Database, ids: CountingIds) -> None:
    """What was taken back cannot be repeated."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        walk(tx, ticket, Move.RECALL)
        clue = clues.get(tx, ticket.clue_id)
        assert not recurrence.came_back(tx, clue, seen_at=AT + timedelta(days=9))


def test_offices_see_each_other_and_visit_once(database: Database, ids: CountingIds) -> None:
    """一案多查: one planned visit for a subject, joined by later tickets, one result to each."""
    with database.write() as tx:
        one, two = opened(tx, ids, "cure_rate", "unlicensed_practice")
        subject_id = clues.subject_of(tx, one.clue_id)
        assert [c.office for c in joint.open_cases(tx, subject_id, DESK.offices)] == [
            MARKET,
            HEALTH,
        ]
        assert not joint.open_cases(tx, subject_id, DESK.offices, seen_by=["990100-customs"])
        first = _plan(tx, ids, [one.id], date(2026, 3, 10))
        assert _plan(tx, ids, [two.id], date(2026, 3, 12)) == first
        seen = joint.open_cases(tx, subject_id, DESK.offices, seen_by=[HEALTH])
        assert {(c.visit, c.planned_for) for c in seen} == {(first, date(2026, 3, 12))}
        told = joint.report_visit(tx, first, result="现场查获", actor="甲", at=AT)
        assert set(told) == {one.id, two.id}
        for ticket in (one, two):
            assert ledger.events(tx, ticket.id)[-1].note == "现场查获"
            assert not ledger.verify_events(tx, ticket.id)
        with pytest.raises(IllegalMove, match="已有结果"):
            joint.report_visit(tx, first, result="再查", actor="甲", at=AT)
        assert _plan(tx, ids, [one.id], date(2026, 4, 1)) != first
        walk(tx, two, Move.RECALL)
        with pytest.raises(IllegalMove, match="办结或撤回"):
            _plan(tx, ids, [two.id], date(2026, 4, 1))
        with pytest.raises(NotFound):
            joint.report_visit(tx, "nowhere", result="无", actor="甲", at=AT)


def _plan(tx: Connection, ids: CountingIds, tickets: list[str], day: date) -> str:
    return joint.plan_visit(tx, ticket_ids=tickets, day=day, actor="甲", at=AT, ids=ids)


def test_an_appeal_that_holds_takes_the_case_back(database: Database, ids: CountingIds) -> None:
    """申诉成立: recalled, and each office that got the case, and no other, gets notice."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        all_delivered(tx, ticket.id, except_for="990100-cyberspace")
        with pytest.raises(IllegalMove, match="没有待答复"):
            _decide(tx, ticket, AppealDecision.UPHELD)
        appeals.receive(tx, ticket_id=ticket.id, words="本院已取得审查证明", actor="甲", at=AT)
        with pytest.raises(IllegalMove, match="尚未答复"):
            appeals.receive(tx, ticket_id=ticket.id, words="又一份", actor="甲", at=AT)
        ticket = _decide(tx, ticket, AppealDecision.WITHDRAWN)
        assert ticket.state is TicketState.RECALLED
        notices = of_kind(tx, ticket, DeliveryKind.RECALL)
        assert {d.office for d in notices} == {MARKET, HEALTH}
        assert [a.decision for a in appeals.of_ticket(tx, ticket.id)] == [AppealDecision.WITHDRAWN]
        assert not ledger.verify_events(tx, ticket.id)


def test_a_filed_case_is_corrected_not_taken_back(database: Database, ids: CountingIds) -> None:
    """更正 reaches every office that got the case; what nobody got needs none."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        with pytest.raises(IllegalMove, match="尚未送达"):
            desk_notes.correct(tx, ticket_id=ticket.id, actor="甲", at=AT, note="更正名称")
    with database.write() as tx:
        all_delivered(tx, ticket.id)
        walk(tx, ticket, *FILED)
        appeals.receive(tx, ticket_id=ticket.id, words="名称有误", actor="甲", at=AT)
    with database.write() as tx, pytest.raises(IllegalMove, match="请改为更正"):
        _decide(tx, ticket, AppealDecision.WITHDRAWN)
    with database.write() as tx:
        _decide(tx, ticket, AppealDecision.CORRECTED)
        first = of_kind(tx, ticket, DeliveryKind.CORRECTION)
        assert {d.office for d in first} == {a.office for a in ticket.assignments}
        desk_notes.correct(tx, ticket_id=ticket.id, actor="甲", at=AT, note="再次更正")
        assert len(of_kind(tx, ticket, DeliveryKind.CORRECTION)) == 2 * len(first)


def _decide(tx: Connection, ticket: Ticket, decision: AppealDecision) -> Ticket:
    return appeals.decide(
        tx,
        ticket_id=ticket.id,
        decision=decision,
        grounds="理由",
        actor="乙",
        at=AT,
        desk=DESK,
    )


def test_a_merge_can_be_undone(database: Database, ids: CountingIds) -> None:
    """撤销合并: the clue's sentences are its own again."""
    with database.write() as tx:
        one = one_clue(tx, ids, "cure_rate", page="d1")
        two = one_clue(tx, ids, "comparison", page="d2")
        words = finding("comparison", "d2-comparison", document_id="d3")
        clue_move(tx, clue_id=two.id, move=ClueMove.REVIEW, actor="甲", at=AT)
        clue_move(tx, clue_id=two.id, move=ClueMove.MERGE, actor="甲", at=AT, into=one.id)
        assert [r.clue.id for r in raise_on(tx, ids, words)] == [one.id]
        clue_move(tx, clue_id=two.id, move=ClueMove.UNMERGE, actor="甲", at=AT)
        back = clues.get(tx, two.id)
        assert (back.state, back.merged_into) == (ClueState.REVIEWING, None)
        again = finding("comparison", "d2-comparison", document_id="d4")
        assert [r.clue.id for r in raise_on(tx, ids, again)] == [two.id]


def test_supervision_begins_and_ends(database: Database, ids: CountingIds) -> None:
    """督办 by one office at a time."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        with pytest.raises(IllegalMove, match="没有督办"):
            desk_notes.release(tx, ticket_id=ticket.id, actor="甲", at=AT, note="")
        watched = desk_notes.supervise(
            tx, ticket_id=ticket.id, by="省局", actor="甲", at=AT, note="重大"
        )
        assert watched.supervised == "省局"
        with pytest.raises(IllegalMove, match="已由省局督办"):
            desk_notes.supervise(tx, ticket_id=ticket.id, by="市局", actor="甲", at=AT, note="")
        ended = desk_notes.release(tx, ticket_id=ticket.id, actor="甲", at=AT, note="")
        assert ended.supervised == ""
        assert not ledger.verify_events(tx, ticket.id)


def test_the_police_answer_reopens_the_case(database: Database, ids: CountingIds) -> None:
    """不立案 → 复议 → 立案监督 → 公安不立案 → the administrative ticket goes on."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        ticket = walk(tx, ticket, *ACCEPTED, Move.CHECK, Move.TRANSFER_POLICE)
        assert [d.clock for d in ticket.deadlines] == ["police_answer"]
        ticket = walk(tx, ticket, Move.POLICE_DECLINE)
        assert [d.clock for d in ticket.deadlines] == ["police_review"]
        ticket = walk(
            tx,
            ticket,
            Move.ASK_REVIEW,
            Move.POLICE_DECLINE,
            Move.ASK_PROSECUTOR,
            Move.POLICE_DECLINE,
            Move.REOPEN,
            Move.FILE,
        )
    assert ticket.state is TicketState.FILED
