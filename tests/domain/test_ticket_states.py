"""The table of ticket states: closed, reachable, and in agreement with `legal_moves`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import IllegalMove
from domain.findings import Family
from domain.tickets import (
    Assignment,
    Move,
    OfficeRole,
    Ticket,
    TicketState,
    legal_moves,
    next_state,
)

AT = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)
FINAL = {TicketState.RECALLED}


@given(st.sampled_from(TicketState), st.sampled_from(Move), st.sampled_from(TicketState))
def test_a_move_is_legal_or_refused(state: TicketState, move: Move, before: TicketState) -> None:
    """`legal_moves` and `next_state` never disagree."""
    if move in legal_moves(state):
        assert next_state(state, move, resumed=before) in TicketState
    else:
        with pytest.raises(IllegalMove, match=state.value):
            next_state(state, move, resumed=before)


def test_every_state_is_reached_from_the_first() -> None:
    """Nothing in the enum is dead, and only the final states have no way on."""
    reached = {TicketState.AWAITING_APPROVAL}
    while True:
        more = {
            next_state(state, move, resumed=TicketState.CHECKING, disputed=disputed)
            for state in reached
            for move in legal_moves(state)
            for disputed in (False, True)
        }
        if more <= reached:
            break
        reached |= more
    assert reached == set(TicketState)
    assert {state for state in TicketState if not legal_moves(state)} == FINAL


def test_every_case_can_be_archived() -> None:
    """From each state but a recall there is a way to 归档."""
    for start in set(TicketState) - {TicketState.RECALLED}:
        reached = {start}
        for _ in TicketState:
            reached |= {
                next_state(state, move, resumed=TicketState.CHECKING)
                for state in reached
                for move in legal_moves(state)
            }
        assert TicketState.ARCHIVED in reached, start


@pytest.mark.parametrize(
    "state",
    [TicketState.ACCEPTED, TicketState.CHECKING, TicketState.FILED, TicketState.INVESTIGATING],
)
def test_a_suspension_returns_to_where_it_came_from(state: TicketState) -> None:
    """挂起 forgets nothing; without the remembered state it cannot end."""
    assert next_state(state, Move.SUSPEND) is TicketState.SUSPENDED
    assert next_state(TicketState.SUSPENDED, Move.RESUME, resumed=state) is state
    with pytest.raises(IllegalMove):
        next_state(TicketState.SUSPENDED, Move.RESUME)


def test_penalty_needs_a_filed_case() -> None:
    """处罚决定 only follows 立案 and 调查."""
    before = [s for s in TicketState if Move.PENALISE in legal_moves(s)]
    assert before == [TicketState.INVESTIGATING]


def test_the_lead_is_the_one_assigned() -> None:
    """`Ticket.lead` is the office with the part 主办."""
    ticket = Ticket(
        id="t",
        number="n",
        clue_id="c",
        case_group="g",
        family=Family.ADVERTISING,
        state=TicketState.SENT,
        types=("cure_rate",),
        region="",
        assignments=(
            Assignment(office="a", role=OfficeRole.COPY),
            Assignment(office="b", role=OfficeRole.LEAD),
        ),
        created_at=AT,
        updated_at=AT,
    )
    assert ticket.lead == "b"
