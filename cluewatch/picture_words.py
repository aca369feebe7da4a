"""What was read in the pictures of a page, as blocks, identifiers and links of its document."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from attrs import field, frozen

from cluewatch.picture_readings import SeenPicture
from crawlers.canonical import canonical_url
from domain.pages import Block, Identifier, IdentifierKind, Link, Origin
from domain.pictures import PicturePlace
from language.identifiers import identifiers

_LONGEST_CODE = 2000


@frozen(kw_only=True)
class Words:
    """Offsets count from the first of the blocks, which stand on lines of their own.

    What a QR code says is an identifier without offsets, and a link (`rel` "qr") when it is an
    address; it is never followed by itself.
    """

    blocks: tuple[Block, ...] = field(repr=False)
    identifiers: tuple[Identifier, ...]
    links: tuple[Link, ...]


def words_of(seen: Sequence[SeenPicture]) -> Words:
    """The words of all pictures, in the order of the page."""
    blocks = tuple(_blocks(seen))
    text = "\n".join(block.text for block in blocks)
    codes = tuple(dict.fromkeys(_codes(seen)))
    return Words(
        blocks=blocks,
        identifiers=(
            *identifiers(text),
            *(Identifier(kind=IdentifierKind.QR, value=code) for code in codes),
        ),
        links=tuple(
            Link(url=canonical_url(code), text="二维码", rel="qr")
            for code in codes
            if urlsplit(code).scheme in ("http", "https")
        ),
    )


def _blocks(seen: Sequence[SeenPicture]) -> Iterator[Block]:
    start = 0
    for one in seen:
        for words in one.reading.words if one.reading else ():
            text = " ".join(words.text.split())
            yield Block(
                text=text,
                origin=Origin.PICTURE,
                start=start,
                end=start + len(text),
                path=f"img[{one.picture.place}]",
                picture=PicturePlace(
                    file=one.digest,
                    snapshot_id=one.picture.snapshot_id or "",
                    url=one.picture.url,
                    size=one.size,
                    box=words.box,
                ),
            )
            start += len(text) + 1


def _codes(seen: Sequence[SeenPicture]) -> Iterator[str]:
    for one in seen:
        for code in one.reading.codes if one.reading else ():
            yield code.text.strip()[:_LONGEST_CODE]
