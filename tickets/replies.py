"""Replies of offices as spreadsheets: rows are matched to tickets and become outcomes, so that
nobody types one twice. Our own form comes back, or an export of a case system."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Sequence
from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, select

from domain.errors import CluewatchError, PermanentError
from domain.feedback import read_particulars
from tickets import ledger, tables
from tickets.offices import Office
from tickets.outcomes import Recorded, Saying
from tickets.reply_form import Reply

_NOISE = re.compile(r"[^0-9A-Z]+")
_NAME_NOISE = re.compile(r"[\W_]+")


@frozen(kw_only=True)
class ReplyOutcome:
    """What became of a row: the ticket's number and state now, or the error."""

    row: int
    ticket: str | None
    state: str | None
    changed: bool
    error: str | None


class Matcher:
    """Finds the ticket of a reply among those that reached one office.

    By number and delivery key in any writing (width, blanks, marks, lost zeros); where the two
    name different tickets, the accused party's name decides, or nobody.
    """

    def __init__(self, tx: Connection, office: str) -> None:
        ticket, part, delivery = tables.tickets, tables.assignments, tables.deliveries
        subject = tables.subjects
        rows = tx.execute(
            select(ticket.c.id, ticket.c.number, subject.c.name)
            .join(part, part.c.ticket_id == ticket.c.id)
            .join(subject, subject.c.id == ticket.c.subject_id)
            .where(part.c.office == office)
        ).all()
        keys = tx.execute(
            select(delivery.c.id, delivery.c.ticket_id).where(delivery.c.office == office)
        ).all()
        mine = {row.id for row in rows}
        self._names = {row.id: _name(row.name) for row in rows}
        self._numbers = {_number(row.number): row.id for row in rows}
        self._keys = {_code(key): ticket_id for key, ticket_id in keys if ticket_id in mine}

    def match(self, reply: Reply) -> str:
        """The ticket's id. Raises PermanentError when there is none or no telling which."""
        by_key = self._keys.get(_code(reply.key)) if reply.key else None
        by_number = self._numbers.get(_number(reply.number)) if reply.number else None
        found = {ticket_id for ticket_id in (by_key, by_number) if ticket_id is not None}
        if len(found) > 1:
            found = {i for i in found if self._names[i] == _name(reply.subject)}
        if len(found) != 1:
            raise PermanentError(
                f"编号“{reply.number}”（投递编号“{reply.key}”）不能对应到该机关的唯一一张工单"
            )
        return str(found.pop())


def apply(
    tx: Connection,
    found: Sequence[Reply],
    *,
    office: Office,
    at: datetime,
    record: Callable[[str, Saying], Recorded],
) -> list[ReplyOutcome]:
    """Take in the replies of an office, each by itself: an error in one leaves the others alone.

    `record` records what is said of a ticket, by its id, with what follows. A reply that was taken
    in before changes nothing.
    """
    matcher = Matcher(tx, office.id)
    told = []
    for reply in found:
        try:
            with tx.begin_nested():
                ticket = ledger.get(tx, matcher.match(reply))
                recorded = record(ticket.id, _saying(reply, office, at))
        except CluewatchError as error:
            told.append(
                ReplyOutcome(
                    row=reply.row, ticket=None, state=None, changed=False, error=str(error)
                )
            )
            continue
        told.append(
            ReplyOutcome(
                row=reply.row,
                ticket=ticket.number,
                state=recorded.ticket.state.value,
                changed=recorded.fresh,
                error=None,
            )
        )
    return told


def _saying(reply: Reply, office: Office, at: datetime) -> Saying:
    return Saying(
        code=reply.result,
        reason=reply.reason,
        office=office.id,
        actor=reply.handler or office.name,
        at=at,
        signer=reply.signer,
        particulars=read_particulars(reply.fields),
    )


def _code(text: str) -> str:
    return _NOISE.sub("", unicodedata.normalize("NFKC", text).upper())


def _number(text: str) -> str:
    """A printed number without what typing changes: marks, width, zeros before the sequence."""
    parts = re.findall(r"[0-9]+|[A-Z]+", unicodedata.normalize("NFKC", text).upper())
    letters = "".join(part for part in parts if part.isalpha())
    digits = [part for part in parts if part.isdigit()]
    if len(digits) == 1 and len(digits[0]) > 10:  # no marks left: year, division, sequence
        digits = [digits[0][:4], digits[0][4:10], digits[0][10:]]
    return "-".join([letters, *(str(int(part)) for part in digits)])


def _name(text: str) -> str:
    return _NAME_NOISE.sub("", unicodedata.normalize("NFKC", text)).casefold()
