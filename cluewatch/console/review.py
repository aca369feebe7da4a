"""The review queue: one document after another, answered by a key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated

from attrs import frozen
from fastapi import APIRouter, Form, Query, Request, Response
from pydantic import StringConstraints
from sqlalchemy import Connection
from starlette.responses import RedirectResponse, StreamingResponse

from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.marking import Paragraph, excerpt, paragraphs
from cluewatch.console.reading import note_read
from cluewatch.console.rendering import page
from cluewatch.reviewing import Answer, Reviewing, SameSubject, Span, waiting_for
from documents import reviews
from documents import store as documents
from documents.reviews import Labelled
from domain.errors import IllegalMove, NotFound
from domain.findings import Assessment
from domain.pages import Document
from domain.people import User
from domain.reviews import Decision, RejectReason

router = APIRouter()
CONFIRM = "confirm"
_MOST_LOGGED = 200

SpanText = Annotated[str, StringConstraints(pattern=r"^[a-z_]{1,64}:\d{1,9}:\d{1,9}$")]


@frozen(kw_only=True)
class Item:
    """What a reviewer sees of one document."""

    place: int
    document: Document
    assessment: Assessment
    paragraphs: list[Paragraph]
    mergeable: Sequence[SameSubject]


@router.get("/review")
def review(
    request: Request,
    wired: Wired,
    session: SignedIn,
    before: Annotated[int | None, Query(ge=0)] = None,
    type: Annotated[str, Query(max_length=64)] = "",
) -> Response:
    """The next document that waits, older than the place `before`."""
    return _shown(request, wired, session.user, before=before, type=type)


@router.post("/review/{document_id}")
def decide(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    document_id: str,
    answer: Annotated[str, Form(max_length=32)],
    place: Annotated[int, Form(ge=0)],
    span: Annotated[list[SpanText] | None, Form(max_length=200)] = None,
    reason: Annotated[RejectReason, Form()] = RejectReason.LAWFUL,
    note: Annotated[str, Form(max_length=500)] = "",
    into: Annotated[str, Form(max_length=64)] = "",
    type: Annotated[str, Form(max_length=64)] = "",
) -> Response:
    """Keep the answer and show the next document; a key sent no answer in vain says so."""
    confirmed = tuple(_span(text) for text in span or ()) if answer == CONFIRM else ()
    message = ""
    try:
        with wired.truth.write() as tx:
            found = scope.document(tx, session.user, document_id)
            target = scope.clue(tx, session.user, into).id if into and confirmed else None
            Reviewing(wired).decide(
                tx,
                Answer(
                    document=found,
                    confirmed=confirmed,
                    reason=reason if answer == CONFIRM else RejectReason(answer),
                    note=note,
                    into=target,
                    actor=session.user.name,
                ),
            )
    except IllegalMove as error:
        message = error.message
    if "hx-request" in request.headers or message:
        return _shown(request, wired, session.user, before=place, type=type, message=message)
    return RedirectResponse(f"/review?before={place}&type={type}", status_code=303)


@router.get("/review/log")
def log(request: Request, wired: Wired, session: SignedIn) -> Response:
    """The decisions made last, by everyone whose documents the user may see."""
    with wired.truth.read() as tx:
        made = [
            (review, title)
            for review in reviews.latest(tx, limit=_MOST_LOGGED)
            if (title := _title(tx, session.user, review.document_id)) is not None
        ]
    return page(request, "review_log.html", made=made, rules=wired.rulebook.rules)


@router.get("/review/labels.jsonl")
def labels(wired: Wired, session: SignedIn) -> Response:
    """Every decision in force as training data, one document a line (data/LABELLING.md)."""

    def lines() -> Iterator[str]:
        with wired.truth.read() as tx:
            for labelled in reviews.labels(tx):
                if _title(tx, session.user, labelled.document_id) is not None:
                    yield json.dumps(_label_row(labelled), ensure_ascii=False) + "\n"

    return StreamingResponse(
        lines(),
        media_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="labels.jsonl"'},
    )


def _shown(
    request: Request,
    wired: Services,
    user: User,
    *,
    before: int | None,
    type: str,
    message: str = "",
) -> Response:
    with wired.truth.write() as tx:
        item = _next(tx, wired, user, before=before, type=type or None)
        if item is not None:
            note_read(tx, wired, user, item.document.id, "review")
        waiting = reviews.count_waiting(tx)
        policy = wired.policy_in_force(tx)
    part = "review_item.html" if "hx-request" in request.headers else "review.html"
    return page(
        request,
        part,
        item=item,
        waiting=waiting,
        most=reviews.MOST_COUNTED,
        type=type,
        message=message,
        reasons=[reason for reason in RejectReason if reason is not RejectReason.BOUNDARY],
        confirm=CONFIRM,
        rules=wired.rulebook.rules,
        grade=policy.grade,
    )


def _next(
    tx: Connection, wired: Services, user: User, *, before: int | None, type: str | None
) -> Item | None:
    for waiting in waiting_for(tx, user, before=before, type=type, limit=1):
        found = documents.get(tx, waiting.document_id)
        return _item(tx, wired, user, found, waiting.place)
    return None


def _item(tx: Connection, wired: Services, user: User, found: Document, place: int) -> Item | None:
    assessment = documents.assessment(tx, found.id)
    if assessment is None:
        return None
    severities = {slug: rule.severity for slug, rule in wired.rulebook.rules.items()}
    return Item(
        place=place,
        document=found,
        assessment=assessment,
        paragraphs=excerpt(paragraphs(found, assessment.findings, severities)),
        mergeable=[
            case
            for case in Reviewing(wired).same_subject(tx, found, assessment)
            if scope.inside(user, case.region)
        ],
    )


def _title(tx: Connection, user: User, document_id: str) -> str | None:
    try:
        found = scope.document(tx, user, document_id)
    except NotFound:
        return None
    return found.title or found.url


def _span(text: str) -> Span:
    type_, start, end = text.split(":")
    return Span(type=type_, start=int(start), end=int(end))


def _label_row(labelled: Labelled) -> dict[str, object]:
    spans = [
        {"start": r.start, "end": r.end, "code": r.type}
        for r in labelled.reviews
        if r.decision is Decision.CONFIRMED
    ]
    rejected = [
        {"start": r.start, "end": r.end, "code": r.type, "reason": r.reason}
        for r in labelled.reviews
        if r.decision is Decision.REJECTED
    ]
    return {
        "id": labelled.document_id,
        "text": labelled.text,
        "spans": spans,
        "rejected": rejected,
    }
