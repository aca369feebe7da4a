"""Complaints (投诉举报): received, accepted or refused with where to go, tied to a clue; the
reporter is told of the filing and the result. Every move is chained like a ticket's."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from attrs import frozen
from sqlalchemy import Connection, Row, or_, select

from domain.errors import IllegalMove, NotFound
from domain.ports import Ids
from tickets import history, tables, vault
from tickets.calendar import civil_date
from tickets.desk import Desk
from tickets.elsewhere import Place
from tickets.history import Entry
from tickets.numbers import COMPLAINT_SERIES, next_number
from tickets.vault import Reporter


class ComplaintSource(StrEnum):
    """Where it came in; the value is what letters print of its origin."""

    HOTLINE_12345 = "12345"
    PLATFORM_12315 = "12315"
    HEALTH_962223 = "962223"
    GRID = "网格员"
    LETTER = "来信来访"
    OFFICE = "其他机关"


class ComplaintState(StrEnum):
    """Where it stands."""

    RECEIVED = "待受理"
    ACCEPTED = "已受理"
    REFUSED = "不予受理"
    TIED = "已立线索"
    ANSWERED = "已反馈"


class ComplaintMove(StrEnum):
    """What is done to it. TELL notes that the reporter was told of the filing; the state stays."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    TIE = "tie"
    TELL = "tell"
    ANSWER = "answer"


_S = ComplaintState
_TABLE: dict[tuple[ComplaintState, ComplaintMove], ComplaintState] = {
    (_S.RECEIVED, ComplaintMove.ACCEPT): _S.ACCEPTED,
    (_S.RECEIVED, ComplaintMove.REFUSE): _S.REFUSED,
    (_S.ACCEPTED, ComplaintMove.TIE): _S.TIED,
    (_S.TIED, ComplaintMove.TELL): _S.TIED,
    (_S.ACCEPTED, ComplaintMove.ANSWER): _S.ANSWERED,
    (_S.TIED, ComplaintMove.ANSWER): _S.ANSWERED,
}


@frozen(kw_only=True)
class Incoming:
    """A complaint as it came in, its reporter apart. `words` still may name the reporter."""

    source: ComplaintSource
    external_no: str
    received_at: datetime
    party: str
    words: str
    region: str = ""
    address: str = ""
    urls: tuple[str, ...] = ()


@frozen(kw_only=True)
class Complaint:
    """A complaint without anything that tells who complained. `told_at`: of the filing."""

    id: str
    number: str
    source: ComplaintSource
    external_no: str
    received_at: datetime
    party: str
    address: str
    region: str
    words: str
    urls: tuple[str, ...]
    state: ComplaintState
    due: date
    provisional: bool
    clue_id: str | None
    told_at: datetime | None
    answer: str


def receive(
    tx: Connection,
    incoming: Incoming,
    reporter: Reporter | None,
    *,
    actor: str,
    at: datetime,
    desk: Desk,
    ids: Ids,
) -> tuple[Complaint, bool]:
    """Take a complaint in; the flag is false when this source sent this number before.

    The reporter goes to the vault, and what names them in the words is hidden.
    """
    table = tables.complaints
    known = tx.execute(
        select(table.c.id).where(
            table.c.source == incoming.source.value, table.c.external_no == incoming.external_no
        )
    ).scalar_one_or_none()
    if known is not None:
        return get(tx, known), False
    complaint_id = ids.new()
    entry = Entry(
        owner_id=complaint_id,
        sequence=0,
        at=at,
        actor=actor,
        move="receive",
        state=ComplaintState.RECEIVED.value,
        note=f"{incoming.source} {incoming.external_no}",
    )
    _open(tx, entry, incoming, reporter, desk)
    if reporter is not None:
        vault.keep(tx, complaint_id, reporter)
    return get(tx, complaint_id), True


def accept(tx: Connection, reference: str, *, actor: str, at: datetime) -> Complaint:
    """Decide that it is ours (受理). Raises IllegalMove."""
    return _move(tx, reference, ComplaintMove.ACCEPT, actor=actor, at=at, note="")


def refuse(tx: Connection, reference: str, *, place: Place, actor: str, at: datetime) -> Complaint:
    """Decide that it is not ours; the answer says where to go. Raises IllegalMove."""
    words = f"您反映的事项不属于本机关职责。请向{place.title}反映（依据：{place.source}）。"
    return _move(tx, reference, ComplaintMove.REFUSE, actor=actor, at=at, note=words, answer=words)


def tie(tx: Connection, reference: str, *, clue_id: str, actor: str, at: datetime) -> Complaint:
    """Say which clue came of it. Raises IllegalMove."""
    return _move(
        tx, reference, ComplaintMove.TIE, actor=actor, at=at, note=clue_id, clue_id=clue_id
    )


def tell(tx: Connection, reference: str, *, words: str, actor: str, at: datetime) -> Complaint:
    """Note that the reporter was told whether a case was filed. Raises IllegalMove."""
    return _move(tx, reference, ComplaintMove.TELL, actor=actor, at=at, note=words, told_at=at)


def answer(tx: Connection, reference: str, *, words: str, actor: str, at: datetime) -> Complaint:
    """Note the result that went back to the reporter and its source. Raises IllegalMove."""
    return _move(tx, reference, ComplaintMove.ANSWER, actor=actor, at=at, note=words, answer=words)


def get(tx: Connection, reference: str) -> Complaint:
    """The complaint with this id or printed number. Raises NotFound."""
    return _complaint(_row(tx, reference))


def all_in(tx: Connection, states: Collection[ComplaintState]) -> tuple[Complaint, ...]:
    """Complaints in these states, the most urgent first."""
    table = tables.complaints
    wanted = (
        select(table)
        .where(table.c.state.in_([state.value for state in states]))
        .order_by(table.c.due, table.c.number)
    )
    return tuple(map(_complaint, tx.execute(wanted)))


def of_clue(tx: Connection, clue_id: str) -> tuple[Complaint, ...]:
    """The complaints that a clue answers, oldest first."""
    table = tables.complaints
    wanted = select(table).where(table.c.clue_id == clue_id).order_by(table.c.number)
    return tuple(map(_complaint, tx.execute(wanted)))


def meet(
    tx: Connection, *, clue_id: str, urls: Collection[str], actor: str, at: datetime
) -> tuple[Complaint, ...]:
    """A clue was raised on a page: accepted complaints that name the page belong to it."""
    return tuple(
        tie(tx, complaint.id, clue_id=clue_id, actor=actor, at=at)
        for complaint in all_in(tx, [ComplaintState.ACCEPTED])
        if set(complaint.urls) & set(urls)
    )


def verify_events(tx: Connection, reference: str) -> tuple[str, ...]:
    """What is wrong with a complaint's history, in words; empty when it holds."""
    row = _row(tx, reference)
    found = history.entries(tx, tables.complaint_events, row.id)
    return history.problems(found, head=row.head, state=row.state)


def _open(
    tx: Connection, entry: Entry, incoming: Incoming, reporter: Reporter | None, desk: Desk
) -> None:
    first = history.open_with(tx, tables.complaint_events, entry)
    due, provisional = desk.clocks.term("accept_complaint", civil_date(incoming.received_at))
    tx.execute(
        tables.complaints.insert().values(
            id=entry.owner_id,
            number=next_number(tx, series=COMPLAINT_SERIES, region=incoming.region, at=entry.at),
            source=incoming.source.value,
            external_no=incoming.external_no,
            received_at=incoming.received_at,
            party=incoming.party,
            address=incoming.address,
            region=incoming.region,
            words=reporter.hidden_in(incoming.words) if reporter else incoming.words,
            urls=json.dumps(incoming.urls),
            state=first.state,
            due=due,
            provisional=provisional,
            clue_id=None,
            told_at=None,
            answer="",
            sequence=first.sequence,
            head=first.digest,
        )
    )


def _move(
    tx: Connection,
    reference: str,
    move: ComplaintMove,
    *,
    actor: str,
    at: datetime,
    note: str,
    **changes: object,
) -> Complaint:
    row = _row(tx, reference)
    try:
        state = _TABLE[ComplaintState(row.state), move]
    except KeyError:
        raise IllegalMove(f"投诉处于“{row.state}”，不能执行“{move}”", at=row.number) from None
    entry = Entry(
        owner_id=row.id,
        sequence=row.sequence + 1,
        at=at,
        actor=actor,
        move=move.value,
        state=state.value,
        note=note,
    )
    history.append(
        tx, tables.complaints, tables.complaint_events, entry, previous=row.head, **changes
    )
    return get(tx, row.id)


def _row(tx: Connection, reference: str) -> Row[*tuple[Any, ...]]:
    table = tables.complaints
    wanted = select(table).where(or_(table.c.id == reference, table.c.number == reference))
    row = tx.execute(wanted).one_or_none()
    if row is None:
        raise NotFound(f"没有投诉 {reference}")
    return row


def _complaint(row: Row[*tuple[Any, ...]]) -> Complaint:
    values = dict(row._mapping)
    del values["sequence"], values["head"]
    values["source"] = ComplaintSource(row.source)
    values["state"] = ComplaintState(row.state)
    values["urls"] = tuple(json.loads(row.urls))
    return Complaint(**values)
