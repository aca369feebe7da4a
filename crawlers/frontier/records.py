"""What the frontier takes in and hands out."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from crawlers.frontier.history import PastVisit
from domain.outcomes import Outcome
from domain.sources import RiskTier


class UrlState(StrEnum):
    """WAITING for `next_due`; TAKEN by the worker that leases the host."""

    WAITING = "waiting"
    TAKEN = "taken"


class Purpose(StrEnum):
    """Why an address is fetched: to be kept as a page, only for the links in a script, or as a
    picture that a page shows (which has a cap of its own)."""

    PAGE = "page"
    SCRIPT = "script"
    PICTURE = "picture"


@frozen(kw_only=True)
class HostLease:
    """The right to fetch from one host. Writes with an outdated `fence` change nothing."""

    host: str
    fence: int
    owner: str


@frozen(kw_only=True)
class Found:
    """An address that may enter the frontier. `url` is canonical; low `priority` goes first.

    `hops` counts the redirects that led here without a page in between.
    """

    url: str
    source_id: str | None
    purpose: Purpose = Purpose.PAGE
    priority: int
    depth: int = 0
    hops: int = 0
    found_on: str | None = None
    words: str = ""


@frozen(kw_only=True)
class Visit:
    """One due address, taken for one look at it."""

    id: str
    url: str
    host: str
    fence: int
    source_id: str | None
    purpose: Purpose
    depth: int
    hops: int
    found_on: str | None
    pattern: str
    etag: str | None
    last_modified: str | None
    digest: str | None
    gist: str | None
    visits: int
    changes: int
    fail_count: int
    wait: float | None
    history: str


@frozen(kw_only=True)
class Visited:
    """How a visit ended. `digest` is that of the payload, None when none was seen.

    `gist` is a key of the words on the page, numbers left out: the same for every month of a
    calendar. None when the page could not be read; `length` is that of its readable text.

    `retry_after` is the host's own wish for the next request. `moved_to` is set when the address
    redirected to another spelling of itself, which is fetched instead from now on.
    """

    visit: Visit
    outcome: Outcome
    at: datetime
    risk: RiskTier
    digest: str | None = None
    gist: str | None = None
    length: int | None = None
    etag: str | None = None
    last_modified: str | None = None
    moved_to: str | None = None
    not_before: datetime | None = None


@frozen(kw_only=True)
class AddReport:
    """What became of a batch of found addresses."""

    added: int
    known: int
    refused: int


@frozen(kw_only=True)
class Conservation:
    """The books of all hosts: claimed = done + failed + returned + taken, always."""

    claimed: int
    done: int
    failed: int
    returned: int
    taken: int

    @property
    def balanced(self) -> bool:
        """Whether no claim was lost or counted twice."""
        return self.claimed == self.done + self.failed + self.returned + self.taken


@frozen(kw_only=True)
class HostReport:
    """What the frontier knows of one host. `demand` and `room` are looks a day."""

    host: str
    ready_at: datetime | None
    next_fetch: datetime | None
    backoff_until: datetime | None
    setbacks: int
    day: str
    fetched_today: int
    demand: float
    room: float
    leased_by: str | None


@frozen(kw_only=True)
class UrlReport:
    """What the frontier knows of one address and of its host."""

    url: str
    source_id: str | None
    purpose: Purpose
    state: UrlState
    found_on: str | None
    words: str
    priority: int
    depth: int
    added_at: datetime
    next_due: datetime
    reason: str
    visits: int
    changes: int
    fail_count: int
    history: tuple[PastVisit, ...]
    shape: str
    host: HostReport


@frozen(kw_only=True)
class FrontierCounts:
    """The frontier in numbers, for progress and health."""

    hosts: int
    urls: int
    due: int
    taken: int
    visited: int
    outcomes: dict[str, int]


@frozen(kw_only=True)
class Turn:
    """An address that waits for its turn: when, why then, and what came of the last look."""

    url: str
    next_due: datetime
    reason: str
    visits: int
    last_outcome: str | None


@frozen(kw_only=True)
class SourceSchedule:
    """A source's addresses in numbers, and the next of them in order of their turn."""

    known: int
    visited: int
    due: int
    turns: tuple[Turn, ...]
