"""Stored payloads as a reader sees them: media type, plain bytes, visible text, likeness."""

from __future__ import annotations

import re
from collections.abc import Sequence

from selectolax.lexbor import LexborHTMLParser

from domain.errors import EvidenceError
from language.decoding import BadContent, decode_body

# Fewer pairs of characters than this do not tell one page from another.
_ENOUGH = 20
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})|\\x([0-9a-fA-F]{2})")
_SPACE = re.compile(r"\s+")
_UNSEEN = "script, style, noscript, template, head"

Headers = Sequence[tuple[str, str]]


def media_type(headers: Headers) -> str:
    """The media type that the headers state, lower-case without parameters, "" when none."""
    return _value(headers, "content-type").partition(";")[0].strip().lower()


def coding(headers: Headers) -> str:
    """The content coding of the payload, "" for none."""
    found = _value(headers, "content-encoding").strip().lower()
    return "" if found == "identity" else found


def decoded(body: bytes, headers: Headers) -> bytes:
    """The payload after content decoding. Raises EvidenceError when that cannot be done."""
    plain = decode_body(headers, body)
    if isinstance(plain, BadContent):
        raise EvidenceError(f"载荷无法解码：{plain.reason}")
    return plain


def visible_text(html: str) -> str:
    """The text that a page shows, white space collapsed."""
    tree = LexborHTMLParser(html)
    for node in tree.css(_UNSEEN):
        node.decompose()
    root = tree.body or tree.root
    return _SPACE.sub(" ", root.text(separator=" ")).strip() if root else ""


def likeness(stored: str, shown: str) -> float | None:
    """How much of a stored page stands in the page shown now, from 0 to 1; None: not comparable.

    Both are HTML. When the stored page shows next to nothing by itself (its words are in its
    scripts), the words shown now are looked for in its source instead. Pages that are nothing
    but pictures are compared by the names of these.
    """
    now = _pairs(visible_text(shown))
    then = _pairs(visible_text(stored))
    if len(then) >= _ENOUGH:
        return len(then & now) / len(then)
    if len(now) >= _ENOUGH:
        return len(now & _pairs(_unescaped(stored))) / len(now)
    wanted = _pictures(stored)
    return len(wanted & _pictures(shown)) / len(wanted) if wanted else None


def _pictures(html: str) -> set[str]:
    """File names of the pictures, wherever a lazy loader keeps their addresses."""
    values = (
        value
        for node in LexborHTMLParser(html).css("img")
        for name, value in node.attributes.items()
        if value and (name == "src" or name.startswith("data-"))
    )
    return {value.partition("?")[0].rpartition("/")[2] for value in values}


def _pairs(text: str) -> set[str]:
    dense = _SPACE.sub("", text)
    return {dense[at : at + 2] for at in range(len(dense) - 1)}


def _unescaped(source: str) -> str:
    return _ESCAPE.sub(lambda found: chr(int(found[1] or found[2], 16)), source)


def _value(headers: Headers, wanted: str) -> str:
    return next((value for name, value in headers if name.lower() == wanted), "")
