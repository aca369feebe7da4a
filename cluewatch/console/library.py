"""Searching: an expression in, hits with the words marked out."""

from __future__ import annotations

from typing import Annotated

from attrs import frozen
from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.marking import Run, snippet
from cluewatch.console.rendering import page
from documents import store as documents
from domain.errors import NotFound, QuerySyntaxError
from domain.pages import Document
from domain.people import User
from domain.queries import Hit, SearchRequest, SearchResult, Sort
from domain.queries import Query as SearchQuery
from indexer.highlight import highlights
from indexer.language import parse

router = APIRouter()
FACETS = ("verdict", "type", "site")


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
) -> Response:
    """Find documents; an expression that cannot be read is explained with its place."""
    names = wired.type_titles
    try:
        query = parse(q) if q.strip() else None
    except QuerySyntaxError as error:
        return page(
            request, "search.html", q=q, sort=sort, result=None, hits=(), message=str(error)
        )
    result, hits = (None, []) if query is None else _find(wired, session.user, query, sort, after)
    return page(
        request, "search.html", q=q, sort=sort, result=result, hits=hits, message="", names=names
    )


def _find(
    wired: Services, user: User, query: SearchQuery, sort: Sort, after: str | None
) -> tuple[SearchResult, list[Shown]]:
    with wired.truth.read() as tx:
        within = scope.search(user, query)
        request = SearchRequest(query=within, sort=sort, after=after, facets=FACETS)
        result = wired.index.search(request)
        shown = [_shown(tx, query, hit) for hit in result.hits]
    return result, [hit for hit in shown if hit is not None]


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
