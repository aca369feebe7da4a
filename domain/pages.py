"""What a page says, once it has been read."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen

from domain.outcomes import Outcome
from domain.pictures import PicturePlace


class Origin(StrEnum):
    """Where in the page a block of text stood."""

    TITLE = "title"
    DOM = "dom"
    META = "meta"
    ALT = "alt"
    JS_STATE = "js_state"
    IFRAME = "iframe"
    PICTURE = "picture"
    ATTACHMENT = "attachment"


class PageKind(StrEnum):
    """What sort of page the parser believes it read."""

    ARTICLE = "article"
    LISTING = "listing"
    HOME = "home"
    ACCOUNT = "account"
    SEARCH_RESULTS = "search_results"
    POST = "post"
    OTHER = "other"


@frozen(kw_only=True)
class Block:
    """One paragraph-like piece of a document.

    `[start, end)` locate it in `Document.text`. `path` is the element path or the key in the JS
    state that it came from. `boilerplate` marks menus, footers and the like. `picture` tells where
    a block of origin PICTURE stands; such blocks follow all others.
    """

    text: str
    origin: Origin
    start: int
    end: int
    path: str = ""
    boilerplate: bool = False
    picture: PicturePlace | None = None


@frozen(kw_only=True)
class Link:
    """One address that the page points to, absolute and canonical, with its words."""

    url: str
    text: str = ""
    rel: str = "a"


class IdentifierKind(StrEnum):
    """Numbers and names that tell who stands behind a page (law.md C)."""

    MEDICAL_AD = "medical_ad"
    USCI = "usci"
    INSTITUTION = "institution"
    ICP = "icp"
    PSB = "psb"
    DRUG_INFO = "drug_info"
    DRUG_APPROVAL = "drug_approval"
    DEVICE_APPROVAL = "device_approval"
    AD_APPROVAL = "ad_approval"
    PHONE = "phone"
    WECHAT = "wechat"
    QQ = "qq"
    QR = "qr"
    WIDGET = "widget"


@frozen(kw_only=True)
class Identifier:
    """An identifier found on a page. `valid` is the verdict on checksum or form, None if none fits.

    `start` and `end` are −1 when it came from markup rather than from the document text.
    """

    kind: IdentifierKind
    value: str
    valid: bool | None = None
    start: int = -1
    end: int = -1


@frozen(kw_only=True)
class ParsedPage:
    """What a page parser makes of bytes alone: no network, no store, no verdict.

    `text` is the blocks joined by newlines; each block's offsets point into it. `page` names the
    parser and its version (`site@1`); a changed version makes new documents of old snapshots.
    `subject_hint` is the name of the operator as the page itself states it.
    """

    page: str
    canonical_url: str
    kind: PageKind
    title: str
    text: str
    blocks: tuple[Block, ...]
    links: tuple[Link, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    author: str | None = None
    account: str | None = None
    published_at: datetime | None = None
    subject_hint: str | None = None
    charset: str = "utf-8"
    extractor: str = "dom"
    notes: tuple[str, ...] = ()


@frozen(kw_only=True)
class StatusPage:
    """The page tells of its own state (deleted, expired …); it is lifecycle, never content."""

    outcome: Outcome
    reason: str


@frozen(kw_only=True)
class BlockPage:
    """The page is a refusal (captcha, login wall, challenge …); it is a gap, never content."""

    outcome: Outcome
    reason: str


Reading = ParsedPage | StatusPage | BlockPage


@frozen(kw_only=True)
class Document:
    """A parsed page as it is stored, one per (canonical address, payload, parser version).

    `site` is the registrable host that template statistics count by. `text` may be masked for
    private persons; masking keeps the length, so all offsets hold. `captures` are snapshot ids,
    oldest first. `duplicate_of` is an earlier document with the same text on the same site.
    """

    id: str
    url: str
    canonical_url: str
    site: str
    source_id: str | None
    captured_at: datetime
    payload_digest: str
    page: str
    kind: PageKind
    title: str
    text: str = field(repr=False)
    blocks: tuple[Block, ...] = field(repr=False)
    links: tuple[Link, ...] = field(default=(), repr=False)
    identifiers: tuple[Identifier, ...] = ()
    author: str | None = None
    account: str | None = None
    published_at: datetime | None = None
    subject_hint: str | None = None
    captures: tuple[str, ...] = ()
    duplicate_of: str | None = None
    cluster: str | None = None
    notes: tuple[str, ...] = ()
