"""The pace of requests in civil time: per host, per address, per day, and after a refusal."""

from __future__ import annotations

from datetime import datetime, time, timedelta, timezone
from enum import StrEnum

from attrs import frozen
from sqlalchemy import Connection, or_, select, update

from crawlers.frontier.insertion import insert_new
from crawlers.frontier.records import HostLease
from crawlers.frontier.tables import addresses, hosts
from domain.errors import LeaseLost
from domain.ids import derive_id
from domain.outcomes import Outcome
from domain.sources import VisitHours
from storage.leases import database_time, run_out

CHINA = timezone(timedelta(hours=8))

# The other side measures with a clock of its own.
MARGIN = timedelta(seconds=0.25)

_HOLD_SECONDS = 120.0
_DAY = timedelta(days=1)
_REFUSALS = frozenset({Outcome.CAPTCHA, Outcome.LOGIN_WALL, Outcome.JS_CHALLENGE})
_FAILURES = frozenset({Outcome.UNREACHABLE, Outcome.TIMEOUT, Outcome.SERVER_ERROR})
# Once or twice, these concern the page; only a row of them is the host's.
_PERHAPS_THE_PAGE = frozenset({Outcome.SERVER_ERROR, Outcome.LOGIN_WALL})
_UNASKED = frozenset({Outcome.ROBOTS_DENIED, Outcome.POLICY_DENIED})
_COUNTED = ("fetched_today", "pictures_today")
OPENS_AFTER = 3
_FIRST_OPEN = timedelta(hours=1)
_FIRST_BACKOFF = timedelta(seconds=60)
_FIRST_REFUSAL = timedelta(hours=6)
_LONGEST_BACKOFF = timedelta(hours=24)
_LONGEST_REFUSAL = timedelta(days=7)


@frozen(kw_only=True)
class Terms:
    """What a host wants: the distance between requests, documents a day, and when. A `picture`
    keeps the distance and the hours and is counted apart (see `pictures_full`)."""

    delay: timedelta
    cap: int
    hours: VisitHours | None = None
    picture: bool = False

    @property
    def room(self) -> float:
        """How many requests a day these terms leave."""
        share = 1.0 if self.hours is None else ((self.hours.closes - self.hours.opens) % 24) / 24
        return min(float(self.cap), _DAY / (self.delay + MARGIN) * (share or 1.0))


class Breaker(StrEnum):
    """OPEN: the host failed several times running and is left alone. HALF_OPEN: its time is over,
    and one request may try; an answer closes the breaker, another failure opens it for longer."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


def breaker(setbacks: int, backoff_until: datetime | None, now: datetime) -> Breaker:
    """The state of a host after so many failures in a row."""
    if setbacks < OPENS_AFTER or backoff_until is None:
        return Breaker.CLOSED
    return Breaker.OPEN if backoff_until > now else Breaker.HALF_OPEN


def reserve(
    tx: Connection, held: HostLease, *, address: str, now: datetime, terms: Terms
) -> datetime | None:
    """Claim the next request to this host and address.

    None: it may be sent now, and `free` must follow. Otherwise the civil moment at which to ask
    again. Raises LeaseLost.
    """
    row = tx.execute(
        select(
            hosts.c.next_fetch, hosts.c.backoff_until, hosts.c.day, *(hosts.c[n] for n in _COUNTED)
        ).where(hosts.c.host == held.host, hosts.c.fence == held.fence)
    ).first()
    if row is None:
        raise LeaseLost(f"the lease on host {held.host} has passed to another worker")
    barred = max((m for m in row[:2] if m is not None), default=now)
    if barred > now:
        return barred
    day = now.astimezone(CHINA).date().isoformat()
    counts = {name: getattr(row, name) if row.day == day else 0 for name in _COUNTED}
    closed = opening(terms.hours, now)
    if closed is None and not terms.picture:
        closed = cap_reached(day=row.day, fetched=row.fetched_today, cap=terms.cap, now=now)
    if closed is not None:
        # Kept, so that the host is not leased again before it opens.
        tx.execute(update(hosts).where(hosts.c.host == held.host).values(next_fetch=closed))
        return closed
    busy = _hold_address(tx, address, holder=held.host, now=now, delay=terms.delay)
    if busy is not None:
        return busy
    counts["pictures_today" if terms.picture else "fetched_today"] += 1
    tx.execute(
        update(hosts)
        .where(hosts.c.host == held.host)
        .values(next_fetch=now + terms.delay, day=day, room=terms.room, **counts)
    )
    return None


def pictures_full(tx: Connection, host: str, *, now: datetime, cap: int) -> datetime | None:
    """When pictures may be asked for again at a host that has given `cap` of them today; None
    while it has not."""
    row = tx.execute(select(hosts.c.day, hosts.c.pictures_today).where(hosts.c.host == host)).one()
    return cap_reached(day=row.day, fetched=row.pictures_today, cap=cap, now=now)


def opening(hours: VisitHours | None, now: datetime) -> datetime | None:
    """When the visiting hours begin next; None when they have, or when there are none."""
    if hours is None:
        return None
    local = now.astimezone(CHINA)
    if (local.hour - hours.opens) % 24 < (hours.closes - hours.opens) % 24:
        return None
    begin = datetime.combine(local.date(), time(hours.opens), CHINA)
    return begin if begin > now else begin + timedelta(days=1)


def cap_reached(*, day: str, fetched: int, cap: int, now: datetime) -> datetime | None:
    """Midnight in China when the `fetched` requests of `day` use up the cap of today; else None."""
    today = now.astimezone(CHINA).date()
    if day != today.isoformat() or fetched < cap:
        return None
    return datetime.combine(today + timedelta(days=1), time(), CHINA)


def in_words(moment: datetime) -> str:
    """A moment as it is written in China, to the minute."""
    return f"{moment.astimezone(CHINA):%Y-%m-%d %H:%M}"


def free(tx: Connection, host: str, *, address: str, at: datetime, delay: timedelta) -> datetime:
    """The request has ended at `at`; returns when the next may start.

    Counted from the end, so that the distance holds where the server measures it, too.
    """
    booked = tx.execute(
        select(addresses.c.next_fetch).where(addresses.c.address == address)
    ).scalar_one_or_none()
    following = max(at + delay + MARGIN, booked or at)
    tx.execute(update(hosts).where(hosts.c.host == host).values(next_fetch=following))
    tx.execute(
        update(addresses)
        .where(addresses.c.address == address)
        .values(next_fetch=following, held_until=0.0, holder=None)
    )
    return following


def book(tx: Connection, *, address: str, now: datetime, delay: timedelta) -> datetime:
    """Take the next free place at an address for a visit besides the crawl (a seal).

    Returns the civil moment of the visit; the crawl waits until `delay` after it. `occupy` must
    follow at that moment.
    """
    insert_new(tx, addresses, [{"address": address}])
    following = tx.execute(
        select(addresses.c.next_fetch).where(addresses.c.address == address).with_for_update()
    ).scalar_one()
    moment = max(following or now, now)
    tx.execute(
        update(addresses)
        .where(addresses.c.address == address)
        .values(next_fetch=moment + delay + MARGIN)
    )
    return moment


def occupy(tx: Connection, *, address: str, holder: str) -> bool:
    """Begin a booked visit; False while a request to this address is still under way.

    Nothing else is sent there until `free`, or until the hold runs out by the database's clock.
    """
    clock = database_time(tx)
    taken = tx.execute(
        update(addresses)
        .where(addresses.c.address == address, run_out(addresses.c.held_until, clock))
        .values(holder=holder, held_until=clock + _HOLD_SECONDS)
    )
    return taken.rowcount == 1


def heed(
    tx: Connection, host: str, *, outcome: Outcome, at: datetime, wish: datetime | None
) -> datetime | None:
    """Back off after a refusal or silence, forget earlier ones after an answer.

    A single server error or log-in wall is the page's; only the third failure in a row opens the
    breaker. `wish` is the moment that the server itself named. Returns until when the host is
    left alone.
    """
    if outcome in _UNASKED:
        return None
    row = tx.execute(
        select(hosts.c.setbacks, hosts.c.backoff_until).where(hosts.c.host == host)
    ).one()
    if not outcome.is_block and outcome not in _FAILURES and wish is None:
        if row.setbacks:
            tx.execute(
                update(hosts).where(hosts.c.host == host).values(setbacks=0, backoff_until=None)
            )
        return None
    until = max(at + _backoff(host, outcome, row.setbacks), wish or at)
    tx.execute(
        update(hosts)
        .where(hosts.c.host == host)
        .values(setbacks=row.setbacks + 1, backoff_until=until)
    )
    return until


def _backoff(host: str, outcome: Outcome, setbacks: int) -> timedelta:
    first, longest, steps = _FIRST_BACKOFF, _LONGEST_BACKOFF, setbacks
    if setbacks + 1 < OPENS_AFTER and outcome in _PERHAPS_THE_PAGE:
        return timedelta(0)
    if outcome in _REFUSALS:
        first, longest = _FIRST_REFUSAL, _LONGEST_REFUSAL
    elif setbacks + 1 >= OPENS_AFTER:
        first, steps = _FIRST_OPEN, setbacks + 1 - OPENS_AFTER
    # Spread by up to a fifth, so that hosts that failed together do not come back together.
    spread = 1 + int(derive_id(host, str(setbacks))[:4], 16) / 0xFFFF / 5
    return min(first * (2.0 ** min(steps, 16) * spread), longest)


def _hold_address(
    tx: Connection, address: str, *, holder: str, now: datetime, delay: timedelta
) -> datetime | None:
    clock = database_time(tx)
    insert_new(tx, addresses, [{"address": address}])
    taken = tx.execute(
        update(addresses)
        .where(
            addresses.c.address == address,
            or_(run_out(addresses.c.held_until, clock), addresses.c.holder == holder),
            or_(addresses.c.next_fetch.is_(None), addresses.c.next_fetch <= now),
        )
        .values(holder=holder, held_until=clock + _HOLD_SECONDS, next_fetch=now + delay)
    )
    if taken.rowcount == 1:
        return None
    following = tx.execute(
        select(addresses.c.next_fetch).where(addresses.c.address == address)
    ).scalar_one()
    # Not its time yet, or another host's request is still under way.
    return following if following and following > now else now + timedelta(seconds=1)
