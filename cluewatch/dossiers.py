"""All that is known of one subject, for whoever may see it: who it is, what ties it to others,
what the registers say of it on a day, its cases and their story."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import evolve, frozen
from sqlalchemy import Connection

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from domain.clues import Subject
from domain.findings import Fact
from domain.people import User
from domain.tickets import Ticket
from registers.matching import Inquiry
from registers.names import name_key, place_key
from tickets import operators, subject_history, subject_merges, subjects, worklist
from tickets.operators import Edge
from tickets.subject_history import Happening
from tickets.subject_merges import Decision
from tickets.worklist import ClueEntry, Page

MOST_HAPPENINGS = 100


@frozen(kw_only=True)
class Dossier:
    """One subject. `within` is whom it stands within when it was merged; `members` are the
    subjects taken for one operator with it, `edges` all ties to others the user may see, and
    `names` those of everybody mentioned, by id."""

    subject: Subject
    within: Subject | None
    members: tuple[str, ...]
    edges: tuple[Edge, ...]
    names: dict[str, str]
    decisions: tuple[Decision, ...]
    day: date
    facts: tuple[Fact, ...]
    clues: Page[ClueEntry]
    tickets: Page[Ticket]
    happenings: tuple[Happening, ...]


def dossier(tx: Connection, services: Services, user: User, subject_id: str, day: date) -> Dossier:
    """What the user may see of a subject, with the registers as of `day`. Raises NotFound."""
    subject = scope.subject(tx, user, subject_id)
    standing = subject_merges.standing(tx, subject)
    operator = operators.operator_of(tx, subject_id)
    ties = _ties(operator.edges, operators.edges_of(tx, [subject_id]))
    known = scope.known_subjects(tx, user, {*operator.subjects, *_ends(ties), standing.id})
    clues = evolve(scope.clue_filter(user), subject=subject_id)
    tickets = evolve(scope.ticket_filter(user), subject=subject_id)
    return Dossier(
        subject=subject,
        within=standing if standing.id in known - {subject_id} else None,
        members=tuple(one for one in operator.subjects if one in known),
        edges=tuple(edge for edge in ties if {edge.subject_id, edge.other_id} <= known),
        names={one: subjects.get(tx, one).name for one in sorted(known)},
        decisions=tuple(
            one
            for one in subject_merges.decisions(tx, subject_id)
            if {one.merged, one.kept} <= known | {subject_id}
        ),
        day=day,
        facts=services.registers.facts_of_party(inquiry_of(subject, day)),
        clues=worklist.clues(tx, clues),
        tickets=worklist.tickets(tx, tickets),
        happenings=subject_history.newest(tx, clues=clues, tickets=tickets, limit=MOST_HAPPENINGS),
    )


def inquiry_of(subject: Subject, day: date) -> Inquiry:
    """What to ask the registers about a subject by what is stored of it."""
    stated = {"licence_no": subject.licence_no, "usci": subject.usci}
    return Inquiry(
        day=day,
        subject=subject.name,
        numbers={scheme: (number,) for scheme, number in stated.items() if number},
        names=(name_key(subject.name),),
        phones=subject.phones,
        places=(place_key(subject.address),) if subject.address else (),
        region=subject.region,
    )


def _ties(joining: Sequence[Edge], own: Sequence[Edge]) -> tuple[Edge, ...]:
    """Every edge once, whichever of its ends it was found from."""
    found = {frozenset((e.subject_id, e.other_id)): e for e in (*own, *joining)}
    return tuple(sorted(found.values(), key=lambda e: (-e.strength, e.subject_id, e.other_id)))


def _ends(edges: Sequence[Edge]) -> set[str]:
    return {end for edge in edges for end in (edge.subject_id, edge.other_id)}
