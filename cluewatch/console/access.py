"""Who is asking, and may they: the one place where the console denies or allows.

Every route of the console passes `guard`, and `RULES` says what each needs; a route that is not
in the table is denied to everyone. What a user may see within a route is `accounts.scope`.
"""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import Annotated

from fastapi import Depends, Form, Request
from starlette.exceptions import HTTPException

from cluewatch.accounts import sessions
from cluewatch.accounts.sessions import Session
from cluewatch.bootstrap import Services
from domain.people import Permission

COOKIE = "cluewatch_session"


class Door(StrEnum):
    """What a route needs short of a permission."""

    OPEN = "open"
    """Nothing: the sign-in page and the health checks."""
    BEARER = "bearer"
    """A token instead of a session; the route asks for it itself."""
    HALF = "half"
    """A session, even one that still has to give its code or replace its password."""
    SIGNED_IN = "signed_in"
    """A full session of any role."""


_P = Permission
RULES: dict[tuple[str, str], Permission | Door] = {
    ("GET", "/healthz"): Door.OPEN,
    ("GET", "/readyz"): Door.OPEN,
    ("GET", "/metrics"): Door.BEARER,
    ("GET", "/login"): Door.OPEN,
    ("POST", "/login"): Door.OPEN,
    ("GET", "/login/code"): Door.HALF,
    ("POST", "/login/code"): Door.HALF,
    ("POST", "/logout"): Door.HALF,
    ("GET", "/password"): Door.HALF,
    ("POST", "/password"): Door.HALF,
    ("GET", "/"): Door.SIGNED_IN,
    ("GET", "/account"): Door.SIGNED_IN,
    ("POST", "/account/sessions"): Door.SIGNED_IN,
    ("GET", "/account/second-factor"): Door.SIGNED_IN,
    ("POST", "/account/second-factor"): Door.SIGNED_IN,
    ("POST", "/account/second-factor/removal"): Door.SIGNED_IN,
    ("GET", "/search"): _P.SEARCH,
    ("GET", "/search.xlsx"): _P.SEARCH,
    ("GET", "/documents/{document_id}"): _P.READ_DOCUMENT,
    ("GET", "/documents/{document_id}/changes"): _P.READ_DOCUMENT,
    ("GET", "/review"): _P.REVIEW_CLUE,
    ("POST", "/review/{document_id}"): _P.REVIEW_CLUE,
    ("GET", "/review/log"): _P.REVIEW_CLUE,
    ("GET", "/review/labels.jsonl"): _P.REVIEW_CLUE,
    ("GET", "/clues"): _P.READ_CLUE,
    ("GET", "/clues.xlsx"): _P.READ_CLUE,
    ("GET", "/documents/{document_id}/pictures/{number}"): _P.READ_EVIDENCE,
    ("GET", "/clues/{clue_id}"): _P.READ_CLUE,
    ("POST", "/clues/{clue_id}/moves"): _P.REVIEW_CLUE,
    ("GET", "/clues/{clue_id}/screenshot.png"): _P.READ_EVIDENCE,
    ("GET", "/clues/{clue_id}/bundle.zip"): _P.READ_EVIDENCE,
    ("GET", "/clues/{clue_id}/original.png"): _P.READ_EVIDENCE,
    ("POST", "/clues/{clue_id}/originals"): _P.READ_EVIDENCE,
    ("GET", "/originals"): _P.APPROVE_ORIGINAL,
    ("POST", "/originals/{request_id}"): _P.APPROVE_ORIGINAL,
    ("POST", "/clues/{clue_id}/seals"): _P.REVIEW_CLUE,
    ("GET", "/subjects"): _P.READ_CLUE,
    ("GET", "/subjects/{subject_id}"): _P.READ_CLUE,
    ("POST", "/subjects/{subject_id}/merges"): _P.REVIEW_CLUE,
    ("POST", "/subjects/{subject_id}/splits"): _P.REVIEW_CLUE,
    ("GET", "/tickets"): _P.READ_TICKET,
    ("GET", "/tickets.xlsx"): _P.READ_TICKET,
    ("GET", "/tickets/{ticket_id}"): _P.READ_TICKET,
    ("GET", "/tickets/{ticket_id}/papers/{name}"): _P.READ_TICKET,
    ("POST", "/tickets/{ticket_id}/moves"): _P.MOVE_TICKET,
    ("POST", "/tickets/{ticket_id}/opinion"): _P.MOVE_TICKET,
    ("POST", "/tickets/{ticket_id}/outcomes"): _P.MOVE_TICKET,
    ("GET", "/rules"): _P.READ_RULES,
    ("GET", "/rules/{slug}"): _P.READ_RULES,
    ("GET", "/sources"): _P.READ_OPERATIONS,
    ("GET", "/sources.xlsx"): _P.READ_OPERATIONS,
    ("GET", "/sources/why"): _P.READ_OPERATIONS,
    ("GET", "/sources/candidates"): _P.MANAGE_SOURCES,
    ("GET", "/sources/{source_id}"): _P.READ_OPERATIONS,
    ("POST", "/sources/imports"): _P.MANAGE_SOURCES,
    ("POST", "/sources/pauses"): _P.MANAGE_SOURCES,
    ("POST", "/sources/resumptions"): _P.MANAGE_SOURCES,
    ("POST", "/sources/candidates/{candidate_id}/acceptance"): _P.MANAGE_SOURCES,
    ("POST", "/sources/candidates/{candidate_id}/rejection"): _P.MANAGE_SOURCES,
    ("GET", "/complaints"): _P.TAKE_COMPLAINT,
    ("POST", "/complaints"): _P.TAKE_COMPLAINT,
    ("POST", "/complaints/{reference}/decision"): _P.TAKE_COMPLAINT,
    ("POST", "/tickets/{ticket_id}/appeals"): _P.MOVE_TICKET,
    ("POST", "/tickets/{ticket_id}/visits"): _P.MOVE_TICKET,
    ("POST", "/tickets/{ticket_id}/requests"): _P.MOVE_TICKET,
    ("POST", "/requests/{reference}/answer"): _P.MOVE_TICKET,
    ("GET", "/todo"): _P.MOVE_TICKET,
    ("POST", "/todo"): _P.MOVE_TICKET,
    ("GET", "/warnings"): _P.READ_TICKET,
    ("POST", "/warnings/{warning_id}/acknowledgement"): _P.MOVE_TICKET,
    ("GET", "/figures"): _P.READ_TICKET,
    ("GET", "/figures.xlsx"): _P.READ_TICKET,
    ("GET", "/figures/tickets"): _P.READ_TICKET,
    ("GET", "/campaigns"): _P.READ_TICKET,
    ("GET", "/campaigns/{campaign_id}"): _P.READ_TICKET,
    ("GET", "/operations"): _P.READ_OPERATIONS,
    ("POST", "/operations/retries"): _P.RETRY_WORK,
    ("GET", "/users"): _P.MANAGE_USERS,
    ("POST", "/users"): _P.MANAGE_USERS,
    ("POST", "/users/{name}/reset"): _P.MANAGE_USERS,
    ("POST", "/users/{name}/sessions"): _P.MANAGE_USERS,
    ("GET", "/audit"): _P.READ_AUDIT,
}


class SignInNeeded(Exception):
    """No valid session came with the request; the answer is the sign-in page."""


class CodeNeeded(Exception):
    """The password was right, the code of the second factor has not come yet."""


class PasswordChangeNeeded(Exception):
    """The account still has its one-time password; nothing else may be done before."""


def services(request: Request) -> Services:
    """The wired collaborators of this application."""
    found = request.app.state.services
    if not isinstance(found, Services):
        raise TypeError("the application was started without services")
    return found


Wired = Annotated[Services, Depends(services)]


def guard(request: Request, wired: Wired, form_token: Annotated[str, Form()] = "") -> None:
    """Let the request pass, or say why not: 403, the sign-in page, the code, a new password.

    What changes something (anything but GET) must carry the token of its session's forms, or it
    was not sent from a page of ours.
    """
    rule = RULES.get((request.method, request.scope["route"].path))
    if rule is None:
        raise HTTPException(403, "此功能未开放")
    if rule in (Door.OPEN, Door.BEARER):
        return
    session = _session(request, wired)
    if request.method != "GET" and not secrets.compare_digest(form_token, session.form_token):
        raise HTTPException(403, "表单已失效，请返回刷新后重试")
    if rule is Door.HALF:
        return
    if not session.verified:
        raise CodeNeeded
    if session.must_change:
        raise PasswordChangeNeeded
    if isinstance(rule, Permission) and not session.user.may(rule):
        raise HTTPException(403, "您的角色没有此项权限")


def signed_in(request: Request) -> Session:
    """The session that `guard` found."""
    session = request.state.session
    if not isinstance(session, Session):
        raise TypeError("the route did not pass the guard")
    return session


SignedIn = Annotated[Session, Depends(signed_in)]


def _session(request: Request, wired: Services) -> Session:
    token = request.cookies.get(COOKIE, "")
    if token:
        with wired.truth.write() as tx:
            session = sessions.find(tx, token=token, at=wired.clock.now())
        if session is not None:
            request.state.session = session
            return session
    raise SignInNeeded
