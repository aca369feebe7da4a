"""What the security administrator does: accounts, their roles, districts and sessions."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from cluewatch.accounts import second_factor, sessions
from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from domain.errors import PermanentError
from domain.people import Role

router = APIRouter(prefix="/users")


class StateChange(StrEnum):
    """What may be done to an account's sessions and state."""

    END_SESSIONS = "end_sessions"
    DISABLE = "disable"
    ENABLE = "enable"
    REMOVE_SECOND_FACTOR = "remove_second_factor"


@router.get("")
def users(request: Request, wired: Wired, _session: SignedIn) -> Response:
    """Every account and its state."""
    return _listing(request, wired)


@router.post("")
def create(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    name: Annotated[str, Form(min_length=1, max_length=64, pattern=r"^[\w.@-]+$")],
    role: Annotated[list[Role], Form()],
    office: Annotated[list[str] | None, Form()] = None,
    region: Annotated[str, Form(max_length=6)] = "",
) -> Response:
    """Add an account; its one-time password is shown this once."""
    known = {found.id for found in wired.desk.offices.all}
    if not known.issuperset(office or ()):
        return _listing(request, wired, message="没有这个部门")
    try:
        with wired.truth.write() as tx:
            once = accounts.create(
                tx,
                id=wired.ids.new(),
                name=name,
                roles=role,
                offices=office or (),
                region=region,
                at=wired.clock.now(),
                actor=session.user.name,
            )
    except PermanentError as error:
        return _listing(request, wired, message=str(error))
    return _listing(request, wired, once=(name, once))


@router.post("/{name}/reset")
def reset(request: Request, wired: Wired, session: SignedIn, name: str) -> Response:
    """Give a new one-time password, shown this once; the sessions end."""
    with wired.truth.write() as tx:
        once = accounts.reset_password(tx, name=name, at=wired.clock.now(), actor=session.user.name)
    return _listing(request, wired, once=(name, once))


@router.post("/{name}/sessions")
def change_state(
    wired: Wired, session: SignedIn, name: str, change: Annotated[StateChange, Form()]
) -> Response:
    """End an account's sessions, close or open it, or lift its second factor."""
    at, actor = wired.clock.now(), session.user.name
    with wired.truth.write() as tx:
        user = accounts.by_name(tx, name=name)
        match change:
            case StateChange.END_SESSIONS:
                sessions.end_all(tx, user_id=user.id)
                accounts.note(tx, at=at, actor=actor, action="end_sessions", subject=name)
            case StateChange.REMOVE_SECOND_FACTOR:
                second_factor.remove(tx, user=user, at=at, actor=actor)
            case StateChange.DISABLE | StateChange.ENABLE:
                off = change is StateChange.DISABLE
                accounts.disable(tx, name=name, disabled=off, at=at, actor=actor)
    return RedirectResponse("/users", status_code=303)


def _listing(
    request: Request,
    wired: Services,
    *,
    once: tuple[str, str] | None = None,
    message: str = "",
) -> Response:
    with wired.truth.read() as tx:
        found = accounts.accounts(tx)
    return page(
        request,
        "users.html",
        status=422 if message else 200,
        accounts=found,
        now=wired.clock.now(),
        roles=Role,
        offices={office.id: office.name for office in wired.desk.offices.all},
        once=once,
        message=message,
    )
