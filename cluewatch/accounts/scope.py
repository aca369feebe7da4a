"""What of the stores a user may see: their offices' cases, their division's, or all.

What lies outside is answered as if it did not exist. A document whose division is unknown is
shown only to users without a division of their own.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import Connection, Select

from crawlers import source_store
from documents import store as documents
from domain.clues import Clue, Subject
from domain.divisions import contains
from domain.errors import NotFound
from domain.pages import Document
from domain.people import Permission, User
from domain.queries import And, Equals, Query
from domain.sources import Source
from domain.tickets import Move, Ticket
from tickets import assistance, clues, complaints, ledger, worklist
from tickets import subjects as parties
from tickets.assistance import Assistance
from tickets.complaints import Complaint
from tickets.outcomes import CODED
from tickets.visibility import clue_visible, ticket_visible
from tickets.worklist import ClueFilter, TicketFilter

NOT_YOURS = "此项操作须由主办机关或有审批权限的人员执行"
_DESK_MOVES = frozenset({Move.APPROVE, Move.REASSIGN, Move.RECALL, Move.DESIGNATE})


def offices(user: User) -> frozenset[str] | None:
    """The offices whose cases alone the user sees; None: not limited to offices."""
    return user.offices if user.limited_to_offices else None


def region(user: User) -> str | None:
    """The division whose cases alone the user sees; None: all of them."""
    return user.region or None


def clue(tx: Connection, user: User, clue_id: str) -> Clue:
    """The clue, when the user may see it. Raises NotFound."""
    found = clues.get(tx, clue_id)
    if user.limited_to_offices and not clue_visible(tx, found.id, user.offices):
        raise NotFound(f"没有线索 {clue_id}")
    if not inside(user, found.region):
        raise NotFound(f"没有线索 {clue_id}")
    return found


def ticket(tx: Connection, user: User, ticket_id: str) -> Ticket:
    """The ticket, when the user may see it. Raises NotFound."""
    found = ledger.get(tx, ticket_id)
    if user.limited_to_offices and not ticket_visible(tx, found.id, user.offices):
        raise NotFound(f"没有工单 {ticket_id}")
    if not inside(user, found.region):
        raise NotFound(f"没有工单 {ticket_id}")
    return found


def document(tx: Connection, user: User, document_id: str) -> Document:
    """The document, when the user may see it. Raises NotFound."""
    found = documents.get(tx, document_id)
    if user.region and not inside(user, document_region(tx, found)):
        raise NotFound("没有这份文档", at=document_id)
    return found


def clue_filter(user: User) -> ClueFilter:
    """The clues that the user may see."""
    return ClueFilter(offices=offices(user), region=region(user))


def ticket_filter(user: User) -> TicketFilter:
    """The tickets that the user may see."""
    return TicketFilter(offices=offices(user), region=region(user))


def subjects(user: User) -> Select[str] | None:
    """The ids of the subjects that the user may see, those with a clue of theirs; None: all."""
    if offices(user) is None and region(user) is None:
        return None
    return worklist.subject_ids(clue_filter(user))


def subject(tx: Connection, user: User, subject_id: str) -> Subject:
    """The subject, when the user may see it. Raises NotFound."""
    found = parties.get(tx, subject_id)
    if not known_subjects(tx, user, [subject_id]):
        raise NotFound(f"没有当事人 {subject_id}")
    return found


def known_subjects(tx: Connection, user: User, ids: Collection[str]) -> frozenset[str]:
    """Those of these subjects that the user may see."""
    mine = subjects(user)
    if mine is None:
        return frozenset(ids)
    column = mine.selected_columns[0]
    return frozenset(tx.execute(mine.where(column.in_(list(ids)))).scalars())


def search(user: User, query: Query) -> Query:
    """The query, narrowed to the documents that the user may see: the index knows every document
    by its division and by those above it."""
    if not user.region:
        return query
    return And(parts=(query, Equals(field="region", value=user.region)))


def source(tx: Connection, user: User, source_id: str) -> Source:
    """The source, when the user may see it. Raises NotFound."""
    found = source_store.get(tx, source_id)
    if not inside(user, found.region):
        raise NotFound("没有这个监测对象", at=source_id)
    return found


def sources(tx: Connection, user: User) -> list[Source]:
    """Every source that the user may see, by id."""
    return [one for one in source_store.all(tx) if inside(user, one.region)]


def document_region(tx: Connection, found: Document) -> str:
    """The division of the source that a document came from, "" when none is known."""
    origin = source_store.find(tx, found.source_id)
    return origin.region if origin is not None else ""


def complaint(tx: Connection, user: User, reference: str) -> Complaint:
    """The complaint, when the user may see it. Raises NotFound."""
    found = complaints.get(tx, reference)
    if not inside(user, found.region):
        raise NotFound(f"没有投诉 {reference}")
    return found


def request(tx: Connection, user: User, reference: str) -> Assistance:
    """The request for help that the user may answer. Raises NotFound."""
    found = assistance.get(tx, reference)
    if not speaks_for(user, found.asked) or not inside(
        user, ledger.get(tx, found.ticket_id).region
    ):
        raise NotFound(f"没有协助请求 {reference}")
    return found


def may_move(user: User, ticket: Ticket, move: Move) -> bool:
    """Whether a user who may move tickets may make this move: sending, reassigning and recalling
    are the desk's, the rest is the lead office's; what an outcome brings about comes by that."""
    if move in CODED:
        return False
    if move in _DESK_MOVES:
        return user.may(Permission.APPROVE_TICKET)
    return speaks_for(user, ticket.lead)


def speaking_for(user: User, ticket: Ticket) -> list[str]:
    """The offices of the ticket that the user may speak for, the lead first."""
    there = sorted((part.office for part in ticket.assignments), key=lambda o: o != ticket.lead)
    return [office for office in there if speaks_for(user, office)]


def speaks_for(user: User, office: str) -> bool:
    """Whether the user may act for an office: its own people, and those not limited to offices."""
    return not user.limited_to_offices or office in user.offices


def inside(user: User, division: str) -> bool:
    """Whether a six-digit division ("": unknown) lies in the user's own."""
    return not user.region or contains(user.region, division)
