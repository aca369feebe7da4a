"""What the farm is made of. All records are frozen; `world.build` makes them once per seed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum

from attrs import frozen

CHINA = timezone(timedelta(hours=8))
START = datetime(2026, 3, 2, 9, 0, tzinfo=CHINA)
"""The civil moment at which every farm begins: a Monday, tick 0. One tick is one civil hour."""
_FIRST_DAY = START.date()


class Kind(StrEnum):
    """What an address is to a crawler."""

    CONTENT = "content"
    LIST = "list"
    STATUS = "status"
    TRAP = "trap"
    ASSET = "asset"


class Quirk(StrEnum):
    """How the bytes of a page disobey the charset that its site declares."""

    NONE = "none"
    LOSSY = "lossy"
    UTF8_INSIDE = "utf8_inside"
    UNDECLARED = "undeclared"


class Seen(StrEnum):
    """Who is shown what a page really says. NOBODY: only visitors that we never claim to be."""

    EVERYBODY = "everybody"
    MOBILE = "mobile"
    NOBODY = "nobody"


@frozen(kw_only=True)
class Form:
    """One of the ways in which a host writes its articles.

    `share` is its weight among the host's forms; `carrier` is where the words stand (truth file);
    whoever is not `seen` gets the page's decoy, and before the tick `late` everybody does;
    `status` is what is answered: anything but 200 is a wall with no words behind it. `turns` is
    how many contacts are shown in turn, one a tick.
    """

    share: int = 1
    carrier: str = "dom"
    seen: Seen = Seen.EVERYBODY
    late: int = 0
    status: int = 200
    turns: int = 0

    @property
    def has_decoy(self) -> bool:
        """Whether some visit is shown other words."""
        return self.seen is not Seen.EVERYBODY or self.late > 0


PLAIN = Form()


@frozen(kw_only=True)
class Sentence:
    """One planted or neutral sentence.

    `slugs` are the violations that it carries (law.md A); `why` is the number in law.md B that
    makes a look-alike lawful. Neither: ordinary words.
    """

    text: str
    slugs: tuple[str, ...] = ()
    why: int | None = None


Paragraph = tuple[Sentence, ...]


@frozen(kw_only=True)
class Revision:
    """The body of a page from `since` (tick) on."""

    since: int
    paragraphs: tuple[Paragraph, ...]


@frozen(kw_only=True)
class Page:
    """One address of a site. `revisions` are in order of `since`; lists have none.

    `gone` is the tick from which the page is deleted: then it redirects to `moved_to`, or shows
    the message of `end` (200), or is not found. `duplicate_of` is the path that serves the same
    bytes. `number` counts the pages of a column's list from 1. `form` names one of the site's
    forms; `decoy` is what it shows to whom it does not want.
    """

    path: str
    kind: Kind
    view: str
    title: str
    column: str = ""
    author: str = ""
    published: date = _FIRST_DAY
    revisions: tuple[Revision, ...] = ()
    first: int = 0
    gone: int | None = None
    duplicate_of: str | None = None
    number: int = 1
    quirk: Quirk = Quirk.NONE
    form: str = ""
    decoy: tuple[Paragraph, ...] = ()
    end: str = ""
    moved_to: str | None = None

    def alive(self, tick: int) -> bool:
        """Whether the page is served at that tick."""
        return self.first <= tick and (self.gone is None or tick < self.gone)

    def body(self, tick: int) -> tuple[Paragraph, ...]:
        """The paragraphs in force at that tick."""
        past = [r for r in self.revisions if r.since <= tick]
        return past[-1].paragraphs if past else ()


@frozen(kw_only=True)
class Column:
    """A section of a site with its pager. A hub has `children` and no articles of its own."""

    path: str
    title: str
    code: str
    tid: int
    per_page: int
    children: tuple[str, ...] = ()
    hub: str = ""


@frozen(kw_only=True)
class Entity:
    """Whoever runs a host, or stands in the register. `licence_no` None: no medical licence."""

    id: str
    name: str
    subject_type: str
    region: str
    address: str
    phone: str
    wechat: str
    legal_person: str
    usci: str
    icp: str
    licence_no: str | None = None
    medical_ad: str | None = None
    departments: str = ""
    grade: str = ""


@frozen(kw_only=True)
class Site:
    """One host: pages by path, and how it behaves.

    `css` renames the words of the templates; `template` is the block that stands on nearly every
    page; `robots` None: the file does not exist; `denied` are the path prefixes that it forbids;
    `crawl_delay` the civil seconds that it asks for; `widget` the consult host that the pages
    load scripts from and that must never be asked; `login` the path prefix behind which one has
    to log in; `clicks` the redirectors of paid links, each request to which costs somebody money;
    `per_minute` the requests in a civil minute after which a verification page is shown.
    """

    host: str
    ip: str
    archetype: str
    layout: str
    source_kind: str
    risk: str
    charset: str
    entity: Entity
    columns: Mapping[str, Column]
    pages: Mapping[str, Page]
    redirects: Mapping[str, str]
    css: Mapping[str, str]
    template: Paragraph = ()
    robots: str | None = None
    denied: tuple[str, ...] = ()
    crawl_delay: float = 2.0
    soft_404: bool = False
    script_menu: bool = False
    widget: str | None = None
    calendar: str | None = None
    control: bool = False
    forms: Mapping[str, Form] = {}
    login: str | None = None
    clicks: tuple[str, ...] = ()
    per_minute: int | None = None

    def form(self, page: Page) -> Form:
        """The way in which a page is written."""
        return self.forms.get(page.form, PLAIN)


@frozen(kw_only=True)
class Event:
    """A change of the farm at a tick: create, edit, delete or move."""

    tick: int
    host: str
    path: str
    op: str


@frozen(kw_only=True)
class World:
    """A whole farm for one seed. `widgets` maps consult hosts to their addresses."""

    seed: str
    plan: str
    port: int
    sites: Mapping[str, Site]
    widgets: Mapping[str, str]
    institutions: tuple[Entity, ...]
    events: tuple[Event, ...]

    def url(self, host: str, path: str) -> str:
        """The absolute address of a path."""
        return f"http://{host}:{self.port}{path}"

    @property
    def addresses(self) -> dict[str, str]:
        """Every host with its own loopback address."""
        return {s.host: s.ip for s in self.sites.values()} | dict(self.widgets)
