"""Figures: tables by office, district, type, source and month; every number opens its tickets."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from attrs import evolve
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.reading import note_read
from cluewatch.console.rendering import page
from cluewatch.console.spreadsheets import spreadsheet
from cluewatch.console.words import word
from domain.people import User
from storage.datafiles import Strict
from tickets.calendar import civil_date
from tickets.control import campaigns, figures
from tickets.control.figures import Dimension, Figures, Slice

_TITLES = {
    Dimension.OFFICE: "主办机关",
    Dimension.DISTRICT: "区划",
    Dimension.TYPE: "违法类型",
    Dimension.SOURCE: "来源",
    Dimension.MONTH: "月份",
}
router = APIRouter(prefix="/figures")


class Wanted(Strict):
    """What the address of a page of figures says."""

    by: Dimension = Dimension.OFFICE
    since: date | None = None
    until: date | None = None
    campaign: str = ""

    def address(self, **more: str) -> str:
        """The same as a query string, with more fields."""
        kept = self.model_dump(mode="json", exclude_none=True)
        return "&".join(f"{key}={value}" for key, value in {**kept, **more}.items() if value)


def wanted(
    by: Dimension = Dimension.OFFICE,
    since: date | None = None,
    until: date | None = None,
    campaign: Annotated[str, Query(pattern=r"^[\w-]{0,64}$")] = "",
) -> Wanted:
    """The parts of an address that every page here knows."""
    return Wanted(by=by, since=since, until=until, campaign=campaign)


Asked = Annotated[Wanted, Depends(wanted)]


@router.get("")
def table(request: Request, wired: Wired, session: SignedIn, asked: Asked) -> Response:
    """One table, the funnel, the medians and the rates of what the user may see."""
    measures, today = wired.control.measures, civil_date(wired.clock.now())
    with wired.truth.read() as tx:
        part = _part(tx, session.user, asked)
        read = Figures(tx, part, measures, today=today)
        found, overall = read.table(asked.by, measures.columns), read.overall()
        totals = read.totals(measures.columns)
        every = campaigns.every(tx)
    return page(
        request,
        "figures.html",
        asked=asked,
        rows=[(_title(wired, asked.by, row.key), row) for row in found],
        totals=totals,
        overall=overall,
        measures=measures.measures,
        columns=measures.columns,
        campaigns=every,
        dimensions=_TITLES,
    )


@router.get(".xlsx")
def sheet(wired: Wired, session: SignedIn, asked: Asked) -> Response:
    """The table as a spreadsheet."""
    measures, today = wired.control.measures, civil_date(wired.clock.now())
    with wired.truth.write() as tx:
        note_read(tx, wired, session.user, "figures", "spreadsheet")
        part = _part(tx, session.user, asked)
        read = Figures(tx, part, measures, today=today)
        found = read.table(asked.by, measures.columns)
    heads = (_TITLES[asked.by], *(measures.get(name).title for name in measures.columns))
    rows = (
        (_title(wired, asked.by, row.key), *(str(row.counts[name]) for name in measures.columns))
        for row in found
    )
    return spreadsheet("统计", heads, rows)


@router.get("/tickets")
def tickets(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    asked: Asked,
    measure: Annotated[str, Query(max_length=64)],
    key: Annotated[str | None, Query(max_length=64)] = None,
) -> Response:
    """The tickets behind one number."""
    rule = wired.control.measures.get(measure)
    with wired.truth.read() as tx:
        part = _part(tx, session.user, asked)
        if key is not None:
            part = evolve(part, key=(asked.by, key))
        found = figures.lines(tx, rule, part, today=civil_date(wired.clock.now()))
    named = "" if key is None else _title(wired, asked.by, key)
    return page(
        request,
        "figure_tickets.html",
        title=f"{rule.title} {named}".strip(),
        found=found,
        titles=wired.type_titles,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


def _part(tx: Connection, user: User, asked: Wanted) -> Slice:
    belongs = campaigns.belongs(campaigns.get(tx, asked.campaign)) if asked.campaign else None
    return Slice(
        since=asked.since,
        until=asked.until,
        region=scope.region(user),
        offices=scope.offices(user),
        belongs=belongs,
    )


def _title(wired: Services, dimension: Dimension, key: str) -> str:
    match dimension:
        case Dimension.OFFICE:
            known = {office.id: office.name for office in wired.desk.offices.all}
            return known.get(key, key)
        case Dimension.TYPE:
            return wired.type_titles.get(key, key)
        case Dimension.SOURCE:
            return word(key)
        case Dimension.DISTRICT | Dimension.MONTH:
            return key or "不明"
