"""The kill switch: hosts that a person has stopped, or everything."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlsplit

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, not_, or_, select, true

from crawlers.frontier.tables import hosts, pauses
from domain.errors import PermanentError

EVERYWHERE = "*"


@frozen(kw_only=True)
class Pause:
    """A stop that holds for `place` (a host with all its subdomains, or EVERYWHERE)."""

    place: str
    since: datetime
    actor: str
    reason: str

    def covers(self, host: str) -> bool:
        """Whether this stop concerns the host."""
        return self.place in {EVERYWHERE, host} or host.endswith(f".{self.place}")


def place_named(text: str) -> str:
    """EVERYWHERE, or the host that a name or an address means. Raises PermanentError."""
    if text == EVERYWHERE:
        return text
    host = (urlsplit(text).hostname if "://" in text else text.lower().rstrip(".")) or ""
    if not host or not set("/: ").isdisjoint(host):
        raise PermanentError("不是主机名", at=text)
    return host


def pause(tx: Connection, place: str, *, at: datetime, actor: str, reason: str) -> None:
    """Stop a host or everything. A stop that holds already is replaced."""
    tx.execute(delete(pauses).where(pauses.c.place == place))
    tx.execute(insert(pauses).values(place=place, since=at, actor=actor, reason=reason[:500]))


def resume(tx: Connection, place: str) -> bool:
    """Lift the stop of exactly this place; False when there was none."""
    return tx.execute(delete(pauses).where(pauses.c.place == place)).rowcount == 1


def all(tx: Connection) -> tuple[Pause, ...]:
    """Every stop in force, oldest first."""
    rows = tx.execute(select(pauses).order_by(pauses.c.since, pauses.c.place)).mappings()
    return tuple(Pause(**row) for row in rows)


def covering(tx: Connection, host: str) -> Pause | None:
    """The stop that concerns a host, None when it may be asked."""
    return next((one for one in all(tx) if one.covers(host)), None)


def permitting(tx: Connection) -> ColumnElement[bool]:
    """The condition on `hosts` that no stop concerns the row."""
    places = [one.place for one in all(tx)]
    if EVERYWHERE in places:
        return not_(true())
    return and_(
        true(),
        *(
            not_(or_(hosts.c.host == place, hosts.c.host.endswith(f".{place}", autoescape=True)))
            for place in places
        ),
    )
