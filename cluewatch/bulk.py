"""One decision about many tickets: each for itself, so that one that cannot does not stop the
others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from attrs import evolve, frozen
from sqlalchemy import Connection

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from domain.errors import CluewatchError, IllegalMove
from domain.people import User
from domain.tickets import Ticket
from tickets import ledger
from tickets.ledger import Order


@frozen(kw_only=True)
class Done:
    """What came of one ticket: its state now, or why nothing was done."""

    number: str
    state: str = ""
    error: str = ""


def move_each(
    services: Services, user: User, ticket_ids: Iterable[str], order: Order
) -> list[Done]:
    """Make the same move on each ticket that the user may move so."""

    def move(tx: Connection, ticket: Ticket) -> Ticket:
        if not scope.may_move(user, ticket, order.move):
            raise IllegalMove(scope.NOT_YOURS)
        return ledger.move(tx, ticket_id=ticket.id, order=order, desk=services.desk)

    return _each(services, user, ticket_ids, move)


def hand_each(
    services: Services, user: User, ticket_ids: Iterable[str], handler: str
) -> list[Done]:
    """Give the lead's part of each ticket to an officer of the lead office."""

    def hand(tx: Connection, ticket: Ticket) -> Ticket:
        if not scope.speaks_for(user, ticket.lead):
            raise IllegalMove(scope.NOT_YOURS)
        return ledger.hand(
            tx,
            ticket_id=ticket.id,
            office=ticket.lead,
            handler=handler,
            actor=user.name,
            at=services.clock.now(),
            desk=services.desk,
        )

    return _each(services, user, ticket_ids, hand)


def _each(
    services: Services,
    user: User,
    ticket_ids: Iterable[str],
    act: Callable[[Connection, Ticket], Ticket],
) -> list[Done]:
    found = []
    for ticket_id in dict.fromkeys(ticket_ids):
        done = Done(number=ticket_id)
        try:
            with services.truth.write() as tx:
                ticket = scope.ticket(tx, user, ticket_id)
                done = evolve(done, number=ticket.number)
                done = evolve(done, state=act(tx, ticket).state.value)
        except CluewatchError as error:
            done = evolve(done, error=error.message)
        found.append(done)
    return found
