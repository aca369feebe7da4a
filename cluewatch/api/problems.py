"""What went wrong, as `application/problem+json` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from domain.errors import CluewatchError, IllegalMove, NotFound, RetryableError

MEDIA_TYPE = "application/problem+json"


class ProblemModel(BaseModel):
    """A problem in words; `status` repeats that of the answer."""

    title: str
    status: int
    detail: str


class Problem(HTTPException):
    """Raised where a request cannot be answered; `detail` is meant for people."""

    def __init__(
        self, status: int, detail: str, *, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(status, detail, headers=headers)


RESPONSES: dict[int | str, dict[str, object]] = {
    status: {
        "description": HTTPStatus(status).phrase,
        "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/ProblemModel"}}},
    }
    for status in (400, 401, 403, 404, 409, 412, 422, 429, 503)
}
"""What any endpoint may answer besides what it is for."""


def install(app: FastAPI) -> None:
    """Have every error of `app` answered as a problem."""
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(CluewatchError, _known)


def _answer(status: int, detail: str, headers: Mapping[str, str] | None = None) -> Response:
    body = {"title": HTTPStatus(status).phrase, "status": status, "detail": detail}
    return JSONResponse(body, status, headers=headers, media_type=MEDIA_TYPE)


def _http(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for this class only
    return _answer(error.status_code, str(error.detail), error.headers)


def _invalid(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for this class only
    wrong = (f"{'.'.join(map(str, one['loc']))}：{one['msg']}" for one in error.errors())
    return _answer(422, "；".join(wrong)[:1000])


def _known(_request: Request, error: Exception) -> Response:
    match error:
        case NotFound():
            return _answer(404, str(error))
        case IllegalMove():
            return _answer(409, str(error))
        case RetryableError():
            return _answer(503, str(error), {"Retry-After": "10"})
        case _:
            return _answer(400, str(error))
