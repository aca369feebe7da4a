"""Subjects: the list, the page of one, and the decision that two of them are one."""

from __future__ import annotations

import json
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request, Response
from starlette.responses import RedirectResponse

from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.reading import note_read
from cluewatch.console.rendering import page
from cluewatch.dossiers import Dossier, dossier
from tickets import subject_merges, subjects
from tickets.calendar import civil_date

router = APIRouter()
MOST_LISTED = 200
MOST_DRAWN = 150

Reason = Annotated[str, Form(min_length=2, max_length=500)]


@router.get("/subjects")
def subject_list(
    request: Request, wired: Wired, session: SignedIn, unknown: bool = False
) -> Response:
    """Who the clues accuse, those with most clues first; `unknown`: only those to be identified."""
    with wired.truth.read() as tx:
        found = subjects.listed(
            tx, unknown=unknown, among=scope.subjects(session.user), limit=MOST_LISTED
        )
    return page(request, "subjects.html", found=found, unknown=unknown, most=MOST_LISTED)


@router.get("/subjects/{subject_id}")
def subject_page(
    request: Request,
    wired: Wired,
    session: SignedIn,
    subject_id: str,
    day: Annotated[date | None, Query(description="登记事实以哪一天为准")] = None,
) -> Response:
    """One subject with all that is known of it; the registers answer for `day`, today if none."""
    with wired.truth.write() as tx:
        found = dossier(tx, wired, session.user, subject_id, day or civil_date(wired.clock.now()))
        note_read(tx, wired, session.user, subject_id, "subject")
    return page(
        request,
        "subject.html",
        known=found,
        graph=json.dumps(_graph(found), ensure_ascii=False),
        rules=wired.rulebook.rules,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


@router.post("/subjects/{subject_id}/merges")
def merge(
    wired: Wired,
    session: SignedIn,
    subject_id: str,
    into: Annotated[str, Form(max_length=64)],
    reason: Reason,
) -> Response:
    """The subject is found to be `into`: new clues are raised there from now on."""
    with wired.truth.write() as tx:
        merged = scope.subject(tx, session.user, subject_id)
        kept = scope.subject(tx, session.user, into)
        subject_merges.merge(
            tx,
            kept=kept.id,
            merged=merged.id,
            reason=reason,
            actor=session.user.name,
            at=wired.clock.now(),
        )
    return RedirectResponse(f"/subjects/{subject_id}", status_code=303)


@router.post("/subjects/{subject_id}/splits")
def split(wired: Wired, session: SignedIn, subject_id: str, reason: Reason) -> Response:
    """The subject stands for itself again."""
    with wired.truth.write() as tx:
        merged = scope.subject(tx, session.user, subject_id)
        subject_merges.split(
            tx,
            merged=merged.id,
            reason=reason,
            actor=session.user.name,
            at=wired.clock.now(),
        )
    return RedirectResponse(f"/subjects/{subject_id}", status_code=303)


def _graph(known: Dossier) -> list[dict[str, object]]:
    """The subject, those it is tied to, and what ties them, as elements of Cytoscape.js."""
    drawn = [(edge, tie) for edge in known.edges for tie in edge.ties][:MOST_DRAWN]
    ends = {known.subject.id} | {e for edge, _ in drawn for e in (edge.subject_id, edge.other_id)}
    things = {f"{tie.kind}:{tie.value}": tie.title for _, tie in drawn}
    lines = {
        (end, f"{tie.kind}:{tie.value}")
        for edge, tie in drawn
        for end in (edge.subject_id, edge.other_id)
    }
    nodes: list[dict[str, object]] = [
        {
            "data": {"id": one, "label": known.names[one], "href": f"/subjects/{one}"},
            "classes": "self" if one == known.subject.id else "subject",
        }
        for one in sorted(ends)
    ]
    nodes += [{"data": {"id": i, "label": title}, "classes": "tie"} for i, title in things.items()]
    nodes += [{"data": {"source": end, "target": thing}} for end, thing in sorted(lines)]
    return nodes
