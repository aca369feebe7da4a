"""A user's own account: where it is signed in, and the second factor."""

from __future__ import annotations

from typing import Annotated

import segno
from fastapi import APIRouter, Form, Request, Response
from markupsafe import Markup
from starlette.responses import RedirectResponse

from cluewatch.accounts import second_factor, sessions
from cluewatch.accounts import store as accounts
from cluewatch.accounts.sessions import Session
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from domain.errors import PermanentError

router = APIRouter(prefix="/account")
Secret = Annotated[str, Form(pattern=r"^[A-Z2-7]{32}$")]


@router.get("")
def account(request: Request, wired: Wired, session: SignedIn) -> Response:
    """The open sessions and the state of the second factor."""
    user = session.user
    with wired.truth.read() as tx:
        return page(
            request,
            "account.html",
            opened=sessions.of_user(tx, user_id=user.id),
            second_factor=second_factor.is_on(tx, user_id=user.id),
            codes_left=second_factor.unused_recovery_codes(tx, user_id=user.id),
            offices={office.id: office.name for office in wired.desk.offices.all},
        )


@router.post("/sessions")
def end_session(
    wired: Wired, session: SignedIn, ended: Annotated[str, Form(max_length=64)]
) -> Response:
    """End one of the user's own sessions."""
    with wired.truth.write() as tx:
        sessions.end(tx, user_id=session.user.id, session_id=ended)
    return RedirectResponse("/account", status_code=303)


@router.get("/second-factor")
def enrolment(request: Request, session: SignedIn) -> Response:
    """A fresh secret as a picture and as text; nothing is kept before its first code."""
    return _enrolment(request, session, second_factor.fresh_secret())


@router.post("/second-factor")
def enrol(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    secret: Secret,
    code: Annotated[str, Form(max_length=16)],
    password: Annotated[str, Form(max_length=256)],
) -> Response:
    """Put the secret in force and show the recovery codes, this once."""
    try:
        with wired.truth.write() as tx:
            accounts.prove(tx, user=session.user, password=password)
            codes = second_factor.enrol(
                tx, user=session.user, secret=secret, code=code, at=wired.clock.now()
            )
    except PermanentError as error:
        return _enrolment(request, session, secret, message=error.message)
    return page(request, "recovery_codes.html", codes=codes)


@router.post("/second-factor/removal")
def remove(
    wired: Wired, session: SignedIn, password: Annotated[str, Form(max_length=256)]
) -> Response:
    """Ask for no code any more; the password proves who asks."""
    with wired.truth.write() as tx:
        accounts.prove(tx, user=session.user, password=password)
        second_factor.remove(tx, user=session.user, at=wired.clock.now(), actor=session.user.name)
    return RedirectResponse("/account", status_code=303)


def _enrolment(request: Request, session: Session, secret: str, *, message: str = "") -> Response:
    picture = segno.make(second_factor.address(session.user, secret)).svg_inline(
        scale=4, svgclass=None, lineclass=None, omitsize=False
    )
    return page(
        request,
        "second_factor.html",
        status=422 if message else 200,
        secret=secret,
        picture=Markup(picture),  # noqa: S704 - made by segno from our own text
        message=message,
    )
