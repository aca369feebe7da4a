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
    DISPUTED = "待指定"
    CONTESTED = "复议诉讼"
    POLICE_FILED = "公安已立案"
    POLICE_DECLINED = "公安不立案"
    POLICE_REVIEW = "不立案复议"
    FILING_SUPERVISED = "立案监督"


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
    TRANSFER = "transfer"
    DESIGNATE = "designate"
    CONTEST = "contest"
    UPHOLD = "uphold"
    ANNUL = "annul"
    POLICE_FILE = "police_file"
    POLICE_DECLINE = "police_decline"
    ASK_REVIEW = "ask_review"
    ASK_PROSECUTOR = "ask_prosecutor"
    REOPEN = "reopen"


class Remark(StrEnum):
    """What is noted in a ticket's history without a change of state."""

    ISSUE = "issue"
    CHARACTERISE = "characterise"
    DELIVER = "deliver"
    HAND = "hand"
    SPLIT = "split"
    SUPERVISE = "supervise"
    RELEASE = "release"
    CORRECT = "correct"
    APPEAL = "appeal"
    ANSWER_APPEAL = "answer_appeal"
    PLAN_VISIT = "plan_visit"
    REPORT_VISIT = "report_visit"
    ASK_EXTENSION = "ask_extension"
    ANSWER_EXTENSION = "answer_extension"
    RECKON = "reckon"
    PUBLISH = "publish"
    ASK_OFFICE = "ask_office"
    ANSWER_OFFICE = "answer_office"
    OUTCOME = "outcome"
    RECHECK = "recheck"
    PROPOSE_HANDOVER = "propose_handover"
    GRANT_HANDOVER = "grant_handover"
    REFUSE_HANDOVER = "refuse_handover"
    HAND_ITEMS = "hand_items"


class ReturnReason(StrEnum):
    """Why an office sends a ticket back (law.md D.6)."""

    JURISDICTION = "管辖"
    MATERIAL = "材料"


_S = TicketState
_DECIDED = (_S.NOT_FILED, _S.PENALISED, _S.ORDERED, _S.INTERVIEWED)
_OVER = (_S.CLOSED, _S.REPORTED, _S.ARCHIVED)

_TABLE: dict[tuple[TicketState, Move], TicketState] = {
    (_S.AWAITING_APPROVAL, Move.APPROVE): _S.SENT,
    (_S.SENT, Move.RECEIVE): _S.RECEIVED,
    (_S.RECEIVED, Move.ACCEPT): _S.ACCEPTED,
    (_S.SENT, Move.RETURN): _S.RETURNED,
    (_S.RECEIVED, Move.RETURN): _S.RETURNED,
    (_S.ACCEPTED, Move.RETURN): _S.RETURNED,
    (_S.RETURNED, Move.REASSIGN): _S.REASSIGNED,
    (_S.RETURNED, Move.APPROVE): _S.SENT,
    (_S.REASSIGNED, Move.APPROVE): _S.SENT,
    **{
        (state, Move.TRANSFER): _S.REASSIGNED
        for state in (_S.SENT, _S.RECEIVED, _S.ACCEPTED, _S.CHECKING)
    },
    (_S.DISPUTED, Move.DESIGNATE): _S.REASSIGNED,
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
    **{(ending, Move.CLOSE): _S.CLOSED for ending in (*_DECIDED, _S.TO_POLICE)},
    (_S.CLOSED, Move.REPORT): _S.REPORTED,
    (_S.REPORTED, Move.ARCHIVE): _S.ARCHIVED,
    (_S.PENALISED, Move.CONTEST): _S.CONTESTED,
    (_S.CONTESTED, Move.UPHOLD): _S.PENALISED,
    (_S.CONTESTED, Move.ANNUL): _S.INVESTIGATING,
    (_S.TO_POLICE, Move.POLICE_FILE): _S.POLICE_FILED,
    (_S.TO_POLICE, Move.POLICE_DECLINE): _S.POLICE_DECLINED,
    (_S.POLICE_DECLINED, Move.ASK_REVIEW): _S.POLICE_REVIEW,
    (_S.POLICE_REVIEW, Move.POLICE_FILE): _S.POLICE_FILED,
    (_S.POLICE_REVIEW, Move.POLICE_DECLINE): _S.POLICE_DECLINED,
    (_S.POLICE_DECLINED, Move.ASK_PROSECUTOR): _S.FILING_SUPERVISED,
    (_S.FILING_SUPERVISED, Move.POLICE_FILE): _S.POLICE_FILED,
    (_S.FILING_SUPERVISED, Move.POLICE_DECLINE): _S.POLICE_DECLINED,
    (_S.POLICE_FILED, Move.CLOSE): _S.CLOSED,
    **{
        (state, Move.REOPEN): _S.CHECKING
        for state in (*_DECIDED, _S.POLICE_FILED, _S.POLICE_DECLINED, *_OVER)
    },
    **{
        (state, Move.SUSPEND): _S.SUSPENDED
        for state in (_S.ACCEPTED, _S.CHECKING, _S.FILED, _S.INVESTIGATING)
    },
    **{
        (state, Move.RECALL): _S.RECALLED
        for state in (
            _S.AWAITING_APPROVAL,
            _S.SENT,
            _S.RECEIVED,
            _S.ACCEPTED,
            _S.RETURNED,
            _S.REASSIGNED,
            _S.DISPUTED,
            _S.CHECKING,
        )
    },
}
REFUSALS = frozenset({Move.RETURN, Move.TRANSFER})
"""Moves by which an office says that a ticket is not its own."""


def next_state(
    state: TicketState,
    move: Move,
    *,
    resumed: TicketState | None = None,
    disputed: bool = False,
) -> TicketState:
    """The state that `move` leads to. `resumed` is the state before a suspension; `disputed` says
    that another office refused the ticket before, so that a refusal goes to the coordinator.

    Raises IllegalMove when the table has no such move.
    """
    if disputed and move in REFUSALS and (state, move) in _TABLE:
        return TicketState.DISPUTED
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
    """An office's part in a ticket, and where it lies inside the office."""

    office: str
    role: OfficeRole
    unit: str = ""
    handler: str = ""


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
class Opinion:
    """The lead's characterisation (定性) of the content: its number (文号), what it says, who
    signed. It may come before filing."""

    number: str
    words: str
    signer: str
    at: datetime


@frozen(kw_only=True)
class Ticket:
    """A clue on an office's desk, one per family of violation.

    `case_group` links the tickets that come from one case (一案多查). `number` is the printed 编号.
    `recurrence` counts how often the advertisement came back after closure (再犯); `refusals` the
    offices that said it is not theirs; `designated`: the coordinator decided whose it is (指定);
    `supervised` names the office that watches over it (督办).
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
    recurrence: int = 0
    refusals: int = 0
    designated: bool = False
    supervised: str = ""

    @property
    def lead(self) -> str:
        """The office that must act; there is exactly one."""
        return next(a.office for a in self.assignments if a.role is OfficeRole.LEAD)
