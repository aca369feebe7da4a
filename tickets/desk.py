"""How one city's offices work: who they are, what goes to whom, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from attrs import frozen

from domain.errors import ConfigError
from domain.tickets import TicketState
from tickets.agency_file import load_offices
from tickets.calendar import load_calendar
from tickets.clocks import Clocks, load_clocks
from tickets.elsewhere import Places, load_places
from tickets.handover_rules import HandoverRules, load_handover_rules
from tickets.offices import Offices
from tickets.outcome_codes import OutcomeCodes, load_outcome_codes
from tickets.outcome_routes import OutcomeRoutes, load_outcome_routes
from tickets.routes import Routes, RouteType, load_routes

_ANY_DAY = date(2026, 1, 5)


@frozen(kw_only=True)
class Desk:
    """The data that decisions on tickets and complaints are made by, read and proved once."""

    offices: Offices
    routes: Routes
    clocks: Clocks
    places: Places
    outcomes: OutcomeCodes
    outcome_routes: OutcomeRoutes
    handover: HandoverRules


def load_desk(
    types: Sequence[RouteType],
    *,
    agencies: Path | None = None,
    calendar: Path | None = None,
    region: str | None = None,
    city: str | None = None,
) -> Desk:
    """The shipped tables for the rulebook's types, with the offices of `agencies` and the holidays
    of `calendar` if given.

    Raises ConfigError (file:line) when a table is wrong, not total or ambiguous, or when no clock
    binds a branch that leads.
    """
    offices = load_offices(agencies, region=region, city=city)
    routes = load_routes(types, offices)
    clocks = load_clocks(load_calendar(calendar))
    for branch in routes.leads:
        if not any(clocks.starting(branch, TicketState.SENT, _ANY_DAY)):
            raise ConfigError(f"没有约束 {branch} 答复的时钟", at="clocks.yml")
    codes = load_outcome_codes()
    return Desk(
        offices=offices,
        routes=routes,
        clocks=clocks,
        places=load_places(),
        outcomes=codes,
        outcome_routes=load_outcome_routes(codes),
        handover=load_handover_rules(),
    )
