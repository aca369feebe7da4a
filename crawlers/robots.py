"""The robots gate: RFC 9309 for our own token, tolerant of broken files, strict when in doubt."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import urlsplit

from attrs import field, frozen
from protego import Protego
from sqlalchemy import Connection, delete, insert, select

from crawlers.frontier.tables import robots

AGENT = "MedAdMonitor"
MAX_BYTES = 512 * 1024
MAX_DELAY = timedelta(minutes=10)
_LIFE = timedelta(hours=24)

# A directive may follow the value before it, when the file has lost its line breaks:
# "User-agent: *Disallow: /cachesDisallow: /data".
_GLUE = re.compile(
    r"(?i)(?=(?:user-?agent|disallow|(?<!dis)(?<!diss)allow|crawl-delay|sitemap)\s*:)"
)
_AGENT = re.compile(r"(?i)user[- ]?agent\b")
_RULE = re.compile(r"(?i)(?:dis+al+ow|allow|crawl[- ]delay)\b")
_OTHER = re.compile(r"(?i)(?:site-?maps?|host|request-rate|visit-time)\s*:")


class RobotsVerdict(StrEnum):
    """RULES: the text decides. The others hold for the whole origin until they expire."""

    RULES = "rules"
    ALLOW_ALL = "allow_all"
    DENY_ALL = "deny_all"


@frozen(kw_only=True)
class Robots:
    """What an origin's robots.txt says, from `fetched_at` until `expires_at` (civil time)."""

    origin: str
    verdict: RobotsVerdict
    text: str = ""
    detail: str
    fetched_at: datetime
    expires_at: datetime
    _rules: Protego = field(init=False, repr=False, eq=False)

    @_rules.default
    def _parse(self) -> Protego:
        return Protego.parse(self.text)

    def allows(self, url: str) -> bool:
        """Whether our token may fetch `url`."""
        if self.verdict is RobotsVerdict.RULES:
            return bool(self._rules.can_fetch(url, AGENT))
        return self.verdict is RobotsVerdict.ALLOW_ALL

    @property
    def delay(self) -> timedelta:
        """The Crawl-delay asked of our token; zero when none is, at most `MAX_DELAY`."""
        seconds = self._rules.crawl_delay(AGENT) or 0.0
        return min(timedelta(seconds=max(float(seconds), 0.0)), MAX_DELAY)

    def decision(self, url: str) -> str:
        """The decision in words, to be kept with the evidence."""
        word = "allow" if self.allows(url) else "deny"
        return f"{word}; {self.detail}; fetched {self.fetched_at.isoformat()}"


def origin_of(url: str) -> str:
    """Scheme, host and port: what one robots.txt speaks for."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def answered(origin: str, *, status: int, body: bytes, at: datetime) -> Robots:
    """What an HTTP answer for robots.txt means: 4xx allows, 5xx forbids for 24 hours."""
    if 200 <= status < 300:
        return _from_text(origin, body, at)
    if 400 <= status < 500 and status != 429:
        return _whole(origin, RobotsVerdict.ALLOW_ALL, f"robots.txt status {status}", at)
    return _whole(origin, RobotsVerdict.DENY_ALL, f"robots.txt status {status}", at)


def unanswered(origin: str, *, reason: str, at: datetime) -> Robots:
    """No answer came: forbidden for 24 hours."""
    return _whole(origin, RobotsVerdict.DENY_ALL, f"robots.txt {reason}", at)


def tidy(body: bytes) -> str | None:
    """The directives of a robots.txt one a line, however it is broken; None when it has none.

    Byte order marks, CR line ends and lost line breaks are repaired; rules before any user agent
    are taken to be meant for all.
    """
    text = body[:MAX_BYTES].decode("utf-8-sig", "replace").replace("\x00", "")
    pieces = (piece.strip() for line in re.split(r"[\r\n]+", text) for piece in _pieces(line))
    lines = [piece for piece in pieces if piece]
    rules = [line for line in lines if _AGENT.match(line) or _RULE.match(line)]
    if lines and not rules and not any(_OTHER.match(line) for line in lines):
        return None
    if rules and _RULE.match(rules[0]):
        lines.insert(0, "User-agent: *")
    return "\n".join(lines)


def known(tx: Connection, origin: str, *, now: datetime) -> Robots | None:
    """What is known and has not expired; None when robots.txt has to be asked for."""
    row = (
        tx.execute(select(robots).where(robots.c.origin == origin, robots.c.expires_at > now))
        .mappings()
        .first()
    )
    return Robots(**{**row, "verdict": RobotsVerdict(row["verdict"])}) if row else None


def remember(tx: Connection, found: Robots) -> None:
    """Keep it until it expires, in place of what was known."""
    tx.execute(delete(robots).where(robots.c.origin == found.origin))
    tx.execute(
        insert(robots).values(
            origin=found.origin,
            verdict=found.verdict.value,
            text=found.text,
            detail=found.detail[:300],
            fetched_at=found.fetched_at,
            expires_at=found.expires_at,
        )
    )


def _from_text(origin: str, body: bytes, at: datetime) -> Robots:
    text = tidy(body)
    if text is None:
        return _whole(origin, RobotsVerdict.DENY_ALL, "robots.txt cannot be parsed", at)
    return Robots(
        origin=origin,
        verdict=RobotsVerdict.RULES,
        text=text,
        detail="robots.txt status 200",
        fetched_at=at,
        expires_at=at + _LIFE,
    )


def _whole(origin: str, verdict: RobotsVerdict, detail: str, at: datetime) -> Robots:
    return Robots(
        origin=origin, verdict=verdict, detail=detail, fetched_at=at, expires_at=at + _LIFE
    )


def _pieces(line: str) -> list[str]:
    return _GLUE.split(line.partition("#")[0])
