"""What the hosts answer: a function of world, request, civil moment and the requests before."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import defaultdict, deque
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from enum import StrEnum
from urllib.parse import parse_qs

from attrs import frozen

from sitefarm import render
from sitefarm.clock import TICK, tick_of
from sitefarm.dice import digest
from sitefarm.records import CHINA, START, Kind, Page, Site, World

_ASSETS = {
    ".js": "application/x-javascript",
    ".css": "text/css",
    ".gif": "image/gif",
    ".png": "image/png",
    ".ico": "image/x-icon",
}
_PIXEL = bytes.fromhex("47494638396101000100800000000000ffffff2c00000000010001000002024401003b")
_YEARS = (1900, 2199)
_MINUTE = timedelta(minutes=1)
_OK = 200
_STATE = ".state.json"
_WALLS = frozenset({"captcha", "login"})


class Decision(StrEnum):
    """What a request was to the farm; the politeness and coverage scores count these."""

    CONTENT = "content"
    LIST = "list"
    DUPLICATE = "duplicate"
    STATUS = "status"
    REDIRECT = "redirect"
    ASSET = "asset"
    ROBOTS = "robots"
    ROBOTS_DENIED = "robots_denied_path"
    WIDGET = "widget"
    TRAP = "trap"
    CLICK = "ad_click"
    BLOCK = "block"
    LOGIN = "login_wall"
    SOFT_404 = "soft_404"
    NOT_FOUND = "not_found"
    METHOD = "method_refused"
    MISDIRECTED = "misdirected"


@frozen(kw_only=True)
class Request:
    """One request as the farm sees it. `ip` is the address that was connected to."""

    method: str
    host: str
    path: str
    query: str
    ip: str
    headers: Mapping[str, str]


@frozen(kw_only=True)
class Response:
    """The answer, and what the farm made of the request."""

    status: int
    decision: Decision
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()


class Responder:
    """Answers for all hosts; rendered bodies are kept until an event changes the farm."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._addresses = world.addresses
        self._epochs = sorted({e.tick for e in world.events})
        self._bodies: dict[tuple[str, str, int, int, bool], bytes] = {}
        self._recent: dict[str, deque[datetime]] = defaultdict(deque)

    def answer(self, request: Request, now: datetime) -> Response:
        """The response at a civil moment."""
        if self._addresses.get(request.host) != request.ip:
            return Response(status=421, decision=Decision.MISDIRECTED)
        if request.host in self._world.widgets:
            return _script(Decision.WIDGET, b"/* consult window opened */")
        if request.method not in ("GET", "HEAD"):
            return Response(status=405, decision=Decision.METHOD, headers=(("allow", "GET, HEAD"),))
        site = self._world.sites[request.host]
        return (
            self._robots_or_asset(site, request)
            or self._wall(site, request, now)
            or self._special(site, request)
            or self._page(site, request, now)
        )

    def _robots_or_asset(self, site: Site, request: Request) -> Response | None:
        if request.path == "/robots.txt":
            return _robots(site)
        return self._asset(site, request.path)

    def _wall(self, site: Site, request: Request, now: datetime) -> Response | None:
        """What keeps a visitor out before any page is looked up."""
        if site.per_minute is not None:
            recent = self._recent[site.host]
            while recent and now - recent[0] > _MINUTE:
                recent.popleft()
            recent.append(now)
            if len(recent) > site.per_minute:
                return _html(200, Decision.BLOCK, site, render.wall(site, "verification"))
        if site.login and request.path.startswith(site.login):
            where = (("location", self._world.url(site.host, "/login")),)
            return Response(status=302, decision=Decision.LOGIN, headers=where)
        return None

    def _special(self, site: Site, request: Request) -> Response | None:
        path = request.path
        if path.startswith(site.denied):
            return _html(200, Decision.ROBOTS_DENIED, site, b"<html><body></body></html>")
        if path.startswith(site.clicks):
            return _html(200, Decision.CLICK, site, b"<html><body>billed</body></html>")
        if site.calendar and path == site.calendar:
            return _calendar(site, request.query)
        if path in site.redirects:
            target = self._world.url(site.host, site.redirects[path])
            return Response(status=301, decision=Decision.REDIRECT, headers=(("location", target),))
        return None

    def _asset(self, site: Site, path: str) -> Response | None:
        suffix = "." + path.rsplit(".", 1)[-1]
        if suffix not in _ASSETS:
            return None
        if site.script_menu and path == "/commonJs/header.js":
            body = render.menu_script(site)
        elif site.widget and path == "/js/swt.js":
            body = render.chat_script(self._world, site)
        else:
            body = b"/* */" if suffix in (".js", ".css") else _PIXEL
        return _script(Decision.ASSET, body, _ASSETS[suffix])

    def _page(self, site: Site, request: Request, now: datetime) -> Response:
        tick = tick_of(now)
        page = self._found(site, request)
        if page is None or not page.alive(tick):
            return self._absent(site, page, tick)
        form = site.form(page)
        if form.status != _OK or page.form in _WALLS:
            return _html(form.status, Decision.STATUS, site, render.wall(site, page.form))
        if request.path.endswith(_STATE):
            return _script(Decision.ASSET, render.state(site, page, tick), "application/json")
        body = self._body(
            site, page, tick, mobile="Mobile" in request.headers.get("user-agent", "")
        )
        validators = _validators(site, page, body, tick)
        if _unchanged(request.headers, dict(validators)):
            return Response(status=304, decision=_decision(page), headers=validators)
        answer = _html(_OK, _decision(page), site, body, render.media(site, page))
        return Response(
            status=_OK,
            decision=answer.decision,
            body=body,
            headers=(*answer.headers, *validators),
        )

    def _found(self, site: Site, request: Request) -> Page | None:
        if request.query and (page := site.pages.get(f"{request.path}?{request.query}")):
            return page
        return site.pages.get(request.path.removesuffix(_STATE))

    def _absent(self, site: Site, page: Page | None, tick: int) -> Response:
        if page is not None and page.gone is not None and tick >= page.gone:
            if page.moved_to:
                where = (("location", self._world.url(site.host, page.moved_to)),)
                return Response(status=301, decision=Decision.REDIRECT, headers=where)
            if page.end:
                return _html(_OK, Decision.STATUS, site, render.ended(site, page))
        if site.soft_404:
            return _html(_OK, Decision.SOFT_404, site, render.absent(site))
        return _html(404, Decision.NOT_FOUND, site, b"<html><body>404 Not Found</body></html>")

    def _body(self, site: Site, page: Page, tick: int, *, mobile: bool) -> bytes:
        turn = tick % (site.form(page).turns or 1)
        key = (site.host, page.path, bisect_right(self._epochs, tick), turn, mobile)
        if key not in self._bodies:
            self._bodies[key] = render.body(self._world, site, page, tick, mobile=mobile)
        return self._bodies[key]


def _decision(page: Page) -> Decision:
    return Decision.DUPLICATE if page.duplicate_of else Decision(page.kind.value)


def _html(
    status: int, decision: Decision, site: Site, body: bytes, media: str = "text/html"
) -> Response:
    utf8 = "; charset=utf-8" if site.charset == "utf-8" else ""
    return Response(
        status=status,
        decision=decision,
        body=body,
        headers=(("content-type", f"{media}{utf8}"),),
    )


def _script(
    decision: Decision, body: bytes, media_type: str = "application/x-javascript"
) -> Response:
    return Response(
        status=200, decision=decision, body=body, headers=(("content-type", media_type),)
    )


def _robots(site: Site) -> Response:
    if site.robots is None:
        return _html(404, Decision.ROBOTS, site, b"<html><body>404 Not Found</body></html>")
    return Response(
        status=200,
        decision=Decision.ROBOTS,
        body=site.robots.encode(),
        headers=(("content-type", "text/plain"),),
    )


def _calendar(site: Site, query: str) -> Response:
    values = parse_qs(query)
    digits = [values.get(name, [""])[0] for name in ("y", "m")]
    year, number = (int(d) if d.isdecimal() else 0 for d in digits)
    if not (_YEARS[0] <= year <= _YEARS[1] and 1 <= number <= 12):
        return _html(404, Decision.NOT_FOUND, site, b"<html><body>404 Not Found</body></html>")
    return _html(200, Decision.TRAP, site, render.month(site, year, number))


def _validators(site: Site, page: Page, body: bytes, tick: int) -> tuple[tuple[str, str], ...]:
    """Most pages can be asked for conditionally: by date, by tag, by both; some not at all."""
    choice = digest("validators", site.host, page.path) % 4
    found: list[tuple[str, str]] = []
    if choice in (0, 1) and page.kind is Kind.CONTENT and page.view == "article":
        found.append(("last-modified", format_datetime(_changed(page, tick), usegmt=True)))
    if choice in (0, 2):
        found.append(("etag", f'"{hashlib.sha256(body).hexdigest()[:20]}"'))
    return tuple(found)


def _changed(page: Page, tick: int) -> datetime:
    since = max((r.since for r in page.revisions if r.since <= tick), default=0)
    if since:
        return (START + since * TICK).astimezone(UTC)
    return datetime.combine(page.published, time(8), CHINA).astimezone(UTC)


def _unchanged(asked: Mapping[str, str], validators: Mapping[str, str]) -> bool:
    if (tags := asked.get("if-none-match")) and "etag" in validators:
        return validators["etag"] in [t.strip().removeprefix("W/") for t in tags.split(",")]
    if (since := asked.get("if-modified-since")) and "last-modified" in validators:
        try:
            known = parsedate_to_datetime(since)
        except ValueError:
            return False
        return known >= parsedate_to_datetime(validators["last-modified"])
    return False
