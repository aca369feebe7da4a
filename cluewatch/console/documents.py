"""The page of one document: its words, what was found and why, its versions and captures."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from classifiers.policy import Policy
from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.changes import changes
from cluewatch.console.marking import paragraphs
from cluewatch.console.pictures import shown_pictures
from cluewatch.console.reading import note_read
from cluewatch.console.remedies import Remedy, remedy
from cluewatch.console.rendering import page
from documents import pictures, reviews, versions
from documents import store as documents
from documents.pictures import PictureState
from domain.errors import NotFound
from domain.findings import Assessment
from evidence import reader as evidence

router = APIRouter()
MOST_SHOWN = 200


@router.get("/documents/{document_id}")
def document(request: Request, wired: Wired, session: SignedIn, document_id: str) -> Response:
    """One document: its words with what was found in them, the grounds, the captures."""
    casework = Casework(wired)
    with wired.truth.write() as tx:
        found = scope.document(tx, session.user, document_id)
        assessment = documents.assessment(tx, document_id)
        captures = [evidence.snapshot(tx, i) for i in found.captures[-MOST_SHOWN:]]
        cases = casework.clues_about(tx, found, assessment) if assessment else []
        kept = versions.of_page(tx, found.canonical_url)
        decided = reviews.of_document(tx, document_id)
        shown = pictures.of_document(tx, document_id)
        note_read(tx, wired, session.user, document_id, "document")
        policy = wired.policy_in_force(tx)
    rules = wired.rulebook.rules
    return page(
        request,
        "document.html",
        document=found,
        assessment=assessment,
        captures=captures,
        cases=[case for case in cases if scope.inside(session.user, case.region)],
        versions=kept,
        reviews=decided,
        pictures=shown_pictures(found, assessment.findings if assessment else ()),
        lacking=[one for one in shown if one.state is PictureState.UNREAD],
        links=found.links[:MOST_SHOWN],
        rules=rules,
        grade=policy.grade,
        shadow=policy.shadow,
        remedies=_remedies(wired, policy, assessment) if assessment else [],
        paragraphs=paragraphs(
            found,
            assessment.findings if assessment else (),
            {slug: rule.severity for slug, rule in rules.items()},
        ),
    )


def _remedies(wired: Services, policy: Policy, judged: Assessment) -> list[Remedy]:
    return [remedy(found, judged.facts, policy, wired.rulebook) for found in judged.findings]


@router.get("/documents/{document_id}/changes")
def document_changes(
    request: Request,
    wired: Wired,
    session: SignedIn,
    document_id: str,
    since: Annotated[str, Query(max_length=64)],
) -> Response:
    """What changed on the page from the version `since` to this one."""
    with wired.truth.write() as tx:
        new = scope.document(tx, session.user, document_id)
        old = scope.document(tx, session.user, since)
        if old.canonical_url != new.canonical_url:
            raise NotFound("两份文书不是同一网页的版本", at=since)
        for shown in (old, new):
            note_read(tx, wired, session.user, shown.id, "changes")
    return page(request, "changes.html", old=old, new=new, changes=changes(old.text, new.text))
