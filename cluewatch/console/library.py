"""Searching, and reading what was found: hits, documents, versions, screenshots."""

from __future__ import annotations

from typing import Annotated

from attrs import frozen
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy import Connection

from cluewatch.access import note_read
from cluewatch.accounts.store import Session
from cluewatch.bootstrap import Services
from cluewatch.console.access import Wired, needs
from cluewatch.console.marking import Run, paragraphs, snippet
from cluewatch.console.rendering import page
from documents import store as documents
from domain.errors import NotFound, QuerySyntaxError
from domain.pages import Document
from domain.people import Permission
from domain.queries import Hit, SearchRequest, SearchResult, Sort
from domain.queries import Query as SearchQuery
from evidence import reader as evidence
from indexer.highlight import highlights
from indexer.language import parse

router = APIRouter()
Searcher = Annotated[Session, Depends(needs(Permission.SEARCH))]
Reader = Annotated[Session, Depends(needs(Permission.READ_DOCUMENT))]
FACETS = ("verdict", "type", "site")


@frozen(kw_only=True)
class Shown:
    """One hit as it is listed."""

    document: Document
    verdict: str
    snippet: tuple[Run, ...]


@router.get("/search")
def search(
    request: Request,
    wired: Wired,
    _session: Searcher,
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
    result, hits = (None, []) if query is None else _find(wired, query, sort, after)
    return page(
        request, "search.html", q=q, sort=sort, result=result, hits=hits, message="", names=names
    )


@router.get("/documents/{document_id}")
def document(request: Request, wired: Wired, session: Reader, document_id: str) -> Response:
    """One document: its words with what was found in them, the grounds, the captures."""
    with wired.truth.write() as tx:
        found = documents.get(tx, document_id)
        assessment = documents.assessment(tx, document_id)
        captures = [evidence.snapshot(tx, capture) for capture in found.captures]
        note_read(
            tx,
            actor=session.user.name,
            subject=document_id,
            page="document",
            at=wired.clock.now(),
        )
    findings = assessment.findings if assessment else ()
    rules = wired.rulebook.rules
    return page(
        request,
        "document.html",
        document=found,
        assessment=assessment,
        captures=captures,
        rules=rules,
        grade=wired.judge.policy.grade,
        paragraphs=paragraphs(found, findings, {s: r.severity for s, r in rules.items()}),
    )


def _find(
    wired: Services, query: SearchQuery, sort: Sort, after: str | None
) -> tuple[SearchResult, list[Shown]]:
    result = wired.index.search(SearchRequest(query=query, sort=sort, after=after, facets=FACETS))
    with wired.truth.read() as tx:
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
