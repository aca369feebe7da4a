"""Who must know of an outcome: rules as data, proved when they load."""

from __future__ import annotations

from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import frozen
from pydantic import Field

from domain.errors import ConfigError
from domain.feedback import CaseOutcome
from domain.findings import Family
from domain.tickets import Ticket
from storage import datafiles
from storage.datafiles import Strict
from tickets.offices import Office, OfficeKind, Offices
from tickets.outcome_codes import OutcomeCodes
from tickets.request_forms import AssistanceKind


class _When(Strict):
    codes: frozenset[str] = Field(min_length=1)
    families: frozenset[Family] = frozenset(Family)
    types: frozenset[str] = frozenset()
    by: frozenset[OfficeKind] = frozenset(OfficeKind)


class OutcomeRoute(Strict):
    """One rule: when an outcome is told, to which branches, as what kind of notice."""

    id: str = Field(pattern=r"^[a-z][a-z_]*$")
    when: _When
    kind: AssistanceKind
    to: tuple[OfficeKind, ...] = Field(min_length=1)
    words: str = Field(min_length=2)
    source: str

    def holds(self, outcome: CaseOutcome, ticket: Ticket, office: Office) -> bool:
        """Whether the outcome that this office gave on the ticket is told by this rule."""
        when = self.when
        return (
            outcome.code in when.codes
            and ticket.family in when.families
            and office.kind in when.by
            and (not when.types or not when.types.isdisjoint(ticket.types))
        )


@frozen(kw_only=True)
class OutcomeRoutes:
    """All rules, in the order of the file."""

    all: tuple[OutcomeRoute, ...]

    def of(self, outcome: CaseOutcome, ticket: Ticket, offices: Offices) -> list[OutcomeRoute]:
        """The rules that an outcome sets off."""
        office = offices.get(outcome.office)
        return [route for route in self.all if route.holds(outcome, ticket, office)]


class _File(Strict):
    routes: list[OutcomeRoute]


def load_outcome_routes(
    codes: OutcomeCodes, source: Path | Traversable | None = None
) -> OutcomeRoutes:
    """The rules in `source`, or the shipped ones. Raises ConfigError (file:line) when two share an
    id, or when a code does not exist."""
    data = datafiles.read(source or datafiles.shipped("tickets", "outcome_routes.yml"))
    routes = data.validated(_File).routes
    known = {code.code for code in codes.all}
    seen: set[str] = set()
    for index, route in enumerate(routes):
        at = data.at("routes", index)
        if route.id in seen:
            raise ConfigError(f"通报规则 {route.id} 重复", at=at)
        seen.add(route.id)
        unknown = sorted(route.when.codes - known)
        if unknown:
            raise ConfigError(f"没有办理结果：{'、'.join(unknown)}", at=at)
    return OutcomeRoutes(all=tuple(routes))
