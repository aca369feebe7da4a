"""Criminal hand-over (行刑衔接): the grounds that a case reaches, the decision of the head, and the
papers that go along (law.md D.7; 国务院令第730号)."""

from __future__ import annotations

import json
from datetime import date, datetime

from attrs import field, frozen
from sqlalchemy import Connection, Row, func, select, update

from domain.errors import IllegalMove, PermanentError
from domain.tickets import Remark, Ticket, TicketState
from tickets import clues, deadlines, ledger, penalties
from tickets.calendar import civil_date
from tickets.desk import Desk
from tickets.handover_rules import Crime, EarlierPenalties, Ground
from tickets.outcome_tables import handovers
from tickets.penalties import Penalty
from tickets.persons import person_key

_OPEN = frozenset(
    {
        TicketState.ACCEPTED,
        TicketState.CHECKING,
        TicketState.FILED,
        TicketState.INVESTIGATING,
    }
)


@frozen(kw_only=True)
class Circumstances:
    """What the investigation has found: illegal gains in yuan, circumstances by id, and the
    natural person who acted (identity number or key)."""

    gains: int = 0
    found: frozenset[str] = frozenset()
    person: str = field(default="", repr=False)


@frozen(kw_only=True)
class Reached:
    """A ground that the case reaches, and the earlier penalties that it rests on."""

    crime: Crime
    ground: Ground
    earlier: tuple[Penalty, ...] = ()


@frozen(kw_only=True)
class Handover:
    """A hand-over that was proposed to the head; `granted` None: not yet decided."""

    ticket_id: str
    sequence: int
    crime: str
    grounds: tuple[str, ...]
    investigators: tuple[str, ...]
    papers: frozenset[str]
    proposed_by: str
    proposed_at: datetime
    granted: bool | None
    decided_by: str
    decided_at: datetime | None
    reason: str


def reached(
    tx: Connection, ticket: Ticket, circumstances: Circumstances, *, desk: Desk
) -> tuple[Reached, ...]:
    """The grounds of every offence that the ticket may be about. Raises PermanentError for an
    unknown circumstance."""
    unknown = circumstances.found - desk.handover.circumstances.keys()
    if unknown:
        known = "、".join(f"{i}（{t}）" for i, t in desk.handover.circumstances.items())
        raise PermanentError(f"没有情形“{'、'.join(sorted(unknown))}”；可用：{known}")
    clue = clues.get(tx, ticket.clue_id)
    day = civil_date(clue.raised_at)
    found = []
    for crime in desk.handover.crimes:
        for ground in crime.grounds if crime.concerns(ticket) else ():
            earlier: tuple[Penalty, ...] = ()
            if ground.penalties is not None:
                earlier = _earlier(tx, ticket, ground.penalties, circumstances.person, day)
            if _holds(ground, circumstances, len(earlier)):
                found.append(Reached(crime=crime, ground=ground, earlier=earlier))
    return tuple(found)


def propose(
    tx: Connection,
    *,
    ticket_id: str,
    crime: str,
    grounds: tuple[str, ...],
    investigators: tuple[str, ...],
    papers: frozenset[str],
    actor: str,
    at: datetime,
    desk: Desk,
) -> Handover:
    """Lay a hand-over before the head; the head's clock starts. Raises IllegalMove when the ticket
    is not under way, when one waits already, or with too few investigators; PermanentError for an
    unknown offence, ground or paper."""
    ticket = ledger.get(tx, ticket_id)
    rule = desk.handover.crime(crime)
    known = {ground.id: ground for ground in rule.grounds}
    unknown = [g for g in grounds if g not in known]
    unknown += sorted(papers - {paper.id for paper in desk.handover.papers})
    if unknown or not grounds:
        raise PermanentError(f"移送依据或材料有误：{'、'.join(unknown) or '没有依据'}")
    _check_ready(tx, ticket, investigators, desk)
    words = "；".join(known[ground].words for ground in grounds)
    note = f"{rule.cited}：{words}"
    _note(tx, ticket, Remark.PROPOSE_HANDOVER, note=note, actor=actor, at=at, desk=desk)
    tx.execute(
        handovers.insert().values(
            ticket_id=ticket.id,
            sequence=ledger.events(tx, ticket.id)[-1].sequence,
            crime=crime,
            grounds=json.dumps(grounds),
            investigators=json.dumps(investigators, ensure_ascii=False),
            papers=json.dumps(sorted(papers)),
            proposed_by=actor,
            proposed_at=at,
            decided_by="",
            reason="",
        )
    )
    return _must(tx, ticket)


def decide(
    tx: Connection,
    *,
    ticket_id: str,
    granted: bool,
    papers: frozenset[str],
    actor: str,
    at: datetime,
    reason: str,
    desk: Desk,
) -> Handover:
    """The head decides; a grant starts the 24 hours. `papers` are those added since. Raises
    IllegalMove when none waits, when the head is of the team or gives no reason, or when a paper
    is missing that must go along."""
    ticket = ledger.get(tx, ticket_id)
    waiting = _must(tx, ticket)
    if waiting.granted is not None:
        raise IllegalMove("没有待决定的移送报请", at=ticket.number)
    if actor in (*waiting.investigators, waiting.proposed_by) or not reason.strip():
        raise IllegalMove("移送由负责人决定并说明理由，不得由承办人自行决定", at=ticket.number)
    there = waiting.papers | papers
    missing = desk.handover.missing(there)
    if granted and missing:
        raise IllegalMove(f"移送材料不全，缺：{'、'.join(missing)}", at=ticket.number)
    remark = Remark.GRANT_HANDOVER if granted else Remark.REFUSE_HANDOVER
    _note(tx, ticket, remark, note=reason, actor=actor, at=at, desk=desk)
    tx.execute(
        update(handovers)
        .where(handovers.c.ticket_id == ticket.id, handovers.c.sequence == waiting.sequence)
        .values(
            granted=granted,
            papers=json.dumps(sorted(there)),
            decided_by=actor,
            decided_at=at,
            reason=reason,
        )
    )
    return _must(tx, ticket)


def hand_items(
    tx: Connection, *, ticket_id: str, actor: str, at: datetime, note: str, desk: Desk
) -> Ticket:
    """The things of the case went to the police; their clock ends. Raises IllegalMove unless the
    police have filed."""
    ticket = ledger.get(tx, ticket_id)
    if ticket.state is not TicketState.POLICE_FILED:
        raise IllegalMove(f"工单处于“{ticket.state}”，没有须移交公安的物品", at=ticket.number)
    _note(tx, ticket, Remark.HAND_ITEMS, note=note, actor=actor, at=at, desk=desk)
    return ledger.get(tx, ticket.id)


def latest(tx: Connection, ticket_id: str) -> Handover | None:
    """The hand-over proposed last, None when there was none."""
    newest = select(func.max(handovers.c.sequence)).where(handovers.c.ticket_id == ticket_id)
    row = tx.execute(
        select(handovers).where(
            handovers.c.ticket_id == ticket_id, handovers.c.sequence == newest.scalar_subquery()
        )
    ).one_or_none()
    return _handover(row) if row is not None else None


def _check_ready(
    tx: Connection, ticket: Ticket, investigators: tuple[str, ...], desk: Desk
) -> None:
    if ticket.state not in _OPEN:
        raise IllegalMove(f"工单处于“{ticket.state}”，不能报请移送", at=ticket.number)
    if len(set(investigators)) < desk.handover.investigators:
        raise IllegalMove(f"专案组不得少于 {desk.handover.investigators} 人", at=ticket.number)
    last = latest(tx, ticket.id)
    if last is not None and last.granted is not False:
        raise IllegalMove("已有移送报请，不得重复", at=ticket.number)


def _holds(ground: Ground, circumstances: Circumstances, earlier: int) -> bool:
    enough = ground.gains is None or circumstances.gains >= ground.gains
    stated = ground.circumstance is None or ground.circumstance in circumstances.found
    repeated = ground.penalties is None or earlier >= ground.penalties.count
    return enough and stated and repeated


def _earlier(
    tx: Connection, ticket: Ticket, rule: EarlierPenalties, person: str, day: date
) -> tuple[Penalty, ...]:
    """The penalties that the present conduct repeats: decided before it, by whom the rule names."""
    found = penalties.against(
        tx,
        clues.get(tx, ticket.clue_id).subject,
        before=day,
        since=penalties.years_before(day, rule.years) if rule.years else None,
        except_for=ticket.id,
        person=person_key(person) if person else "",
    )
    return penalties.of(found, branches=rule.branches, unlicensed=rule.unlicensed)


def _note(
    tx: Connection,
    ticket: Ticket,
    remark: Remark,
    *,
    note: str,
    actor: str,
    at: datetime,
    desk: Desk,
) -> None:
    """Enter the remark, and end and start the clocks that it ends and starts."""
    day, lead = civil_date(at), desk.offices.get(ticket.lead)
    deadlines.end(tx, ticket_id=ticket.id, clocks=desk.clocks.ending_with(remark), day=day)
    starting = desk.clocks.starting_with(lead.kind, remark, day)
    deadlines.start(tx, ticket_id=ticket.id, deadlines=starting, day=day)
    ledger.remark(tx, ticket_id=ticket.id, remark=remark, actor=actor, at=at, note=note)


def _must(tx: Connection, ticket: Ticket) -> Handover:
    found = latest(tx, ticket.id)
    if found is None:
        raise IllegalMove("没有移送报请", at=ticket.number)
    return found


def _handover(row: Row[*tuple[object, ...]]) -> Handover:
    return Handover(
        **{
            **row._mapping,
            "grounds": tuple(json.loads(row.grounds)),
            "investigators": tuple(json.loads(row.investigators)),
            "papers": frozenset(json.loads(row.papers)),
        }
    )
