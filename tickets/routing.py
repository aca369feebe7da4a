"""From a clue to the tickets it needs: one per family, with the offices' parts."""

from __future__ import annotations

from attrs import frozen

from domain.clues import Clue
from domain.findings import Family
from domain.tickets import Assignment, OfficeRole
from tickets.offices import OfficeKind, Offices
from tickets.routes import Route, Routes, RouteType


@frozen(kw_only=True)
class TicketPlan:
    """One ticket to open: its types, worst first, and who takes part.

    `awaiting_opinion` are offices whose copy is held until the lead has characterised the content.
    """

    family: Family
    types: tuple[str, ...]
    assignments: tuple[Assignment, ...]
    awaiting_opinion: frozenset[str]


def plan(clue: Clue, routes: Routes, offices: Offices) -> tuple[TicketPlan, ...]:
    """The tickets of a clue, in the order of `Family`.

    In each family the most severe type decides the lead; a tie goes to the higher score, then to
    the rulebook's order. The leads of the other types assist; every other office is copied.
    """
    by_family: dict[Family, list[tuple[RouteType, Route]]] = {}
    for kind in ranked(clue, routes):
        for route in routes.routes_for(kind.slug, clue.subject.kind, clue.region):
            by_family.setdefault(route.family, []).append((kind, route))
    return tuple(
        _ticket_plan(family, by_family[family], clue.region, routes, offices)
        for family in Family
        if family in by_family
    )


def ranked(clue: Clue, routes: Routes) -> list[RouteType]:
    """The clue's types, worst first: severity, then the best score, then the rulebook's order."""
    best = dict.fromkeys(clue.types, 0.0)
    for finding in clue.findings:
        best[finding.type] = max(best.get(finding.type, 0.0), finding.score)
    kinds = [routes.type_of(slug) for slug in best]
    return sorted(kinds, key=lambda kind: (-kind.severity, -best[kind.slug], kind.order))


def _ticket_plan(
    family: Family,
    matched: list[tuple[RouteType, Route]],
    region: str,
    routes: Routes,
    offices: Offices,
) -> TicketPlan:
    found = [route for _, route in matched]
    types = tuple(kind.slug for kind, _ in matched)
    parts: dict[str, OfficeRole] = {}

    def take(branches: list[OfficeKind], role: OfficeRole) -> None:
        for branch in branches:
            parts.setdefault(offices.responsible(branch, region).id, role)

    take([found[0].lead], OfficeRole.LEAD)
    take([route.lead for route in found], OfficeRole.ASSIST)
    take([branch for route in found for branch in route.assist], OfficeRole.ASSIST)
    take([branch for route in found for branch in route.copies], OfficeRole.COPY)
    take([routes.takedown], OfficeRole.COPY)
    takedown = offices.responsible(routes.takedown, region).id
    held = parts[takedown] is OfficeRole.COPY and not routes.at_once.intersection(types)
    return TicketPlan(
        family=family,
        types=types,
        assignments=tuple(Assignment(office=office, role=role) for office, role in parts.items()),
        awaiting_opinion=frozenset({takedown} if held else ()),
    )
