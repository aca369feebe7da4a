"""States of the clue (law.md D.6, 待研判 … 合并) and the moves between them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, select

from domain.clues import ClueState
from domain.errors import IllegalMove, NotFound
from tickets import history, tables
from tickets.history import Entry


class ClueMove(StrEnum):
    """What an actor may do to a clue. ISSUE is made by `tickets.issue` alone."""

    REVIEW = "review"
    DISMISS = "dismiss"
    MERGE = "merge"
    ISSUE = "issue"
    UNMERGE = "unmerge"


_S = ClueState
_TABLE: dict[tuple[ClueState, ClueMove], ClueState] = {
    (_S.PENDING, ClueMove.REVIEW): _S.REVIEWING,
    (_S.PENDING, ClueMove.ISSUE): _S.ISSUED,
    (_S.REVIEWING, ClueMove.DISMISS): _S.FALSE_ALARM,
    (_S.REVIEWING, ClueMove.MERGE): _S.MERGED,
    (_S.REVIEWING, ClueMove.ISSUE): _S.ISSUED,
    (_S.MERGED, ClueMove.UNMERGE): _S.REVIEWING,
}


def next_state(state: ClueState, move: ClueMove) -> ClueState:
    """The state that `move` leads to. Raises IllegalMove when the table has no such move."""
    try:
        return _TABLE[state, move]
    except KeyError:
        raise IllegalMove(f"线索处于“{state}”，不能执行“{move}”") from None


def legal_moves(state: ClueState) -> tuple[ClueMove, ...]:
    """The moves that a clue in this state allows."""
    return tuple(move for move in ClueMove if (state, move) in _TABLE)


def clue_move(
    tx: Connection,
    *,
    clue_id: str,
    move: ClueMove,
    actor: str,
    at: datetime,
    note: str = "",
    into: str | None = None,
) -> ClueState:
    """Make a move and note it in the clue's history; returns the new state.

    `into` is the clue that this one is merged into: required for MERGE, refused otherwise. UNMERGE
    gives the clue its own sentences back; what the survivor had gathered before stays with it.
    Raises NotFound, IllegalMove, or RetryableError when another worker was faster.
    """
    row = _row(tx, clue_id)
    state = next_state(ClueState(row.state), move)
    if (move is ClueMove.MERGE) != (into is not None):
        raise IllegalMove("合并须指明并入的线索，其他操作不得指明", at=row.number)
    if into is not None:
        _check_target(tx, row.number, clue_id, into)
    entry = Entry(
        owner_id=clue_id,
        sequence=row.sequence + 1,
        at=at,
        actor=actor,
        move=move.value,
        state=state.value,
        note=note,
    )
    history.append(tx, tables.clues, tables.clue_events, entry, previous=row.head, merged_into=into)
    return state


def events(tx: Connection, clue_id: str) -> tuple[Entry, ...]:
    """The history of a clue, oldest first."""
    return history.entries(tx, tables.clue_events, clue_id)


def verify_events(tx: Connection, clue_id: str) -> tuple[str, ...]:
    """What is wrong with a clue's history, in words; empty when it holds. Raises NotFound."""
    row = _row(tx, clue_id)
    return history.problems(events(tx, clue_id), head=row.head, state=row.state)


def _row(tx: Connection, clue_id: str) -> Row[Any]:
    row = tx.execute(select(tables.clues).where(tables.clues.c.id == clue_id)).one_or_none()
    if row is None:
        raise NotFound(f"没有线索 {clue_id}")
    return row


def _check_target(tx: Connection, number: str, clue_id: str, into: str) -> None:
    target = _row(tx, into)
    if into == clue_id or target.state == ClueState.MERGED.value:
        raise IllegalMove("不能并入自身或已被合并的线索", at=number)
