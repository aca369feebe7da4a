"""Signing in and out, and changing the password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request, Response
from starlette.responses import RedirectResponse

from cluewatch.accounts import store as accounts
from cluewatch.console.access import COOKIE, Genuine, SignedIn, Wired
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
    with wired.truth.write() as tx:
        token = accounts.login(tx, name=name, password=password, at=wired.clock.now())
    if token is None:
        text = "用户名或密码不正确；连续输错 5 次将锁定 15 分钟"
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


@router.post("/logout", dependencies=[Genuine])
def logout(request: Request, wired: Wired, _session: SignedIn) -> Response:
    """End the session."""
    with wired.truth.write() as tx:
        accounts.logout(tx, token=request.cookies.get(COOKIE, ""))
    response = RedirectResponse("/login", status_code=303)
    response.delete_cookie(COOKIE, path="/")
    return response


@router.get("/password")
def password_form(request: Request, _session: SignedIn) -> Response:
    """Where the one-time password is replaced."""
    return page(request, "password.html", message="")


@router.post("/password", dependencies=[Genuine])
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
    if new != again:
        return page(request, "password.html", status=422, message="两次输入的新密码不一致")
    try:
        with wired.truth.write() as tx:
            accounts.change_password(tx, user=session.user, old=old, new=new, at=wired.clock.now())
    except PermanentError as error:
        return page(request, "password.html", status=422, message=error.message)
    return RedirectResponse("/login", status_code=303)
