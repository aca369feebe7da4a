"""How one city's offices work: who they are, what goes to whom, and by when."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from tickets.calendar import load_calendar
from tickets.clocks import Clocks, load_clocks
from tickets.offices import Offices, load_offices
from tickets.routes import Routes, RouteType, load_routes


@frozen(kw_only=True)
class Desk:
    """The data that decisions on tickets are made by, read and proved once."""

    offices: Offices
    routes: Routes
    clocks: Clocks


def load_desk(
    types: Sequence[RouteType],
    *,
    agencies: Path | None = None,
    region: str | None = None,
    city: str | None = None,
) -> Desk:
    """The shipped tables for the rulebook's types, with the offices of `agencies` if given.

    Raises ConfigError (file:line) when a table is wrong, not total or ambiguous.
    """
    offices = load_offices(agencies, region=region, city=city)
    return Desk(
        offices=offices,
        routes=load_routes(types, offices),
        clocks=load_clocks(load_calendar()),
    )
