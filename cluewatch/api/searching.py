"""Endpoints of search, documents and saved searches."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy import Connection

from cluewatch import export
from cluewatch.accounts import scope
from cluewatch.accounts.tokens import Bearer
from cluewatch.api.access import Wired, needs
from cluewatch.api.models import (
    AlertModel,
    AlertPage,
    Bar,
    Count,
    DocumentModel,
    HitModel,
    NewSavedSearch,
    SavedSearchModel,
    SavedSearchPage,
    SearchAnswer,
    Span,
)
from cluewatch.api.problems import Problem
from cluewatch.api.tagged import TaggedRoute
from cluewatch.console.reading import note_read
from cluewatch.saved import store as saved
from cluewatch.saved.store import Alert
from cluewatch.saved.watching import excerpt
from documents import store as documents
from domain.errors import NotFound, PermanentError
from domain.people import Permission, User
from domain.queries import (
    Histogram,
    Hit,
    Interval,
    SearchRequest,
    Sort,
)
from domain.queries import Query as SearchQuery
from indexer.highlight import highlights
from indexer.language import parse

router = APIRouter(route_class=TaggedRoute)
Searcher = Annotated[Bearer, Depends(needs(Permission.SEARCH))]
Saver = Annotated[Bearer, Depends(needs(Permission.SAVE_SEARCH))]
Reader = Annotated[Bearer, Depends(needs(Permission.READ_DOCUMENT))]
Id = Annotated[str, Path(min_length=1, max_length=64)]
After = Annotated[str | None, Query(max_length=500, description="上一页给出的 after")]
Limit = Annotated[int, Query(ge=1, le=100)]


@router.get("/search", tags=["检索"])
def search(
    *,
    wired: Wired,
    caller: Searcher,
    q: Annotated[str, Query(min_length=1, max_length=2000, description="检索式；* 为全部")],
    sort: Sort = Sort.RELEVANCE,
    limit: Limit = 20,
    after: After = None,
    facet: Annotated[list[str], Query(max_length=12, description="要计数的字段，可重复")] = [],  # noqa: B006 - fastapi copies it
    histogram: Annotated[Interval | None, Query(description="按采集时间分布")] = None,
) -> SearchAnswer:
    """检索已采集的全部内容。权限：search。"""
    query = parse(q)
    with wired.truth.read() as tx:
        result = wired.index.search(
            SearchRequest(
                query=scope.search(caller.user, query),
                sort=sort,
                limit=limit,
                after=after,
                facets=tuple(dict.fromkeys(facet)),
                histogram=Histogram(interval=histogram) if histogram else None,
            )
        )
        hits = [_hit(tx, hit, query) for hit in result.hits]
    return SearchAnswer(
        total=result.total,
        hits=hits,
        facets={
            name: [Count(value=value, count=count) for value, count in counts]
            for name, counts in result.facets
        },
        histogram=[Bar(first=first, count=count) for first, count in result.histogram],
        after=result.after,
    )


@router.get("/documents/{document_id}", tags=["文档"])
def document(wired: Wired, caller: Reader, document_id: Id) -> DocumentModel:
    """一份文档：原文、发现、判定、许可比对；读取记入台账。权限：read_document。"""
    with wired.truth.write() as tx:
        found = scope.document(tx, caller.user, document_id)
        note_read(tx, wired, caller.user, found.id, "api")
        row = export.document_row(tx, found, wired.policy_in_force(tx).grade)
    return DocumentModel.model_validate(row)


@router.get("/saved-searches", tags=["保存检索"])
def saved_searches(wired: Wired, _caller: Searcher) -> SavedSearchPage:
    """保存的检索。权限：search。"""
    with wired.truth.read() as tx:
        found = saved.all_searches(tx)
    return SavedSearchPage(entries=[SavedSearchModel.of(search) for search in found])


@router.post("/saved-searches", tags=["保存检索"], status_code=201)
def save(wired: Wired, caller: Saver, wanted: NewSavedSearch) -> SavedSearchModel:
    """保存一条检索，从此对新索引的内容提醒。权限：save_search。"""
    with wired.truth.write() as tx:
        search = saved.save(
            tx,
            id=wired.ids.new(),
            name=wanted.name,
            expression=wanted.expression,
            owner=caller.user.name,
            channels=wanted.channels,
            known=wired.settings.channels,
            at=wired.clock.now(),
        )
    return SavedSearchModel.of(search)


@router.get("/saved-searches/{search_id}", tags=["保存检索"])
def saved_search(wired: Wired, _caller: Searcher, search_id: Id) -> SavedSearchModel:
    """一条保存的检索。权限：search。"""
    with wired.truth.read() as tx:
        return SavedSearchModel.of(saved.get(tx, search_id))


@router.delete("/saved-searches/{search_id}", tags=["保存检索"], status_code=204)
def remove(wired: Wired, caller: Saver, search_id: Id) -> None:
    """删除自己保存的检索及其提醒。权限：save_search。"""
    with wired.truth.write() as tx:
        if saved.get(tx, search_id).owner != caller.user.name:
            raise Problem(403, "只能删除自己保存的检索")
        saved.remove(tx, search_id)


@router.get("/saved-searches/{search_id}/alerts", tags=["保存检索"])
def alerts(
    wired: Wired, caller: Searcher, search_id: Id, after: After = None, limit: Limit = 50
) -> AlertPage:
    """一条检索的提醒，新的在前。权限：search。"""
    with wired.truth.read() as tx:
        wanted = saved.get(tx, search_id).id
        found = saved.alerts(tx, search_id=wanted, after=_read_mark(after), limit=limit)
        seen = [alert for alert in found if _visible(tx, caller.user, alert)]
    mark = _write_mark(found[-1]) if len(found) == limit else None
    return AlertPage(entries=[AlertModel.of(alert) for alert in seen], after=mark)


def _hit(tx: Connection, hit: Hit, query: SearchQuery) -> HitModel:
    found = documents.get(tx, hit.id)
    judged = documents.assessment(tx, hit.id)
    return HitModel(
        id=hit.id,
        score=hit.score,
        title=found.title,
        url=found.url,
        site=found.site,
        captured_at=found.captured_at,
        verdict=judged.verdict if judged else None,
        excerpt=excerpt(query, found.text),
        highlights=[Span(start=start, end=end) for start, end in highlights(query, found.text)],
    )


def _visible(tx: Connection, user: User, alert: Alert) -> bool:
    try:
        scope.document(tx, user, alert.document_id)
    except NotFound:
        return False
    return True


def _write_mark(alert: Alert) -> str:
    return json.dumps([alert.at.isoformat(), alert.id])


def _read_mark(text: str | None) -> tuple[datetime, str] | None:
    if text is None:
        return None
    try:
        at, id_ = json.loads(text)
        moment = datetime.fromisoformat(at)
    except (ValueError, TypeError):
        moment, id_ = None, ""
    if moment is None or moment.tzinfo is None or not isinstance(id_, str):
        raise PermanentError("翻页标记无效，请从第一页重新读取")
    return moment, id_
