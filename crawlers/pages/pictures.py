"""Pictures: which of a page are worth fetching, and a picture that was captured by itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import unquote, urlsplit

from crawlers.canonical import canonical_url
from crawlers.pages.blocked import is_blocked
from domain.pages import Document, Link, PageKind, ParsedPage
from language.decoding import BadContent, decode_body

PAGE = "picture@1"
IMAGE_ONLY = "image_only"
_MAGIC = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF87a", b"GIF89a")
# Posters of such pages come in many slices (sources.md 3.6).
_SLICES = 40
_LONGEST_URL = 2000
_FURNITURE = re.compile(
    r"(?:\A|[/_.-])(?:logo|ico|icon|icons|favicon|avatar|loading|blank|spacer|space|pixel|btn|button"
    r"|arrow|bullet|star|sprite|placeholder|transparent|emoji|captcha|verify|beian|gongan)s?\d*"
    r"(?:[/_.-]|\Z)",
    re.IGNORECASE,
)
_NO_PIXELS = re.compile(r"\.(?:svg|ico)\Z", re.IGNORECASE)


def read_picture(body: bytes, url: str) -> ParsedPage | None:
    """A picture as a page without words of its own, which shows itself; None for other bytes."""
    if not is_picture(body):
        return None
    address = canonical_url(url)
    return ParsedPage(
        page=PAGE,
        canonical_url=address,
        kind=PageKind.OTHER,
        title=unquote(urlsplit(address).path.rpartition("/")[2]),
        text="",
        blocks=(),
        links=(Link(url=address, rel="img"),),
        extractor="picture",
        notes=(IMAGE_ONLY,),
    )


def is_picture(body: bytes) -> bool:
    """Whether the first bytes are those of a JPEG, PNG, GIF, WebP or BMP."""
    webp = body[:4] == b"RIFF" and body[8:12] == b"WEBP"
    bmp = body[:2] == b"BM" and body[6:10] == b"\0\0\0\0"
    return webp or bmp or body.startswith(_MAGIC)


def media_type(body: bytes) -> str:
    """What the first bytes of a picture say that it is, whatever its server said."""
    known = ((b"\xff\xd8", "jpeg"), (b"\x89P", "png"), (b"GI", "gif"), (b"RI", "webp"))
    return "image/" + next((name for magic, name in known if body.startswith(magic)), "bmp")


def shows_picture(body: bytes, headers: Sequence[tuple[str, str]]) -> bool:
    """Whether an answer, content coding undone, is a picture."""
    decoded = decode_body(headers, body)
    return not isinstance(decoded, BadContent) and is_picture(decoded)


def worth_fetching(document: Document, *, most: int) -> list[str]:
    """Addresses of the pictures that may hold words, in the order of the page, at most `most`
    (more on a page that is nothing but pictures). Furniture is told by its name: logos, arrows,
    counters; so are addresses whose visit has side effects."""
    limit = max(most, _SLICES) if IMAGE_ONLY in document.notes else most
    if document.page == PAGE:
        return [document.canonical_url]
    found = dict.fromkeys(canonical_url(url) for url in _addresses(document))
    return list(found)[:limit]


def _addresses(document: Document) -> Iterator[str]:
    for link in document.links:
        path = urlsplit(link.url).path
        if (
            link.rel == "img"
            and len(link.url) <= _LONGEST_URL
            and not _FURNITURE.search(path)
            and not _NO_PIXELS.search(path)
            and not is_blocked(link.url)
        ):
            yield link.url
