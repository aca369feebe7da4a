"""HTML that strangers wrote, made into a tree within bounds of time and memory."""

from __future__ import annotations

import re
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

_CHEAP_LENGTH = 100_000
_CHEAP_TAGS = 2_000
_MAX_DEPTH = 256
_MAX_FORMATTING = 100
_MAX_OPTIONS = 1_000
_MAX_ATTRIBUTES = 1_000
# One pass, every character read once: scripts, comments, then tags with their attributes.
_TAG = re.compile(
    r"<script\b.*?(?:</script|\Z)|<style\b.*?(?:</style|\Z)|<!--.*?(?:-->|\Z)"
    r"|<(?P<close>/?)(?P<name>[a-zA-Z][^\s/>]*)"
    r"(?P<attributes>(?>[^>=]+|=\s*(?>\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^\s>]*))*)(?:>|\Z)",
    re.DOTALL | re.IGNORECASE,
)
_VALUE = re.compile(r"=\s*(?>\"[^\"]*(?:\"|\Z)|'[^']*(?:'|\Z)|[^\s>]*)")
# Re-opened by the parser in every block that begins before they are closed.
_FORMATTING = frozenset(
    ("b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u")
)
_NEVER_DEEP = frozenset(
    {
        "a", "area", "base", "body", "br", "col", "colgroup", "dd", "dt", "embed", "head", "hr",
        "html", "img", "input", "li", "link", "meta", "p", "param", "source", "tbody", "td",
        "tfoot", "th", "thead", "tr", "track", "wbr",
    }
)  # fmt: skip
_GROUPS = {**dict.fromkeys(_FORMATTING, "formatting"), "option": "options", "optgroup": "options"}
_LIMITS = {"depth": _MAX_DEPTH, "formatting": _MAX_FORMATTING, "options": _MAX_OPTIONS}


def parse(text: str) -> LexborHTMLParser:
    """The tree of a page. Hostile nesting is flattened first; no word of text is lost by it.

    The HTML algorithm is quadratic (or worse) in open elements, re-opened formatting elements
    and attributes of one tag, so four megabytes of either would take minutes.
    """
    is_large = len(text) > _CHEAP_LENGTH or text.count("<") > _CHEAP_TAGS
    if is_large and _is_hostile(text):
        text = _Flattening().apply(text)
    return LexborHTMLParser(text)


def events(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node in document order, entering (True) and, for elements, leaving (False)."""
    node: LexborNode | None = root
    while node is not None:
        yield node, True
        child = node.first_child
        if child is not None:
            node = child
            continue
        while node is not None:
            yield node, False
            if node.mem_id == root.mem_id:
                return
            sibling = node.next
            if sibling is not None:
                node = sibling
                break
            node = node.parent


def _is_hostile(text: str) -> bool:
    """Whether more elements are left open, or one tag has more attributes, than honest pages do."""
    opened = dict.fromkeys(_LIMITS, 0)
    for match in _TAG.finditer(text):
        name = (match["name"] or "").lower()
        if _is_crowded(match):
            return True
        if not name or name in _NEVER_DEEP:
            continue
        group = _GROUPS.get(name, "depth")
        opened[group] = max(0, opened[group] + (-1 if match["close"] else 1))
        if opened[group] > _LIMITS[group]:
            return True
    return False


def _is_crowded(match: re.Match[str]) -> bool:
    """Whether a tag has too many attributes: names outside values, between blanks or slashes."""
    attributes = match["attributes"]
    if attributes is None or len(attributes) <= 2 * _MAX_ATTRIBUTES:
        return False
    names = _VALUE.sub(" ", attributes).replace("/", " ").split()
    return len(names) > _MAX_ATTRIBUTES


class _Flattening:
    """Formatting tags dropped, tags below the greatest depth made into line breaks."""

    def __init__(self) -> None:
        self._depth = 0

    def apply(self, text: str) -> str:
        return _TAG.sub(self._tag, text)

    def _tag(self, match: re.Match[str]) -> str:
        name = (match["name"] or "").lower()
        if not name:
            return match[0]
        if name in _GROUPS:
            return "" if name in _FORMATTING else "<br>"
        kept = f"<{match['name']}>" if _is_crowded(match) else match[0]
        if name in _NEVER_DEEP:
            return kept
        self._depth = max(0, self._depth + (-1 if match["close"] else 1))
        return kept if self._depth < _MAX_DEPTH else "<br>"
