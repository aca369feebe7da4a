"""What one worker knows about a host while it leases it."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import datetime, timedelta

from attrs import Factory, define, frozen

from crawlers.frontier.records import HostLease, Visit
from crawlers.observation import Observation
from crawlers.robots import Robots, origin_of
from domain.sources import Source


@frozen(kw_only=True)
class RobotsVisit:
    """One request for the robots.txt of `origin`; `hosts` are those it may be redirected to."""

    origin: str
    url: str
    host: str
    hosts: frozenset[str]
    hops: int = 0


@frozen(kw_only=True)
class PageVisit:
    """One request for an address of the frontier, allowed by `robots` (the decision in words)."""

    visit: Visit
    source: Source
    robots: str

    @property
    def url(self) -> str:
        """What to ask for."""
        return self.visit.url

    @property
    def host(self) -> str:
        """Whom to ask."""
        return self.visit.host


Step = PageVisit | RobotsVisit


@frozen(kw_only=True)
class Ended:
    """How a step ended, at a civil moment: exactly one of the three results is set."""

    host: str
    at: datetime
    observation: Observation | None = None
    robots: Robots | None = None
    again: RobotsVisit | None = None


@define(kw_only=True)
class Slot:
    """A leased host. `paced` is the earliest next request, `due` the earliest work (None: none).

    `unsettled` counts visits whose results are not durable yet; until then the lease is kept.
    """

    held: HostLease
    resolution: Future[list[str]]
    paced: datetime
    due: datetime | None
    busy: bool = False
    unsettled: int = 0
    delay: timedelta = timedelta(0)
    robots: dict[str, Robots] = Factory(dict)
    asking: RobotsVisit | None = None

    @property
    def ready(self) -> datetime | None:
        """When the next step may begin; None when nothing is to be done."""
        return None if self.due is None else max(self.due, self.paced)

    @property
    def address(self) -> str:
        """The address by which the pace is shared. Raises PolicyDenied, Unresolved."""
        return self.resolution.result()[0]

    def page_visit(self, visit: Visit, source: Source) -> PageVisit:
        """The request for a visit that the robots rules at hand allow."""
        rules = self.robots[origin_of(visit.url)]
        return PageVisit(visit=visit, source=source, robots=rules.decision(visit.url))

    def may_begin(self, now: datetime) -> bool:
        """Whether a step can be planned at `now`."""
        ready = self.ready
        return not self.busy and self.resolution.done() and ready is not None and ready <= now

    def is_idle(self, now: datetime, keep: timedelta) -> bool:
        """Whether nothing happens here for longer than `keep`."""
        ready = self.ready
        return self.is_quiet and (ready is None or ready > now + keep)

    @property
    def is_quiet(self) -> bool:
        """Whether nothing is under way here, so that the host can be given up."""
        return not self.busy and not self.unsettled and self.resolution.done()
