"""Elements by what they do to the text around them, as tables."""

from __future__ import annotations

import re

from selectolax.lexbor import LexborNode

BLOCK = frozenset(
    {
        "address", "article", "aside", "blockquote", "body", "br", "button", "caption", "center",
        "dd", "details", "dialog", "dir", "div", "dl", "dt", "fieldset", "figcaption", "figure",
        "footer", "foreignobject", "form", "frameset", "h1", "h2", "h3", "h4", "h5", "h6",
        "header", "hr", "html", "legend", "li", "main", "marquee", "menu", "nav", "ol", "option",
        "p", "pre", "section", "select", "summary", "table", "tbody", "td", "textarea", "tfoot",
        "th", "thead", "title", "tr", "ul",
    }
)  # fmt: skip
SILENT = frozenset({"style", "template", "object", "applet", "math", "noembed", "noframes"})
_CHROME_TAGS = frozenset({"nav", "footer", "header", "aside", "menu"})
_WHOLE = frozenset({"body", "form", "html"})
_CHROME = re.compile(
    r"(?:\A|[\s_-])(?:nav\w*|menu\w*|foot\w*|footer\w*|header|topbar|sidebar|crumbs?|breadcrumbs?|"
    r"copyright\w*|friendlink\w*|links|beian|position|weizhi|daohang|pagination|pager|pageinfo)"
    r"(?:\Z|[\s_-])",
    re.IGNORECASE,
)
PICTURE_ATTRIBUTES = (
    "data-original", "data-src", "data-lazy-src", "data-lazyload", "data-echo", "data-url", "ref",
    "src",
)  # fmt: skip
_SOURCE_SETS = ("data-srcset", "srcset")
PICTURE_TAGS = frozenset({"img", "mip-img", "amp-img", "image"})
ANCHORS = frozenset({"a", "mip-link"})
CARD_TAGS = frozenset(
    {"mp-common-profile", "mp-miniprogram", "mp-weapp", "mpvoice", "mp-common-mpaudio", "qqmusic",
     "mpcps", "mp-common-cpsad", "mpproduct"}
)  # fmt: skip
CARD_ATTRIBUTES = (
    "data-nickname", "data-signature", "data-alias", "data-miniprogram-title",
    "data-weapp-title", "data-title", "data-goods-title", "name", "music_name", "title",
)  # fmt: skip
META_TEXT = frozenset({"description", "keywords", "og:title", "og:description", "og:site_name"})
_MAX_LABEL = 40


def label(node: LexborNode) -> str:
    """An element in a path: its tag with its id, else with its first class."""
    attributes = node.attributes
    label = node.tag or ""
    if attributes.get("id"):
        label += f"#{attributes['id']}"
    elif attributes.get("class"):
        label += "." + (attributes["class"] or "").split(" ")[0]
    return label[:_MAX_LABEL]


def is_chrome(node: LexborNode, tag: str) -> bool:
    """Whether an element is by its tag or names a menu, a footer or the like."""
    if tag in _WHOLE:
        return False
    if tag in _CHROME_TAGS:
        return True
    attributes = node.attributes
    names = f"{attributes.get('id') or ''} {attributes.get('class') or ''}"
    return len(names) > 1 and _CHROME.search(names[:200]) is not None


def hidden_mail(hidden: str) -> str | None:
    """The address in a `data-cfemail`: hexadecimal, each byte XORed with the first."""
    try:
        key, *rest = bytes.fromhex(hidden)
        return bytes(byte ^ key for byte in rest).decode("utf-8")
    except ValueError:
        return None


def is_picture_address(text: str) -> bool:
    """Whether an `alt` is in truth the address of the picture (station groups do so)."""
    return text.lower().endswith((".jpg", ".jpeg", ".png", ".gif", ".webp")) and "/" in text


def largest_of_set(node: LexborNode) -> str | None:
    """The last address of a source set, which authors write in rising sizes."""
    for name in _SOURCE_SETS:
        written = (node.attributes.get(name) or "").split(", ")
        if written[-1].split():
            return written[-1].split()[0].rstrip(",")
    return None
