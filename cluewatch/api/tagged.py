"""Answers that say which version they are, so that a caller need not fetch it twice (RFC 9110)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Coroutine
from typing import Any

from fastapi import Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.routing import APIRoute
from starlette.responses import JSONResponse

from cluewatch.api.models import Shape
from cluewatch.api.problems import Problem

_KEPT = ("etag", "cache-control", "vary", "ratelimit-limit", "ratelimit-remaining")


class TaggedRoute(APIRoute):
    """Adds an ETag to what GET answers, and answers 304 to whoever has it already."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler with the tag around it."""
        handle = super().get_route_handler()

        async def tagged(request: Request) -> Response:
            response = await handle(request)
            if request.method != "GET" or response.status_code != 200:
                return response
            tag = _tag(response.body)
            response.headers["ETag"] = tag
            response.headers["Cache-Control"] = "private, no-cache"
            response.headers["Vary"] = "Authorization"
            if not _matches(request.headers.get("if-none-match", ""), tag):
                return response
            kept = {name: response.headers[name] for name in _KEPT if name in response.headers}
            return Response(status_code=304, headers=kept)

        return tagged


def check_unchanged(request: Request, shown: Shape) -> None:
    """Refuse to change what the caller has not seen as it is now: `shown` is the record as GET
    would answer it, If-Match the tag that the caller knows. Raises Problem 412.

    Without If-Match the caller takes what comes (RFC 9110, 13.1.1).
    """
    wanted = request.headers.get("if-match")
    if wanted is None:
        return
    tag = _tag(bytes(JSONResponse(jsonable_encoder(shown)).body))
    if not any(one.strip() in (tag, "*") for one in wanted.split(",")):
        raise Problem(412, "记录已被他人更新，请重新读取后再试")


def _tag(body: bytes | memoryview) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _matches(wanted: str, tag: str) -> bool:
    """Weak comparison: a proxy may have weakened the tag when it compressed the answer."""
    return any(one.strip().removeprefix("W/") in (tag, "*") for one in wanted.split(","))
