"""What operators decide about the watch: stops of the crawl, and sources that were found."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from sqlalchemy import Connection
from starlette.responses import RedirectResponse

from cluewatch import intake
from cluewatch.accounts import scope
from cluewatch.bootstrap import Services
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from crawlers import discovery
from crawlers.discovery import Candidate
from crawlers.frontier import pauses
from domain.errors import NotFound
from domain.people import User
from domain.sources import SourceKind

router = APIRouter()
MOST_LISTED = 100

Reason = Annotated[str, Form(min_length=2, max_length=300)]
Optional = Annotated[str, Form(max_length=300)]


@router.post("/sources/pauses")
def pause(
    wired: Wired,
    session: SignedIn,
    place: Annotated[str, Form(min_length=1, max_length=255)],
    reason: Reason,
) -> Response:
    """Stop a host with its subdomains, or everything (the kill switch)."""
    stopped = _own_place(wired, session.user, place)
    with wired.frontier.write() as tx:
        pauses.pause(
            tx,
            stopped,
            at=wired.clock.now(),
            actor=session.user.name,
            reason=reason,
        )
    return RedirectResponse("/sources", status_code=303)


@router.post("/sources/resumptions")
def resume(
    wired: Wired, session: SignedIn, place: Annotated[str, Form(min_length=1, max_length=255)]
) -> Response:
    """Lift a stop."""
    stopped = _own_place(wired, session.user, place)
    with wired.frontier.write() as tx:
        if not pauses.resume(tx, stopped):
            raise NotFound("并未暂停", at=place)
    return RedirectResponse("/sources", status_code=303)


@router.get("/sources/candidates")
def candidates(request: Request, wired: Wired, session: SignedIn) -> Response:
    """Sources that were found and nobody has decided on, the likeliest first."""
    with wired.truth.read() as tx:
        found = [] if session.user.region else discovery.waiting(tx, limit=MOST_LISTED)
    return page(
        request,
        "candidates.html",
        found=found,
        kinds=SourceKind,
        region=wired.settings.agency.region,
        most=MOST_LISTED,
    )


@router.post("/sources/candidates/{candidate_id}/acceptance")
def accept(
    *,
    wired: Wired,
    session: SignedIn,
    candidate_id: str,
    kind: Annotated[SourceKind, Form()],
    region: Annotated[str, Form(pattern=r"^\d{6}$")],
    title: Optional = "",
    url: Annotated[str, Form(max_length=2000)] = "",
) -> Response:
    """Put a found source under watch; its start address is due at once."""
    with wired.truth.write() as tx:
        source = discovery.accept(
            tx,
            _candidate(tx, session.user, candidate_id),
            kind=kind,
            region=region,
            title=title or None,
            url=url or None,
            by=session.user.name,
            at=wired.clock.now(),
        )
    intake.put_sources(wired, [source])
    return RedirectResponse("/sources/candidates", status_code=303)


@router.post("/sources/candidates/{candidate_id}/rejection")
def reject(wired: Wired, session: SignedIn, candidate_id: str, reason: Reason) -> Response:
    """Decide against a found source; further signs do not bring it back."""
    with wired.truth.write() as tx:
        candidate = _candidate(tx, session.user, candidate_id)
        discovery.reject(tx, candidate, reason=reason, by=session.user.name, at=wired.clock.now())
    return RedirectResponse("/sources/candidates", status_code=303)


def _own_place(wired: Services, user: User, text: str) -> str:
    """The place that a text names; a district's people stop and start their own hosts only.

    Raises PermanentError for what is no host, NotFound for a host outside the district.
    """
    place = pauses.place_named(text)
    if not user.region:
        return place
    with wired.truth.read() as tx:
        own = {host for source in scope.sources(tx, user) for host in source.hosts}
    if place not in own:
        raise NotFound("您的区划内没有这个主机", at=place)
    return place


def _candidate(tx: Connection, user: User, candidate_id: str) -> Candidate:
    """The found source; nobody knows its division yet, so it is for users without one."""
    if user.region:
        raise NotFound("没有这条待核来源", at=candidate_id)
    return discovery.get(tx, candidate_id)
