"""Templates and what they may use."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import HTMLResponse

from cluewatch.console.words import WORDS, word
from domain.people import Permission

_BEIJING = ZoneInfo("Asia/Shanghai")
_environment = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(request: Request, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
    """Render a template for whoever is signed in (the menu shows what they may use)."""
    session = getattr(request.state, "session", None)
    text = _environment.get_template(template).render(
        session=session, user=session.user if session else None, path=request.url.path, **values
    )
    return HTMLResponse(text, status_code=status)


def moment(value: datetime | None) -> str:
    """Beijing time to the minute."""
    return value.astimezone(_BEIJING).strftime("%Y-%m-%d %H:%M") if value else "—"


_environment.filters["moment"] = moment
_environment.filters["word"] = word
_environment.globals["Permission"] = Permission
_environment.globals["WORDS"] = WORDS
