"""Requests between offices: asked, answered and closed in any order, by whoever may."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import IllegalMove
from domain.tickets import Move, TicketState
from storage.database import Database
from tests.tickets.cases import (
    ACCEPTED,
    AT,
    DESK,
    CountingIds,
    empty,
    opened,
    walk,
)
from tests.tickets.packages import of_kind
from tickets import assistance, ledger
from tickets.assistance import AssistanceState, Question
from tickets.outbox import DeliveryKind
from tickets.request_forms import FORMS, AssistanceKind

HEALTH, MARKET = "990100-health", "990100-market-supervision"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2)), max_size=8))
@settings(max_examples=30, deadline=None)
def test_requests_in_any_order(steps: list[tuple[int, int]]) -> None:
    """协查, 认定, 检验 asked and settled at random: each is settled once, and the ticket is
    suspended exactly while a test is out; the clock loses exactly those days."""
    ids = CountingIds()
    with empty() as tx:
        (ticket,) = opened(tx, ids)
        walk(tx, ticket, *ACCEPTED)
        open_requests: list[str] = []
        for day, (act, kind) in enumerate(steps, start=1):
            at = AT + timedelta(days=day)
            if act < 2 or not open_requests:
                asked = assistance.ask(
                    tx,
                    ticket_id=ticket.id,
                    question=Question(
                        kind=list(AssistanceKind)[kind], asking=MARKET, asked=HEALTH, words="请核实"
                    ),
                    actor="甲",
                    at=at,
                    desk=DESK,
                    ids=ids,
                )
                open_requests.append(asked.id)
            elif act == 2:
                request = assistance.get(tx, open_requests.pop())
                form = dict.fromkeys(FORMS[request.kind], "如实")
                with pytest.raises(IllegalMove, match="规定各项"):
                    assistance.answer(
                        tx, request.id, form={"其他": "x"}, actor="丙", at=at, desk=DESK
                    )
                done = assistance.answer(
                    tx, request.number, form=form, actor="丙", at=at, desk=DESK
                )
                assert (done.state, done.answer) == (AssistanceState.ANSWERED, form)
                with pytest.raises(IllegalMove, match="已答复"):
                    assistance.decline(tx, done.id, reason="x", actor="丙", at=at, desk=DESK)
            else:
                assistance.decline(
                    tx, open_requests.pop(0), reason="无权", actor="丙", at=at, desk=DESK
                )
            waiting = assistance.waiting(tx, asked=HEALTH)
            assert {r.id for r in waiting} == set(open_requests)
            testing = any(r.kind is AssistanceKind.TEST for r in waiting)
            state = ledger.get(tx, ticket.id).state
            assert (state is TicketState.SUSPENDED) == testing
        assert not ledger.verify_events(tx, ticket.id)
        queued = of_kind(tx, ticket, DeliveryKind.REQUEST)
        assert {d.reference for d in queued} == {r.id for r in assistance.of_ticket(tx, ticket.id)}


def test_who_may_ask(database: Database, ids: CountingIds) -> None:
    """Only an office of the ticket, another one, with a question, while there is work."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)

        def ask(asking: str, asked: str, question: str = "请核实") -> None:
            assistance.ask(
                tx,
                ticket_id=ticket.id,
                question=Question(
                    kind=AssistanceKind.INQUIRY, asking=asking, asked=asked, words=question
                ),
                actor="甲",
                at=AT,
                desk=DESK,
                ids=ids,
            )

        for wrong in (("990100-customs", HEALTH), (MARKET, MARKET), (MARKET, HEALTH, " ")):
            with pytest.raises(IllegalMove):
                ask(*wrong)
        walk(tx, ticket, Move.RECALL)
        with pytest.raises(IllegalMove, match="撤回"):
            ask(MARKET, HEALTH)
