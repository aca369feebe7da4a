"""Signing in and out: password, code of the second factor, one-time passwords replaced."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from cluewatch.accounts import second_factor, sessions
from cluewatch.accounts import store as accounts
from cluewatch.console.access import COOKIE, SignedIn, Wired
from cluewatch.console.rendering import page
from domain.errors import PermanentError

router = APIRouter()


@router.get("/login")
def login_form(request: Request) -> Response:
    """The sign-in page."""
    return page(request, "login.html", message="")


@router.post("/login")
def login(
    request: Request,
    wired: Wired,
    name: Annotated[str, Form(max_length=64)],
    password: Annotated[str, Form(max_length=256)],
) -> Response:
    """Check the password; a refusal never says which part was wrong."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return page(request, "login.html", status=403, message="请在本页登录")
    at, origin = wired.clock.now(), _origin(request)
    with wired.truth.write() as tx:
        token = accounts.login(tx, name=name, password=password, at=at, origin=origin)
    if token is None:
        text = (
            f"用户名或密码不正确；连续输错 {accounts.MAX_FAILURES} 次将锁定 "
            f"{accounts.LOCKED_FOR.seconds // 60} 分钟"
        )
        return page(request, "login.html", status=401, message=text)
    response = RedirectResponse("/", status_code=303)
    response.set_cookie(
        COOKIE,
        token,
        httponly=True,
        samesite="strict",
        secure=request.url.scheme == "https",
        path="/",
    )
    return response


@router.get("/login/code")
def code_form(request: Request, _session: SignedIn) -> Response:
    """Where the code of the authenticator is given."""
    return page(request, "code.html", message="")


@router.post("/login/code")
def check_code(
    request: Request,
    wired: Wired,
    session: SignedIn,
    code: Annotated[str, Form(max_length=64)],
) -> Response:
    """Complete the login; too many wrong codes end it and lock the account."""
    if session.verified:
        return RedirectResponse("/", status_code=303)
    with wired.truth.write() as tx:
        right = second_factor.verify(tx, session=session, code=code, at=wired.clock.now())
    if right:
        return RedirectResponse("/", status_code=303)
    return page(request, "code.html", status=401, message="验证码不正确或已用过")


@router.post("/logout")
def logout(wired: Wired, session: SignedIn) -> Response:
    """End the session."""
    with wired.truth.write() as tx:
        sessions.end(tx, user_id=session.user.id, session_id=session.id)
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.get("/password")
def password_form(request: Request, session: SignedIn) -> Response:
    """Where the one-time password is replaced."""
    if not session.verified:
        return RedirectResponse("/login/code", status_code=303)
    return page(request, "password.html", message="")


@router.post("/password")
def change_password(
    *,
    request: Request,
    wired: Wired,
    session: SignedIn,
    old: Annotated[str, Form(max_length=256)],
    new: Annotated[str, Form(max_length=256)],
    again: Annotated[str, Form(max_length=256)],
) -> Response:
    """Replace the password; all sessions end."""
    if not session.verified:
        return RedirectResponse("/login/code", status_code=303)
    if new != again:
        return page(request, "password.html", status=422, message="两次输入的新密码不一致")
    try:
        with wired.truth.write() as tx:
            accounts.change_password(tx, user=session.user, old=old, new=new, at=wired.clock.now())
    except PermanentError as error:
        return page(request, "password.html", status=422, message=error.message)
    return RedirectResponse("/login", status_code=303)


def _origin(request: Request) -> str:
    host = request.client.host if request.client else ""
    return f"{host} {request.headers.get('user-agent', '')}"
