"""What machines ask the console: is it alive, can it work, how is everything."""

from __future__ import annotations

from fastapi import APIRouter, Response
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse

from cluewatch.accounts import tokens
from cluewatch.api.access import Credentials
from cluewatch.console.access import Wired
from cluewatch.monitoring import metrics, readiness
from domain.people import Permission

router = APIRouter()


@router.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return PlainTextResponse("ok\n")


@router.get("/readyz")
def ready(wired: Wired) -> Response:
    """Whether a request would be served: databases of the right version, and the index."""
    checks = readiness.checks(wired)
    text = "".join(f"{name} {'ok' if good else 'failed'}\n" for name, good in checks.items())
    return PlainTextResponse(text, status_code=200 if all(checks.values()) else 503)


@router.get("/metrics")
def measure(wired: Wired, credentials: Credentials) -> Response:
    """The vital signs for Prometheus, to those whose token may read operations."""
    bearer = None
    if credentials is not None:
        with wired.truth.write() as tx:
            bearer = tokens.bearer(tx, secret=credentials.credentials, at=wired.clock.now())
    if bearer is None:
        raise HTTPException(401, "须以 Authorization: Bearer 给出令牌（权限 read_operations）")
    if not bearer.may(Permission.READ_OPERATIONS):
        raise HTTPException(403, "令牌没有权限 read_operations")
    return Response(metrics.exposition(wired), media_type=CONTENT_TYPE_LATEST)
