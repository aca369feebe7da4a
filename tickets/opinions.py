"""Characterisation (定性): an event of its own, possible before filing, that releases takedown."""

from __future__ import annotations

from sqlalchemy import Connection, select

from domain.errors import IllegalMove
from domain.tickets import Opinion, Remark, Ticket, TicketState
from tickets import ledger, outbox, tables

_NOT_YET = frozenset(
    {
        TicketState.AWAITING_APPROVAL,
        TicketState.SENT,
        TicketState.RETURNED,
        TicketState.REASSIGNED,
        TicketState.DISPUTED,
        TicketState.SUSPENDED,
        TicketState.RECALLED,
        TicketState.ARCHIVED,
    }
)


def characterise(tx: Connection, *, ticket_id: str, opinion: Opinion) -> Ticket:
    """Note the lead's characterisation of the content.

    The takedown office's copy may now leave, as soon as the clue's proof is sealed completely; a
    later opinion replaces the earlier one in letters, and both stay in the history. Raises
    IllegalMove while the lead has not received the ticket, or without a number and a signer.
    """
    ticket = ledger.get(tx, ticket_id)
    if ticket.state in _NOT_YET:
        raise IllegalMove(f"工单处于“{ticket.state}”，不能定性", at=ticket.number)
    if not (opinion.number.strip() and opinion.words.strip() and opinion.signer.strip()):
        raise IllegalMove("定性须有文号、意见和签署人", at=ticket.number)
    noted = ledger.remark(
        tx,
        ticket_id=ticket.id,
        remark=Remark.CHARACTERISE,
        actor=opinion.signer,
        at=opinion.at,
        note=f"{opinion.number}：{opinion.words}",
    )
    tx.execute(
        tables.opinions.insert().values(
            ticket_id=ticket.id,
            sequence=ledger.events(tx, ticket.id)[-1].sequence,
            number=opinion.number,
            words=opinion.words,
            signer=opinion.signer,
            at=opinion.at,
        )
    )
    outbox.opinion_given(tx, ticket_id=ticket.id, seal=ledger.seal_status(tx, ticket.clue_id))
    return noted


def latest(tx: Connection, ticket_id: str) -> Opinion | None:
    """The opinion in force, None before there is one."""
    table = tables.opinions
    row = (
        tx.execute(
            select(table.c.number, table.c.words, table.c.signer, table.c.at)
            .where(table.c.ticket_id == ticket_id)
            .order_by(table.c.sequence.desc())
            .limit(1)
        )
        .mappings()
        .one_or_none()
    )
    return Opinion(**row) if row is not None else None
