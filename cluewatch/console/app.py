"""The application: routes, security headers and error pages put together."""

from __future__ import annotations

from pathlib import Path

from fastapi import Depends, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.base import RequestResponseEndpoint
from starlette.responses import RedirectResponse
from starlette.staticfiles import StaticFiles

from cluewatch.api.app import PATH as API_PATH
from cluewatch.api.app import create_api
from cluewatch.bootstrap import Services
from cluewatch.console import (
    account,
    audit,
    campaigns,
    clues,
    complaints,
    desk,
    documents,
    figures,
    health,
    library,
    matters,
    operations,
    originals,
    outcomes,
    papers,
    pictures,
    proof,
    review,
    rules,
    signing,
    sources,
    subjects,
    tickets,
    todo,
    users,
    warnings,
    watching,
)
from cluewatch.console.access import CodeNeeded, PasswordChangeNeeded, SignInNeeded, guard
from cluewatch.console.rendering import page
from cluewatch.console.requests import traced
from domain.errors import CluewatchError, IllegalMove, NotFound
from storage import spreadsheets

_PARTS = (
    signing,
    account,
    desk,
    library,
    documents,
    pictures,
    review,
    clues,
    originals,
    papers,
    proof,
    subjects,
    tickets,
    outcomes,
    matters,
    todo,
    complaints,
    watching,
    sources,
    rules,
    warnings,
    figures,
    campaigns,
    operations,
    health,
    users,
    audit,
)
MOST_BODY = spreadsheets.MOST_BYTES + 64 * 1024
"""Bytes; the largest file, and the fields around it."""

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; "
        "img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}


def create_app(services: Services) -> FastAPI:
    """The console over these services. Every route but sign-in and health needs a session."""
    app = FastAPI(title="Cluewatch", docs_url=None, redoc_url=None, openapi_url=None)
    app.state.services = services
    for part in _PARTS:
        app.include_router(part.router, dependencies=[Depends(guard)])
    static = StaticFiles(directory=Path(__file__).parent / "static")
    app.mount("/static", static, name="static")
    app.mount(API_PATH, create_api(services), name="api")
    app.middleware("http")(_secure)
    app.middleware("http")(traced)
    app.add_exception_handler(SignInNeeded, _to_sign_in)
    app.add_exception_handler(CodeNeeded, _to_code)
    app.add_exception_handler(PasswordChangeNeeded, _to_password)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(RequestValidationError, _bad_request)
    app.add_exception_handler(CluewatchError, _known_error)
    return app


async def _secure(request: Request, call_next: RequestResponseEndpoint) -> Response:
    if _too_large(request):
        response: Response = _error(request, 413, "提交的内容过大，或没有说明大小")
    else:
        response = await call_next(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    if not request.url.path.startswith("/static/"):
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def _too_large(request: Request) -> bool:
    """Whether the body is, or may be, larger than the largest file that any form takes."""
    if "transfer-encoding" in request.headers:
        return True
    length = request.headers.get("content-length", "0")
    return not length.isdigit() or int(length) > MOST_BODY


def _to_sign_in(request: Request, _error: Exception) -> Response:
    return _leave_for(request, "/login")


def _to_code(request: Request, _error: Exception) -> Response:
    return _leave_for(request, "/login/code")


def _to_password(request: Request, _error: Exception) -> Response:
    return _leave_for(request, "/password")


def _leave_for(request: Request, path: str) -> Response:
    """Another page as a whole; a partial update must not put it inside this one."""
    if "hx-request" in request.headers:
        return Response(status_code=401, headers={"HX-Redirect": path})
    return RedirectResponse(path, status_code=303)


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    text = "没有这个页面" if error.status_code == 404 else str(error.detail)
    return _error(request, error.status_code, text)


def _bad_request(request: Request, _refused: Exception) -> Response:
    return _error(request, 422, "请求的参数不完整或不合要求")


def _known_error(request: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFound) else 409 if isinstance(error, IllegalMove) else 400
    return _error(request, status, str(error))


def _error(request: Request, status: int, message: str) -> Response:
    part = "error_part.html" if "hx-request" in request.headers else "error.html"
    return page(request, part, status=status, message=message)
