"""One walk over a page's tree: pieces of text, addresses, scripts and names, in reading order."""

from __future__ import annotations

import re
from collections.abc import Callable

from selectolax.lexbor import LexborNode

from crawlers.pages import markup, scripts
from crawlers.pages.backgrounds import backgrounds
from crawlers.pages.blocks import piece
from crawlers.pages.elements import (
    ANCHORS,
    BLOCK,
    CARD_ATTRIBUTES,
    CARD_TAGS,
    META_TEXT,
    PICTURE_ATTRIBUTES,
    PICTURE_TAGS,
    SILENT,
    hidden_mail,
    is_chrome,
    is_picture_address,
    label,
    largest_of_set,
)
from crawlers.pages.walked import Address, Walked
from domain.pages import Origin

_REFRESH = re.compile(r"\A\s*[\d.]*\s*[;,]?\s*(?:url\s*=)?\s*[\"']?([^\"']+)", re.IGNORECASE)
_PATH_ELEMENTS = 6
_MAX_WRITTEN = 3
_MAX_CODE = 300_000  # a script beyond that is a library or application state, not a menu


def walk(text: str) -> Walked:
    """Read a page. Hidden elements are read too: cloaked pages hide their advert until a script
    shows it, and hacked pages hide their links for ever."""
    found = Walked()
    _Walker(found, Origin.DOM, "").run(text)
    found.addresses.extend(backgrounds(text))
    return found


def walk_within(text: str, selector: str) -> Walked | None:
    """Read one element of a page, the first that a CSS selector finds; None when there is none."""
    found = Walked()
    element = markup.parse(text).css_first(selector)
    if element is None:
        return None
    _Walker(found, Origin.DOM, "").visit(element)
    return found


class _Walker:
    """State of one walk over one tree; frames and script-written markup get their own."""

    def __init__(self, found: Walked, origin: Origin, prefix: str, written: int = 0) -> None:
        self._found = found
        self._origin = origin
        self._prefix = prefix
        self._written = written
        self._stack: list[LexborNode] = []
        self._chrome: list[int] = []
        self._text: list[str] = []
        self._labels: list[str] = []
        self._path = ""
        self._where = origin
        self._bare = False
        self._anchor: list[str] | None = None
        self._skip = 0
        self._hides_mail = False

    def run(self, text: str) -> None:
        self._hides_mail = "data-cfemail" in text
        root = markup.parse(text).root
        if root is not None:
            self.visit(root)

    def visit(self, root: LexborNode) -> None:
        for node, entering in markup.events(root):
            if entering:
                self._enter(node)
            else:
                self._leave(node)
        self._flush()

    def _enter(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "-text":
            if not self._skip:
                self._add(node.text_content or "")
            return
        self._stack.append(node)
        self._labels.append("")
        if self._skip or tag in SILENT:
            self._skip += 1
            return
        if tag in BLOCK:
            self._flush()
            if is_chrome(node, tag):
                self._chrome.append(len(self._stack))
        action = _ACTIONS.get(tag)
        if action is not None:
            action(self, node)
        if self._hides_mail and self._protected(node):
            self._skip += 1

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "-text":
            return
        if self._skip:
            self._skip -= 1
        elif tag in BLOCK:
            self._flush()
        if tag in ANCHORS and not self._skip:
            self._close_anchor(node)
        if self._chrome and self._chrome[-1] == len(self._stack):
            self._chrome.pop()
        self._stack.pop()
        self._labels.pop()

    def _add(self, text: str) -> None:
        if text.isspace():
            if self._text:
                self._text.append(" ")
            return
        if not self._text:
            self._path, self._where = self._place(), self._kind_of_place()
        self._text.append(text)
        if self._anchor is None:
            self._bare = True
        else:
            self._anchor.append(text)

    def _flush(self) -> None:
        if self._text:
            self._emit("".join(self._text), self._where, self._path, linked=not self._bare)
            self._text, self._bare = [], False

    def _emit(self, text: str, origin: Origin, path: str, *, linked: bool = False) -> None:
        made = piece(text, origin, path, boilerplate=bool(self._chrome), linked=linked)
        if made is not None:
            self._found.pieces.append(made)

    def _place(self) -> str:
        """Path of the element that is open now; labels are made once an element."""
        first = max(0, len(self._stack) - _PATH_ELEMENTS)
        for at in range(first, len(self._stack)):
            self._labels[at] = self._labels[at] or label(self._stack[at])
        return self._prefix + ">".join(self._labels[first:])

    def _kind_of_place(self) -> Origin:
        if self._origin is not Origin.DOM or not self._stack or self._stack[-1].tag != "title":
            return self._origin
        drawn = any(node.tag == "svg" for node in self._stack)
        return Origin.DOM if drawn else Origin.TITLE

    def _aside(self, text: str | None, origin: Origin) -> None:
        """Text of an attribute, as a piece of its own without breaking the paragraph around it."""
        if text and not text.isspace():
            self._emit(text, origin, self._place())

    def _address(self, written: str | None, text: str, rel: str) -> None:
        if written:
            self._found.addresses.append(Address(written=written, text=text, rel=rel))

    def _open_anchor(self, _node: LexborNode) -> None:
        self._anchor = []

    def _close_anchor(self, node: LexborNode) -> None:
        words = " ".join("".join(self._anchor or ()).split())
        self._anchor = None
        attributes = node.attributes
        title = attributes.get("title")
        if title and title.strip() != words and len(title) > len(words):
            self._aside(title, Origin.ALT)
        href = attributes.get("tppabs") or attributes.get("href")
        if href and href[:4].lower() == "tel:":
            self._found.phones.append(href[4:])
        self._address(href, words or (title or ""), "a")

    def _area(self, node: LexborNode) -> None:
        self._aside(node.attributes.get("alt"), Origin.ALT)
        self._address(node.attributes.get("href"), node.attributes.get("alt") or "", "a")

    def _picture(self, node: LexborNode) -> None:
        attributes = node.attributes
        alt = attributes.get("alt")
        sources = [attributes.get(name) for name in PICTURE_ATTRIBUTES]
        if alt and is_picture_address(alt):
            sources, alt = [alt], None
        self._aside(alt, Origin.ALT)
        title = attributes.get("title")
        if title != alt:
            self._aside(title, Origin.ALT)
        if alt and self._anchor is not None:
            self._anchor.append(alt)
        source = next((s for s in sources if s and not s.startswith("data:")), None)
        self._address(source or largest_of_set(node), alt or "", "img")

    def _picture_source(self, node: LexborNode) -> None:
        """A `<source>` of a `<picture>`; sound and film have no source set."""
        self._address(largest_of_set(node), "", "img")

    def _input(self, node: LexborNode) -> None:
        attributes = node.attributes
        kind = (attributes.get("type") or "text").lower()
        if kind in ("button", "submit", "reset"):
            self._aside(attributes.get("value"), Origin.ALT)
        elif kind == "image":
            self._picture(node)
        elif kind != "hidden":
            self._aside(attributes.get("placeholder"), Origin.ALT)

    def _meta(self, node: LexborNode) -> None:
        attributes = node.attributes
        content = attributes.get("content") or ""
        name = (attributes.get("name") or attributes.get("property") or "").lower()
        if name and content.strip():
            if name in META_TEXT and content not in self._found.metas.values():
                self._emit(content, Origin.META, f"{self._prefix}meta[{name}]")
            self._found.metas.setdefault(name, content)
        if (attributes.get("http-equiv") or "").lower() == "refresh":
            target = _REFRESH.match(content)
            if target and not target[1].strip().isdigit():
                self._address(target[1].strip(), "", "refresh")

    def _frame(self, node: LexborNode) -> None:
        attributes = node.attributes
        inside = attributes.get("srcdoc")
        if inside and self._written < _MAX_WRITTEN:
            self._inner(inside, Origin.IFRAME, "iframe:")
        self._address(attributes.get("src") or attributes.get("data-src"), "", "iframe")
        self._skip += 1  # what stands between the tags is markup for browsers without frames

    def _script(self, node: LexborNode) -> None:
        attributes = node.attributes
        self._address(attributes.get("src"), "", "script")
        self._skip += 1
        child = node.first_child
        code = (child.text_content or "") if child is not None else ""
        if not code or code.isspace():
            return
        kind = (attributes.get("type") or "").lower()
        if "json" in kind:
            self._found.data.append(code)
            return
        if len(code) > _MAX_CODE:
            return
        self._found.code.append(code)
        written = scripts.written_markup(code) if self._written < _MAX_WRITTEN else ""
        if written.strip():
            self._flush()
            self._inner(written, Origin.JS_STATE, "script:")

    def _inner(self, text: str, origin: Origin, prefix: str) -> None:
        walker = _Walker(self._found, origin, self._prefix + prefix, self._written + 1)
        walker._chrome = list(self._chrome[:1])
        walker.run(text)

    def _card(self, node: LexborNode) -> None:
        """Names on cards of public accounts, mini-programs and sound, kept in attributes."""
        for name in CARD_ATTRIBUTES:
            self._aside(node.attributes.get(name), Origin.ALT)

    def _base(self, node: LexborNode) -> None:
        if self._found.base is None and self._origin is Origin.DOM:
            self._found.base = node.attributes.get("href")

    def _time(self, node: LexborNode) -> None:
        moment = node.attributes.get("datetime")
        if moment:
            self._found.times.append(moment)

    def _protected(self, node: LexborNode) -> bool:
        """A mail address that Cloudflare hides from robots without scripts, in its place."""
        hidden = node.attributes.get("data-cfemail")
        address = hidden_mail(hidden) if hidden else None
        if address is None:
            return False
        self._add(address)
        return True


_ACTIONS: dict[str, Callable[[_Walker, LexborNode], None]] = {
    **dict.fromkeys(ANCHORS, _Walker._open_anchor),
    "area": _Walker._area,
    "input": _Walker._input,
    "meta": _Walker._meta,
    **dict.fromkeys(("iframe", "frame", "mip-iframe"), _Walker._frame),
    "script": _Walker._script,
    "base": _Walker._base,
    "time": _Walker._time,
    "source": _Walker._picture_source,
    **{tag: _Walker._card for tag in CARD_TAGS},
    **{tag: _Walker._picture for tag in PICTURE_TAGS},
}
