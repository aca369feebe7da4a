"""Who is asking, and may they: the one place where the console denies or allows."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Form, Request
from starlette.exceptions import HTTPException

from cluewatch.accounts import store as accounts
from cluewatch.accounts.store import Session
from cluewatch.bootstrap import Services
from domain.people import Permission

COOKIE = "cluewatch_session"


class SignInNeeded(Exception):
    """No valid session came with the request; the answer is the sign-in page."""


class PasswordChangeNeeded(Exception):
    """The account still has its one-time password; nothing else may be done before."""


def services(request: Request) -> Services:
    """The wired collaborators of this application."""
    found = request.app.state.services
    if not isinstance(found, Services):
        raise TypeError("the application was started without services")
    return found


Wired = Annotated[Services, Depends(services)]


def signed_in(request: Request, wired: Wired) -> Session:
    """The session of the request. Raises SignInNeeded."""
    token = request.cookies.get(COOKIE, "")
    if token:
        with wired.truth.write() as tx:
            session = accounts.session(tx, token=token, at=wired.clock.now())
        if session is not None:
            request.state.session = session
            return session
    raise SignInNeeded


SignedIn = Annotated[Session, Depends(signed_in)]


def needs(permission: Permission) -> Callable[[SignedIn], Session]:
    """A dependency that lets only users with `permission` pass; anyone else gets 403."""

    def check(session: SignedIn) -> Session:
        if session.must_change:
            raise PasswordChangeNeeded
        if not session.user.may(permission):
            raise HTTPException(403, "您的角色没有此项权限")
        return session

    return check


def genuine_form(session: SignedIn, form_token: Annotated[str, Form()]) -> None:
    """A form must carry its session's token, or it was not sent from our page (403)."""
    if not secrets.compare_digest(form_token, session.form_token):
        raise HTTPException(403, "表单已失效，请返回刷新后重试")


Genuine = Depends(genuine_form)
