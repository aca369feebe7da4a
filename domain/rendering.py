"""What a browser made of a page, and how it came by it."""

from __future__ import annotations

from collections.abc import Mapping

from attrs import field, frozen

from domain.captures import Hop


@frozen(kw_only=True)
class Picture:
    """A picture as its server sent it, before the browser scaled or cropped anything."""

    url: str
    media_type: str
    body: bytes = field(repr=False)


@frozen(kw_only=True)
class Tls:
    """The encrypted connection of a page: protocol version and the server's certificates.

    `certificates` are DER, the server's own first. `names` are subject and issuer of that one as
    the browser read them, `valid` the two ends of its validity in ISO 8601.
    """

    protocol: str
    names: tuple[str, str]
    valid: tuple[str, str]
    certificates: tuple[bytes, ...] = field(default=(), repr=False)


@frozen(kw_only=True)
class Visit:
    """A live visit: the main document's answer, and the way to it.

    `body` is the payload after content decoding (a browser tells no other), `headers` those of
    the answer as it came. `addresses` are the answers of the name look-up, `address` the one that
    was connected to. `redirects` are the steps before the last, in order.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    redirects: tuple[Hop, ...]
    addresses: tuple[str, ...]
    address: str
    tls: Tls | None


@frozen(kw_only=True)
class RenderedPage:
    """A page as a real browser shows it.

    `html` is the DOM after scripts ran, in UTF-8; `text` the words on the screen; `screenshot`
    the full page as PNG, and `tiles` the same in pieces, top to bottom, when the page is long;
    `mhtml` the page with what it loaded in one file; `masked` the screenshot with private persons
    masked in its words and all pictures blurred (nothing tells faces from others). `visit` is
    None when stored bytes were shown and nothing was fetched. `environment` tells browser, system
    and settings, `cleanliness` what the browser held before it opened the page (清洁性检查): all
    of it must be 0.
    """

    html: bytes = field(repr=False)
    text: str = field(repr=False)
    screenshot: bytes = field(repr=False)
    tiles: tuple[bytes, ...] = field(default=(), repr=False)
    mhtml: bytes = field(repr=False)
    masked: bytes = field(repr=False)
    pictures: tuple[Picture, ...] = ()
    final_url: str
    visit: Visit | None
    environment: Mapping[str, str]
    cleanliness: Mapping[str, int]
