"""Sources: their list and health, what is planned for one, and why an address is or is not
looked at."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, File, Query, Request, Response, UploadFile

from cluewatch import intake
from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from cluewatch.console.spreadsheets import spreadsheet
from crawlers import health, source_sheet, source_store
from crawlers.explanation import Explanation, explain
from crawlers.frontier import pauses, reports
from crawlers.source_sheet import SheetRow
from domain.errors import NotFound, PermanentError
from domain.people import User
from domain.sources import Source
from storage import spreadsheets

router = APIRouter()
Address = Annotated[str, Query(max_length=2000)]


@router.get("/sources")
def source_list(request: Request, wired: Wired, session: SignedIn) -> Response:
    """What is watched, those whose pages can no longer be read as before first."""
    with wired.truth.read() as tx:
        found = {source.id: source for source in scope.sources(tx, session.user)}
        healths = health.report(tx, found.values(), at=wired.clock.now())
    with wired.frontier.read() as tx:
        stops = pauses.all(tx)
        broken = reports.open_breakers(tx, now=wired.clock.now())
    return page(
        request,
        "sources.html",
        healths=healths,
        found=found,
        stops=stops,
        broken=broken,
        everywhere=pauses.EVERYWHERE,
    )


@router.get("/sources.xlsx")
def source_export(wired: Wired, session: SignedIn) -> Response:
    """The same list as a spreadsheet, in the columns that the import reads."""
    with wired.truth.read() as tx:
        rows = [source_sheet.row_of(source) for source in scope.sources(tx, session.user)]
    return spreadsheet("监测对象", tuple(source_sheet.COLUMNS.values()), rows)


@router.get("/sources/why")
def why(request: Request, wired: Wired, session: SignedIn, url: Address = "") -> Response:
    """Why an address was looked at, why not yet, and when it will be."""
    told, message = None, ""
    with wired.truth.read() as tx:
        sources = {source.id: source for source in scope.sources(tx, session.user)}
    if url.strip():
        try:
            told = _explained(wired, session.user, sources, url.strip())
        except (NotFound, PermanentError) as error:
            message = str(error)
    return page(request, "why.html", url=url, told=told, message=message)


@router.post("/sources/imports")
def import_sheet(
    request: Request,
    wired: Wired,
    session: SignedIn,
    file: Annotated[UploadFile, File(description="XLSX 或 CSV")],
) -> Response:
    """Put the sources of a spreadsheet under watch; what is wrong with a row is told by row."""
    name = file.filename or "上传的文件"
    data = file.file.read(spreadsheets.MOST_BYTES + 1)
    if len(data) > spreadsheets.MOST_BYTES:
        raise PermanentError("文件过大", at=name)
    with wired.truth.read() as tx:
        known = {source.id: source for source in source_store.all(tx)}
        rows = [
            _within(row, known, session.user)
            for row in source_sheet.read(spreadsheets.rows_in(data, name))
        ]
    intake.put_sources(wired, [row.source for row in rows if row.source is not None])
    return page(request, "source_import.html", rows=rows, known=known, name=name)


@router.get("/sources/{source_id}")
def source_page(request: Request, wired: Wired, session: SignedIn, source_id: str) -> Response:
    """One source: how it is watched, whether it is read well, what comes next."""
    now = wired.clock.now()
    with wired.truth.read() as tx:
        source = scope.source(tx, session.user, source_id)
        (found,) = health.report(tx, [source], at=now)
    with wired.frontier.read() as tx:
        schedule = reports.of_source(tx, source_id, now=now)
        stops = {host: pauses.covering(tx, host) for host in source.hosts}
    return page(
        request,
        "source.html",
        source=source,
        health=found,
        fields=health.FIELDS,
        schedule=schedule,
        stops=stops,
    )


def _explained(wired: Services, user: User, sources: dict[str, Source], url: str) -> Explanation:
    with wired.frontier.read() as tx:
        told = explain(tx, url, sources=sources, egress=wired.egress, now=wired.clock.now())
    if user.region and told.report.source_id not in sources:
        raise NotFound("该网址不在抓取队列中", at=url)
    return told


def _within(row: SheetRow, known: dict[str, Source], user: User) -> SheetRow:
    """The row, or why this user may not put its source there."""
    if row.source is None:
        return row
    before = known.get(row.source.id)
    regions = [row.source.region, *([before.region] if before else [])]
    if all(scope.inside(user, region) for region in regions):
        return row
    return SheetRow(row=row.row, error="区划：不在您的区划之内，或编号已被占用")
