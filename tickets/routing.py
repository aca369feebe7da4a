"""From a clue to the tickets it needs: one per family, with the offices' parts."""

from __future__ import annotations

from attrs import frozen

from domain.clues import Clue
from domain.divisions import Level
from domain.findings import Family
from domain.tickets import Assignment, OfficeRole
from tickets.offices import OfficeKind, Offices
from tickets.routes import Route, Routes, RouteType


@frozen(kw_only=True)
class TicketPlan:
    """One ticket to open: its types, worst first, and who takes part.

    `routes` are those of the types, `grounds` say by office why it was chosen. `awaiting_opinion`
    are offices whose copy is held until the lead has characterised the content.
    """

    family: Family
    types: tuple[str, ...]
    routes: tuple[Route, ...]
    assignments: tuple[Assignment, ...]
    grounds: dict[str, str]
    awaiting_opinion: frozenset[str]

    @property
    def lead(self) -> str:
        """The office that leads."""
        return next(a.office for a in self.assignments if a.role is OfficeRole.LEAD)


def plan(clue: Clue, routes: Routes, offices: Offices) -> tuple[TicketPlan, ...]:
    """The tickets of a clue, in the order of `Family`.

    In each family the most severe type decides the lead; a tie goes to the higher score, then to
    the rulebook's order. The leads of the other types assist; every other office is copied.
    """
    by_family: dict[Family, list[tuple[RouteType, Route]]] = {}
    kinds = ranked(clue, routes)
    severity = max(kind.severity for kind in kinds)
    for kind in kinds:
        for route in routes.routes_for(kind.slug, clue.subject.kind, clue.region, severity):
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
    parts: dict[str, OfficeRole] = {}
    grounds: dict[str, str] = {}

    def take(
        branch: OfficeKind, role: OfficeRole, matter: str = "", level: Level | None = None
    ) -> str:
        choice = offices.choose(branch, region, matter=matter, level=level)
        parts.setdefault(choice.office.id, role)
        grounds.setdefault(choice.office.id, f"{branch}：{choice.ground}")
        return choice.office.id

    role = OfficeRole.LEAD
    for kind, route in matched:
        take(route.lead, role, kind.slug, route.level)
        role = OfficeRole.ASSIST
    for kind, route in matched:
        for branch in route.assist:
            take(branch, OfficeRole.ASSIST, kind.slug)
    for kind, route in matched:
        for branch in route.copies:
            take(branch, OfficeRole.COPY, kind.slug)
    takedown = take(routes.takedown, OfficeRole.COPY)
    types = tuple(kind.slug for kind, _ in matched)
    held = parts[takedown] is OfficeRole.COPY and not routes.at_once.intersection(types)
    return TicketPlan(
        family=family,
        types=types,
        routes=tuple(route for _, route in matched),
        assignments=tuple(Assignment(office=office, role=role) for office, role in parts.items()),
        grounds=grounds,
        awaiting_opinion=frozenset({takedown} if held else ()),
    )
