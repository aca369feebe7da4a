"""Detail pages of shops, social platforms and classifieds (`platform@1`, platforms.yml)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from urllib.parse import urlsplit

from attrs import frozen
from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.canonical import archived_original, canonical_url
from crawlers.pages import markup
from crawlers.pages.addresses import absolute
from crawlers.pages.amounts import amount
from crawlers.pages.blocks import Piece, joined, piece, private_notes
from crawlers.pages.dates import told_moment
from crawlers.pages.elements import PICTURE_ATTRIBUTES
from crawlers.pages.script_state import states
from crawlers.pages.site import links_of
from crawlers.pages.walk import walk
from crawlers.pages.walked import Walked
from domain.outcomes import Outcome
from domain.pages import (
    Identifier,
    IdentifierKind,
    Link,
    Origin,
    PageKind,
    ParsedPage,
    StatusPage,
)
from language.identifiers import identifiers
from storage.datafiles import Strict, read, shipped

PAGE = "platform@1"
_SELECTOR = "css "
_SHOWN_ATTRIBUTES = ("data-contact", "title")
_DIGITS = re.compile(r"\D")
_MOST_PICTURES = 60
_SAID = ("text", "more", "tags", "place", "price")
_ALL = frozenset({"more", "tags"})
_MOST_MEMBERS = 200
_TITLE = 40


class Platform(Strict):
    """One platform; the meaning of each value is in the head of platforms.yml."""

    name: str
    host: str
    path: str
    canonical: str
    sign: str
    state: tuple[str, ...] = ()
    item: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]]
    adverts: tuple[str, ...] = ()
    hidden: tuple[str, ...] = ()
    gone: str = ""


class _Platforms(Strict):
    """platforms.yml."""

    platforms: tuple[Platform, ...]


def read_platform(
    *, text: str, url: str, captured_at: datetime, charset: str, notes: Sequence[str]
) -> ParsedPage | StatusPage | None:
    """Read the detail page of a known platform from its state, then from its markup.

    None for all other pages, and for one that has neither title nor words where they should be:
    it is to be read as a page of any site. A page that says of itself that it is gone is a status.
    """
    known = _platform_of(text, url)
    if known is None:
        return None
    platform, item_id = known
    page = _Page.of(platform, item_id, text, url)
    title = next((one.text for one in page.pieces("title")), "")
    body = [one for name in _SAID for one in page.pieces(name)]
    if not title and not any(one.text for one in body):
        if platform.gone and re.search(platform.gone, text):
            return StatusPage(outcome=Outcome.DELETED, reason=f"{platform.name}：内容已不存在")
        return None
    found = walk(text)
    heading = piece(title, Origin.TITLE, "title")
    whole = [*([heading] if heading else []), *body, *_rest(found, body, title)]
    words, blocks = joined(whole)
    published = page.first("published")
    return ParsedPage(
        page=PAGE,
        canonical_url=_canonical(platform, item_id, url),
        kind=PageKind.POST,
        title=title or words.partition("\n")[0][:_TITLE],
        text=words,
        blocks=blocks,
        links=_links(page.pictures(), links_of(found, url)),
        identifiers=(*identifiers(words), *page.phones()),
        author=page.first("author"),
        account=page.first("author"),
        published_at=told_moment(published, captured_at) if published else None,
        subject_hint=page.first("subject"),
        charset=charset,
        extractor=f"{platform.name}:{page.extractor}",
        notes=(*notes, *page.notes(), *private_notes(whole)),
    )


def _rest(found: Walked, body: Sequence[Piece], title: str) -> Iterator[Piece]:
    """What else the page shows: a field that moved must not take its words with it."""
    said = "\n".join([title, *(one.text for one in body)])
    for one in found.pieces:
        if one.origin is Origin.DOM and one.text and one.text not in said:
            yield one


def _links(pictures: Sequence[Link], others: Sequence[Link]) -> tuple[Link, ...]:
    known = {one.url for one in pictures}
    return (*pictures, *(one for one in others if one.url not in known))


def _platform_of(text: str, url: str) -> tuple[Platform, str] | None:
    """The platform by its address or, for copies and replicas, by path and sign; with the id."""
    parts = urlsplit(archived_original(url))
    for one in _platforms():
        found = re.match(rf"{one.path}/?\Z", parts.path)
        if found and (re.fullmatch(one.host, parts.hostname or "") or one.sign in text):
            return one, found[1]
    return None


def _canonical(platform: Platform, item_id: str, url: str) -> str:
    host = urlsplit(archived_original(url)).hostname or ""
    if platform.canonical and re.fullmatch(platform.host, host):
        return canonical_url(platform.canonical.format(id=item_id))
    return canonical_url(url.partition("?")[0])


@frozen(kw_only=True)
class _Page:
    """One page under reading: the item in its state (None without one) and its tree."""

    platform: Platform
    item: object
    extractor: str
    tree: LexborHTMLParser
    url: str

    @classmethod
    def of(cls, platform: Platform, item_id: str, text: str, url: str) -> _Page:
        """Find the item of the page in the first state that has it."""
        item, extractor = None, "dom"
        for name, value in states(text) if platform.state else ():
            ways = (way.format(id=item_id) for way in platform.item)
            held = next((one for way in ways for one in _at(value, way) if one), None)
            if name in platform.state and held is not None:
                item, extractor = held, name
                break
        tree = markup.parse(text)
        return cls(platform=platform, item=item, extractor=extractor, tree=tree, url=url)

    def pieces(self, name: str) -> Iterator[Piece]:
        """The words of a field: of the first of its places that says something, or of all."""
        for place in self.platform.fields.get(name, ()):
            found = list(self._words(place))
            yield from found
            if found and name not in _ALL:
                return

    def first(self, name: str) -> str | None:
        """A field of one line, None where the page does not state it."""
        return next((one.text for one in self.pieces(name) if one.text), None)

    def pictures(self) -> tuple[Link, ...]:
        """The pictures of the item."""
        written = [
            one
            for place in self.platform.fields.get("pictures", ())
            for one in self._addresses(place)
        ]
        targets = (absolute(one, self.url) for one in written[:_MOST_PICTURES])
        return tuple(Link(url=one, rel="img") for one in dict.fromkeys(targets) if one)

    def phones(self) -> Iterator[Identifier]:
        """Numbers that stand where the platform shows them; masked ones are none."""
        shown = (one.text for one in self.pieces("phone") if "*" not in one.text)
        for number in dict.fromkeys(_DIGITS.sub("", one) for one in shown):
            if 7 <= len(number) <= 13:
                yield Identifier(kind=IdentifierKind.PHONE, value=number)

    def notes(self) -> Iterator[str]:
        """Marks of advertising, fields hidden in a font, and how much the page was liked."""
        for mark in self.platform.adverts:
            if self._is_marked(mark):
                yield f"ad_mark:{mark.removeprefix(_SELECTOR)}"
        hidden = [one for one in self.platform.hidden if self.tree.css_first(one) is not None]
        if hidden:
            yield f"obfuscated_fields:{','.join(hidden)}"
        likes = amount(self.first("likes") or "")
        if likes is not None:
            yield f"likes:{likes}"

    def _is_marked(self, mark: str) -> bool:
        if mark.startswith(_SELECTOR):
            return self.tree.css_first(_selector(mark)) is not None
        return any(bool(value) for value in _at(self.item, mark))

    def _words(self, place: str) -> Iterator[Piece]:
        if place.startswith(_SELECTOR):
            for node in self.tree.css(_selector(place))[:_MOST_MEMBERS]:
                yield from _shown(node, place)
            return
        for value in _at(self.item, place):
            if isinstance(value, str | int | float) and not isinstance(value, bool):
                yield from _written(_plain(value), place)

    def _addresses(self, place: str) -> Iterator[str]:
        if place.startswith(_SELECTOR):
            for node in self.tree.css(_selector(place)):
                named = (node.attributes.get(name) for name in PICTURE_ATTRIBUTES)
                yield next((one for one in named if one), "")
            return
        yield from (one for one in _at(self.item, place) if isinstance(one, str))


def _selector(place: str) -> str:
    return place.removeprefix(_SELECTOR)


def _shown(node: LexborNode, place: str) -> Iterator[Piece]:
    """What an element shows: a full value in an attribute before the cut one in its words."""
    stated = next((one for n in _SHOWN_ATTRIBUTES if (one := node.attributes.get(n))), None)
    if stated:
        yield from _written(stated, place)
    else:
        yield from (one for one in walk(node.html or "").pieces if one.text or one.private)


def _written(text: str, place: str) -> Iterator[Piece]:
    """The lines of a value of the state; HTML in it is read as markup."""
    if "<" in text and ">" in text:
        yield from (one for one in walk(text).pieces if one.text)
        return
    for line in text.splitlines():
        made = piece(line, Origin.JS_STATE, place)
        if made is not None:
            yield made


def _plain(value: str | float) -> str:
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def _at(value: object, way: str) -> Iterator[object]:
    """What a dotted way leads to; `*` goes into every member, "" stays where it is."""
    found: list[object] = [value]
    for step in way.split(".") if way else ():
        found = [inner for one in found for inner in _step(one, step)][:_MOST_MEMBERS]
    return iter(found)


def _step(value: object, step: str) -> list[object]:
    if isinstance(value, dict):
        return list(value.values()) if step == "*" else [value[step]] if step in value else []
    if isinstance(value, list):
        if step == "*":
            return list(value)
        return [value[int(step)]] if step.isdecimal() and int(step) < len(value) else []
    return []


@cache
def _platforms() -> tuple[Platform, ...]:
    return read(shipped("crawlers.pages", "platforms.yml")).validated(_Platforms).platforms
