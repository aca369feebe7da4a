"""The API as an application of its own; the console mounts it at /api/v1."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

from cluewatch import VERSION
from cluewatch.api import cases, deciding, problems, searching
from cluewatch.api.limits import RateLimit
from cluewatch.bootstrap import Services

PATH = "/api/v1"

_BURST, _PER_SECOND = 60, 10.0
_STRANGERS_BURST, _STRANGERS_PER_SECOND = 20, 0.2


def create_api(
    services: Services, *, limit: RateLimit | None = None, strangers: RateLimit | None = None
) -> FastAPI:
    """The API over these services. Everything but its description needs a token.

    `limit` is for each token, `strangers` for each address that comes without a valid one.
    """
    app = FastAPI(
        title="Cluewatch API",
        version=VERSION,
        description="检索、复核、线索、工单、监测对象、保存检索。令牌：cluewatch token issue。",
        docs_url=None,
        redoc_url=None,
        responses=problems.RESPONSES,
        servers=[{"url": PATH}],
        root_path_in_servers=False,
        generate_unique_id_function=_name,
    )
    app.state.services = services
    app.state.limit = limit or RateLimit(burst=_BURST, per_second=_PER_SECOND)
    app.state.strangers = strangers or RateLimit(
        burst=_STRANGERS_BURST, per_second=_STRANGERS_PER_SECOND
    )
    for part in (searching, cases, deciding):
        app.include_router(part.router)
    problems.install(app)
    describe = app.openapi

    def described() -> dict[str, Any]:
        document = describe()
        shapes = document["components"]["schemas"]
        shapes.setdefault("ProblemModel", problems.ProblemModel.model_json_schema())
        return document

    app.openapi = described  # type: ignore[method-assign] # fastapi's documented way
    return app


def _name(route: APIRoute) -> str:
    return route.name
