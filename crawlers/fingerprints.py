"""Pages that read like content and are none, told by what the rest of their host looks like."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from attrs import evolve
from sqlalchemy import Connection, func, select, update

from crawlers.frontier.records import Visit
from crawlers.frontier.tables import hosts, urls
from crawlers.observation import Observation
from crawlers.robots import origin_of
from domain.ids import derive_id
from domain.outcomes import Outcome

LITTLE = 400
TIMES_SMALLER = 10
SAME_WORDS = 5
LIKE_HOME = 3
_KNOWN_PAGES = 20
_STEP = 1.1
_HOME = re.compile(r"\A/?(?:(?:index|default|main|home)\w*(?:\.\w{2,5})?)?\Z", re.IGNORECASE)


def reconsidered(tx: Connection, observation: Observation) -> Observation:
    """The observation, or one that says SOFT_404 or SOFT_BLOCK instead of OK (sources.md 0.2).

    A page is no content when it says what the home page says although several other addresses do
    so already (every miss leads home); when it has little to say and `SAME_WORDS` addresses say
    the same; or when it says next to nothing on a host of long pages and is not alone in it, or
    used to say more. Lengths are readable characters; the host's usual one is learnt here.
    """
    visited = observation.visited
    if visited.outcome is not Outcome.OK or visited.gist is None or visited.length is None:
        return observation
    usual = _usual_length(tx, visited.visit.host)
    found = _suspicion(tx, visited.visit, visited.gist, visited.length, usual)
    if found is None:
        _learn(tx, visited.visit.host, visited.length, usual)
        return observation
    outcome, reason = found
    capture = observation.capture
    return evolve(
        observation,
        visited=evolve(visited, outcome=outcome, digest=None, gist=None),
        reason=reason,
        capture=capture and evolve(capture, outcome=outcome, note=reason),
        found=(),
    )


def _suspicion(
    tx: Connection, visit: Visit, gist: str, length: int, usual: float
) -> tuple[Outcome, str] | None:
    others = _others_with(tx, visit, gist)
    if others >= LIKE_HOME and _is_like_home(tx, visit, gist):
        return Outcome.SOFT_404, "与首页内容相同：该站对不存在的网址以首页应答"
    if length < LITTLE and others + 1 >= SAME_WORDS:
        return Outcome.SOFT_BLOCK, f"{others + 1} 个不同网址得到同样的简短应答"
    said_more = visit.gist is not None and visit.gist != gist
    if length * TIMES_SMALLER < usual and (others or said_more):
        return Outcome.SOFT_BLOCK, f"仅 {length} 字，该站页面通常 {usual:.0f} 字"
    return None


def _others_with(tx: Connection, visit: Visit, gist: str) -> int:
    same = (
        select(urls.c.id)
        .where(urls.c.host == visit.host, urls.c.gist == gist, urls.c.id != visit.id)
        .limit(SAME_WORDS)
        .subquery()
    )
    return tx.execute(select(func.count()).select_from(same)).scalar_one()


def _is_like_home(tx: Connection, visit: Visit, gist: str) -> bool:
    parts = urlsplit(visit.url)
    if _HOME.match(parts.path) and not parts.query:
        return False
    home = derive_id(f"{origin_of(visit.url)}/")
    return tx.execute(select(urls.c.gist).where(urls.c.id == home)).scalar() == gist


def _usual_length(tx: Connection, host: str) -> float:
    """The usual length on this host; 0 until enough pages are known."""
    row = tx.execute(select(hosts.c.usual_length, hosts.c.done).where(hosts.c.host == host)).one()
    return row.usual_length if row.done >= _KNOWN_PAGES else 0.0


def _learn(tx: Connection, host: str, length: int, usual: float) -> None:
    """Move a running median by a step: it follows half of the pages up and half of them down."""
    known = (
        usual or tx.execute(select(hosts.c.usual_length).where(hosts.c.host == host)).scalar_one()
    )
    following = known * (_STEP if length > known else 1 / _STEP) if known else float(length)
    tx.execute(update(hosts).where(hosts.c.host == host).values(usual_length=following))
