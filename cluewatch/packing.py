"""Packs for offices without a network, and what comes back from them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from storage import spreadsheets
from tickets import clues, ledger, outbox, replies, reply_form
from tickets.letter_file import moment
from tickets.replies import ReplyOutcome
from tickets.transports import packs
from tickets.transports.packs import PackCase, PackLink


def pack(services: Services, office: str, target: Path) -> int:
    """Write what waits for an office into one ZIP; returns how many packages it holds.

    Raises NotFound for an unknown office, PermanentError when nothing waits or `target` exists.
    """
    services.desk.offices.get(office)
    shelf = services.settings.packs_directory
    keys = packs.waiting(shelf, office)
    with services.truth.read() as tx:
        found = [outbox.get(tx, key) for key in keys]
        cases = [_case(services, tx, delivery) for delivery in found]
        tickets = dict.fromkeys(delivery.ticket_id for delivery in found)
        count = packs.write_pack(
            shelf,
            office,
            target,
            cases=cases,
            links=_links(tx, list(tickets)),
            codes=services.desk.outcomes.all,
        )
    packs.taken(shelf, office, keys)
    return count


def take_replies(
    services: Services, office: str, file: Path, *, dry_run: bool
) -> list[ReplyOutcome]:
    """Read a sheet that an office sent and move its tickets; with `dry_run` nothing is kept."""
    replying = services.desk.offices.get(office)
    casework = Casework(services)
    found = reply_form.replies(spreadsheets.rows(file, sheet=packs.CASES_SHEET))
    with services.truth.write() as tx, tx.begin_nested() as trial:
        outcomes = replies.apply(
            tx,
            found,
            office=replying,
            at=services.clock.now(),
            record=lambda ticket_id, saying: casework.record_outcome(
                tx, ticket_id=ticket_id, saying=saying
            ),
        )
        if dry_run:
            trial.rollback()
    return outcomes


def _case(services: Services, tx: Connection, delivery: outbox.Delivery) -> PackCase:
    ticket = ledger.get(tx, delivery.ticket_id)
    titles = services.type_titles
    return PackCase(
        key=delivery.id,
        number=ticket.number,
        kind=delivery.kind.value,
        role=delivery.role.value,
        subject=clues.get(tx, ticket.clue_id).subject.name,
        types="、".join(titles.get(slug, slug) for slug in ticket.types),
        due=ticket.deadlines[0].due if ticket.deadlines else None,
    )


def _links(tx: Connection, ticket_ids: Sequence[str]) -> Iterator[PackLink]:
    for ticket_id in ticket_ids:
        ticket = ledger.get(tx, ticket_id)
        for seen in clues.every_sighting(tx, ticket.clue_id):
            yield PackLink(number=ticket.number, url=seen.url, seen=moment(seen.seen_at))
