"""What the inner packages need from outside, as protocols. `cluewatch.bootstrap` supplies them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol

from domain.captures import Profile
from domain.findings import Fact
from domain.outcomes import Outcome
from domain.pages import Document
from domain.pictures import PictureLook, PictureReading
from domain.queries import Query, SearchDocument, SearchRequest, SearchResult
from domain.rendering import RenderedPage


class Clock(Protocol):
    """The civil clock: next_due, revisit and legal deadlines are reckoned by it, leases are not."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...

    async def wait_until(self, moment: datetime) -> None:
        """Return once the civil clock has reached `moment` (or earlier, if asked to look again)."""
        ...


class Ids(Protocol):
    """Source of new identities (UUIDv7, time-ordered)."""

    def new(self) -> str:
        """A fresh id, never given before."""
        ...


class Segmenter(Protocol):
    """Chinese word segmentation; the result is the same for jieba and its accelerator."""

    def cut(self, text: str) -> list[str]:
        """The words of `text` in order; joined they give `text` again."""
        ...

    def cut_for_search(self, text: str) -> list[str]:
        """Like `cut`, with the shorter words inside long words added."""
        ...


class SearchIndex(Protocol):
    """The search backend. One writer projects; any number of readers search."""

    def ensure(self) -> None:
        """Create what is missing. Raises PermanentError with the remedy when it cannot be used."""
        ...

    def add(self, documents: Iterable[SearchDocument]) -> None:
        """Add or replace by id; visible to the next `search` once it returns."""
        ...

    def delete(self, ids: Sequence[str]) -> None:
        """Remove by id; unknown ids are ignored."""
        ...

    def search(self, request: SearchRequest) -> SearchResult:
        """Answer one request. Hits carry no highlights; the caller computes them on stored text."""
        ...

    def scan(self, query: Query) -> Iterator[str]:
        """Ids of all that is found, in no order, as the index was at the first of them."""
        ...

    def count(self) -> int:
        """Documents in the index."""
        ...

    def rebuild(self, documents: Iterable[SearchDocument]) -> None:
        """Replace the whole content. The old answers until the new is complete, then at once the
        new does. What is added meanwhile is added to both and is not overwritten; what is deleted
        is deleted from both, but comes back when it was read and not yet written. A rebuild that
        fails changes nothing."""
        ...

    def drop_before(self, month: str) -> None:
        """Forget the documents captured in China before a month such as 2026-01."""
        ...


class Registers(Protocol):
    """Licence facts about whoever stands behind a page, for the day it was captured."""

    def facts_about(self, document: Document) -> tuple[Fact, ...]:
        """Answers of the registers; a question that could not be asked is 未核实, never 无."""
        ...


class Renderer(Protocol):
    """A browser behind the egress rules. Raises Unreachable when the site does not answer,
    RetryableError on time-outs and crashes, PermanentError when no browser can be started on
    this machine."""

    def render(self, url: str, *, profile: Profile = Profile.DESKTOP) -> RenderedPage:
        """Visit a live page as a desktop or a mobile device."""
        ...

    def render_stored(self, url: str, html: bytes, charset: str) -> RenderedPage:
        """Show stored bytes offline, as if they came from `url`; nothing is fetched."""
        ...


class PictureReader(Protocol):
    """Reads pictures of strangers within limits of size, memory and time.

    Raises PermanentError when the bytes are no picture that can be opened, or nothing is
    installed to read them with; RetryableError when reading took too long or too much.
    """

    @property
    def version(self) -> str:
        """Names whatever decides what is read: another version may read differently."""
        ...

    def look(self, body: bytes) -> PictureLook:
        """A glance at one picture, much cheaper than reading it."""
        ...

    def same(self, one: bytes, other: bytes) -> bool:
        """Whether two pictures say the same because only their compression differs."""
        ...

    def read(self, pictures: Sequence[bytes]) -> tuple[PictureReading, ...]:
        """Words and codes of equally wide pictures that follow each other on a page, one reading
        for each; slices of one poster are read as a whole."""
        ...


class VisitJudge(Protocol):
    """Tells content from refusals and farewells, whatever the HTTP status pretends."""

    def __call__(
        self, *, url: str, status: int, headers: Sequence[tuple[str, str]], body: bytes
    ) -> tuple[Outcome, str]:
        """What an answer came to, and the reason in words when it is not OK."""
        ...


class TimeReference(Protocol):
    """A time that is trusted more than the machine's own."""

    def offset(self) -> timedelta:
        """How far the civil clock runs ahead of it. Raises CluewatchError when it is not known."""
        ...


class Transport(Protocol):
    """A way to hand a package of files to an office. Idempotent by `key`."""

    def deliver(self, *, key: str, office: str, address: str, files: Sequence[Path]) -> str:
        """Deliver and return a receipt in words; `address` is the office's, in the channel's terms.

        Raises RetryableError or PermanentError.
        """
        ...


class WayOut(Protocol):
    """The rules of the way out, for whoever connects to a host outside."""

    def check(self, url: str) -> None:
        """Raises PermanentError unless scheme, port and literal address are permitted."""
        ...

    def addresses(self, host: str) -> list[str]:
        """The addresses of a host, each of them permitted; dial these and ask no more.

        Raises PermanentError when one is not, RetryableError when there is none.
        """
        ...
