"""The kill switch: hosts that a person has stopped, all hosts of an organisation, or everything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from urllib.parse import urlsplit

from attrs import frozen
from sqlalchemy import ColumnElement, Connection, and_, delete, insert, not_, or_, select, true

from crawlers.frontier.tables import hosts, pauses
from domain.errors import PermanentError

EVERYWHERE = "*"
_OF = "@"


@frozen(kw_only=True)
class Pause:
    """A stop that holds for `place`: a host with all its subdomains, EVERYWHERE, a host on behalf
    of its organisation (`host@NAME`), or the organisation itself (`@NAME`: its later hosts)."""

    place: str
    since: datetime
    actor: str
    reason: str

    def covers(self, host: str) -> bool:
        """Whether this stop concerns the host."""
        own = self.host
        return own in {EVERYWHERE, host} or (bool(own) and host.endswith(f".{own}"))

    @property
    def host(self) -> str:
        """The host of the place, "" for an organisation itself."""
        return self.place.partition(_OF)[0]

    @property
    def organisation(self) -> str:
        """On whose behalf the host is stopped, "" where the stop is its own."""
        return self.place.partition(_OF)[2]


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


def pause_organisation(
    tx: Connection, name: str, hosts: Iterable[str], *, at: datetime, actor: str, reason: str
) -> None:
    """Stop all hosts of an organisation. Stops that hosts have of their own are not touched."""
    for host in ("", *dict.fromkeys(hosts)):
        pause(tx, f"{host}{_OF}{name}", at=at, actor=actor, reason=reason)


def resume_organisation(tx: Connection, name: str) -> bool:
    """Lift the stop of an organisation from all its hosts; False when there was none."""
    places = [one.place for one in all(tx) if one.organisation == name]
    for place in places:
        resume(tx, place)
    return bool(places)


def extend(tx: Connection, name: str, hosts: Iterable[str]) -> None:
    """Hosts that come to an organisation while it is stopped are stopped, too."""
    stop = next((one for one in all(tx) if one.place == f"{_OF}{name}"), None)
    if stop is not None:
        pause_organisation(tx, name, hosts, at=stop.since, actor=stop.actor, reason=stop.reason)


def all(tx: Connection) -> tuple[Pause, ...]:
    """Every stop in force, oldest first."""
    rows = tx.execute(select(pauses).order_by(pauses.c.since, pauses.c.place)).mappings()
    return tuple(Pause(**row) for row in rows)


def covering(tx: Connection, host: str) -> Pause | None:
    """The stop that concerns a host, None when it may be asked."""
    return next((one for one in all(tx) if one.covers(host)), None)


def permitting(tx: Connection) -> ColumnElement[bool]:
    """The condition on `hosts` that no stop concerns the row."""
    places = {one.host for one in all(tx) if one.host}
    if EVERYWHERE in places:
        return not_(true())
    return and_(
        true(),
        *(
            not_(or_(hosts.c.host == place, hosts.c.host.endswith(f".{place}", autoescape=True)))
            for place in sorted(places)
        ),
    )
