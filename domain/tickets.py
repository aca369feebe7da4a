"""The ticket (工单): a clue on an office's desk; its states and moves as one pure table."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

from attrs import frozen

from domain.errors import IllegalMove
from domain.findings import Family


class TicketState(StrEnum):
    """States of law.md D.6 from 待审批 to 归档."""

    AWAITING_APPROVAL = "待审批"
    SENT = "已移送"
    RECEIVED = "已签收"
    ACCEPTED = "已受理"
    RETURNED = "退回"
    REASSIGNED = "改派"
    CHECKING = "核查中"
    NOT_FILED = "不予立案"
    FILED = "立案"
    INVESTIGATING = "调查"
    PENALISED = "处罚决定"
    TO_POLICE = "移送公安"
    ORDERED = "责令改正"
    INTERVIEWED = "行政约谈"
    CLOSED = "办结"
    REPORTED = "已反馈"
    ARCHIVED = "归档"
    SUSPENDED = "挂起"
    RECALLED = "撤回"


class Move(StrEnum):
    """What an actor may do to a ticket."""

    APPROVE = "approve"
    RECEIVE = "receive"
    ACCEPT = "accept"
    RETURN = "return"
    REASSIGN = "reassign"
    CHECK = "check"
    DECLINE = "decline"
    FILE = "file"
    INVESTIGATE = "investigate"
    PENALISE = "penalise"
    TRANSFER_POLICE = "transfer_police"
    ORDER = "order"
    INTERVIEW = "interview"
    CLOSE = "close"
    REPORT = "report"
    ARCHIVE = "archive"
    SUSPEND = "suspend"
    RESUME = "resume"
    RECALL = "recall"


_S = TicketState
_ENDINGS = (_S.NOT_FILED, _S.PENALISED, _S.TO_POLICE, _S.ORDERED, _S.INTERVIEWED)

_TABLE: dict[tuple[TicketState, Move], TicketState] = {
    (_S.AWAITING_APPROVAL, Move.APPROVE): _S.SENT,
    (_S.SENT, Move.RECEIVE): _S.RECEIVED,
    (_S.RECEIVED, Move.ACCEPT): _S.ACCEPTED,
    (_S.SENT, Move.RETURN): _S.RETURNED,
    (_S.RECEIVED, Move.RETURN): _S.RETURNED,
    (_S.ACCEPTED, Move.RETURN): _S.RETURNED,
    (_S.RETURNED, Move.REASSIGN): _S.REASSIGNED,
    (_S.REASSIGNED, Move.APPROVE): _S.SENT,
    (_S.ACCEPTED, Move.CHECK): _S.CHECKING,
    (_S.CHECKING, Move.DECLINE): _S.NOT_FILED,
    (_S.CHECKING, Move.FILE): _S.FILED,
    (_S.CHECKING, Move.ORDER): _S.ORDERED,
    (_S.CHECKING, Move.INTERVIEW): _S.INTERVIEWED,
    (_S.CHECKING, Move.TRANSFER_POLICE): _S.TO_POLICE,
    (_S.FILED, Move.INVESTIGATE): _S.INVESTIGATING,
    (_S.INVESTIGATING, Move.PENALISE): _S.PENALISED,
    (_S.INVESTIGATING, Move.TRANSFER_POLICE): _S.TO_POLICE,
    (_S.INVESTIGATING, Move.ORDER): _S.ORDERED,
    (_S.INVESTIGATING, Move.INTERVIEW): _S.INTERVIEWED,
    **{(ending, Move.CLOSE): _S.CLOSED for ending in _ENDINGS},
    (_S.CLOSED, Move.REPORT): _S.REPORTED,
    (_S.REPORTED, Move.ARCHIVE): _S.ARCHIVED,
    **{
        (state, Move.SUSPEND): _S.SUSPENDED
        for state in (_S.ACCEPTED, _S.CHECKING, _S.FILED, _S.INVESTIGATING)
    },
    **{
        (state, Move.RECALL): _S.RECALLED
        for state in (_S.AWAITING_APPROVAL, _S.SENT, _S.RECEIVED, _S.ACCEPTED, _S.REASSIGNED)
    },
}


def next_state(
    state: TicketState, move: Move, *, resumed: TicketState | None = None
) -> TicketState:
    """The state that `move` leads to. `resumed` is the state before a suspension.

    Raises IllegalMove when the table has no such move.
    """
    if move is Move.RESUME and state is TicketState.SUSPENDED and resumed is not None:
        return resumed
    try:
        return _TABLE[state, move]
    except KeyError:
        raise IllegalMove(f"工单处于“{state}”，不能执行“{move}”") from None


def legal_moves(state: TicketState) -> tuple[Move, ...]:
    """The moves that a ticket in this state allows, in the order of `Move`."""
    if state is TicketState.SUSPENDED:
        return (Move.RESUME,)
    return tuple(move for move in Move if (state, move) in _TABLE)


class OfficeRole(StrEnum):
    """The part an office plays in a ticket."""

    LEAD = "主办"
    ASSIST = "协办"
    COPY = "抄送"


@frozen(kw_only=True)
class Assignment:
    """An office's part in a ticket."""

    office: str
    role: OfficeRole


@frozen(kw_only=True)
class Deadline:
    """A legal or agreed clock. `provisional` (暂定): the holiday table does not reach that far."""

    clock: str
    title: str
    due: date
    source: str
    provisional: bool = False


@frozen(kw_only=True)
class TicketEvent:
    """One append-only entry of a ticket's history; `digest` chains it to the entry before."""

    sequence: int
    ticket_id: str
    at: datetime
    actor: str
    move: str
    state: TicketState
    note: str = ""
    digest: str = ""


@frozen(kw_only=True)
class Ticket:
    """A clue on an office's desk, one per family of violation.

    `case_group` links the tickets that come from one case (一案多查). `number` is the printed 编号.
    """

    id: str
    number: str
    clue_id: str
    case_group: str
    family: Family
    state: TicketState
    types: tuple[str, ...]
    region: str
    assignments: tuple[Assignment, ...]
    deadlines: tuple[Deadline, ...] = ()
    created_at: datetime
    updated_at: datetime
    suspended_from: TicketState | None = None

    @property
    def lead(self) -> str:
        """The office that must act; there is exactly one."""
        return next(a.office for a in self.assignments if a.role is OfficeRole.LEAD)
