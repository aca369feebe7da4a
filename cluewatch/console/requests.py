"""Every request has an id: in the answer, and in each line that is logged on its way."""

from __future__ import annotations

import re
import time

import structlog
from fastapi import Request, Response
from starlette.middleware.base import RequestResponseEndpoint
from structlog.contextvars import bound_contextvars

HEADER = "X-Request-ID"
_QUIET = ("/static/", "/healthz", "/readyz", "/metrics")
_GIVEN = re.compile(r"[A-Za-z0-9_-]{8,64}")

log = structlog.get_logger()


async def traced(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Take the id that a proxy has given, else a new one; log who asked for what, and the answer.

    The query is left out: it may hold what somebody searched for.
    """
    given = request.headers.get(HEADER, "")
    request_id = given if _GIVEN.fullmatch(given) else request.app.state.services.ids.new()
    began = time.monotonic()
    with bound_contextvars(request=request_id):
        try:
            response = await call_next(request)
        except Exception:
            log.exception("request_failed", method=request.method, path=request.url.path)
            raise
        if not request.url.path.startswith(_QUIET):
            session = getattr(request.state, "session", None)
            log.info(
                "request",
                method=request.method,
                path=request.url.path,
                status=response.status_code,
                user=session.user.name if session else None,
                seconds=round(time.monotonic() - began, 3),
            )
    response.headers[HEADER] = request_id
    return response
