"""Searching: an expression in, hits with the words marked out."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from attrs import evolve, frozen
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.charts import bars
from cluewatch.console.marking import Run, snippet
from cluewatch.console.reading import note_read
from cluewatch.console.rendering import page
from cluewatch.console.spreadsheets import spreadsheet
from cluewatch.console.words import word
from documents import store as documents
from domain.errors import NotFound, QuerySyntaxError
from domain.pages import Document
from domain.queries import Histogram, Hit, Interval, SearchRequest, SearchResult, Sort
from domain.queries import Query as SearchQuery
from indexer.highlight import highlights
from indexer.language import parse

router = APIRouter()
FACETS = ("verdict", "type", "site")
MOST_EXPORTED = 2000
_STRIDE = 100


@frozen(kw_only=True)
class Shown:
    """One hit as it is listed."""

    document: Document
    verdict: str
    snippet: tuple[Run, ...]


@router.get("/search")
def search(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    q: Annotated[str, Query(max_length=500)] = "",
    sort: Sort = Sort.RELEVANCE,
    after: Annotated[str | None, Query(max_length=500)] = None,
    by: Interval = Interval.MONTH,
) -> Response:
    """Find documents; an expression that cannot be read is explained with its place."""
    names = wired.type_titles
    try:
        query = parse(q) if q.strip() else None
    except QuerySyntaxError as error:
        return page(request, "search.html", q=q, sort=sort, result=None, message=str(error))
    if query is None:
        return page(request, "search.html", q=q, sort=sort, result=None, message="")
    wanted = SearchRequest(
        query=scope.search(session.user, query),
        sort=sort,
        after=after,
        facets=FACETS,
        histogram=Histogram(interval=by),
    )
    with wired.truth.read() as tx:
        result = wired.index.search(wanted)
        hits = _listed(tx, query, result)
    return page(
        request,
        "search.html",
        q=q,
        sort=sort,
        by=by,
        intervals=Interval,
        result=result,
        chart=bars(result.histogram),
        hits=hits,
        message="",
        names=names,
    )


@router.get("/search.xlsx")
def search_sheet(
    wired: Wired,
    session: SignedIn,
    q: Annotated[str, Query(min_length=1, max_length=500)],
    sort: Sort = Sort.RELEVANCE,
) -> Response:
    """What was found as a spreadsheet, the first MOST_EXPORTED of it."""
    query = parse(q)
    wanted = SearchRequest(query=scope.search(session.user, query), sort=sort, limit=_STRIDE)
    rows: list[tuple[str | datetime, ...]] = []
    with wired.truth.write() as tx:
        note_read(tx, wired, session.user, "search", "spreadsheet")
        while len(rows) < MOST_EXPORTED:
            result = wired.index.search(wanted)
            rows += [_row(shown) for shown in _listed(tx, query, result)]
            if result.after is None:
                break
            wanted = evolve(wanted, after=result.after)
    return spreadsheet("检索结果", ("标题", "网址", "站点", "判定", "采集时间", "摘录"), rows)


def _listed(tx: Connection, query: SearchQuery, result: SearchResult) -> list[Shown]:
    found = (_shown(tx, query, hit) for hit in result.hits)
    return [hit for hit in found if hit is not None]


def _row(shown: Shown) -> tuple[str | datetime, ...]:
    document = shown.document
    words = "".join(run.text for run in shown.snippet)
    verdict = word(shown.verdict)
    return (document.title, document.url, document.site, verdict, document.captured_at, words)


def _shown(tx: Connection, query: SearchQuery, hit: Hit) -> Shown | None:
    try:
        found = documents.get(tx, hit.id)
    except NotFound:  # the index is a projection and may be ahead of or behind the store
        return None
    assessment = documents.assessment(tx, hit.id)
    return Shown(
        document=found,
        verdict=assessment.verdict.value if assessment else "",
        snippet=snippet(found.text, highlights(query, found.text)),
    )
