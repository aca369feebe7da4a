"""Pictures that style sheets put behind text; banners and whole adverts are often such."""

from __future__ import annotations

import html
import re

from crawlers.pages.walked import Address

_BACKGROUND = re.compile(
    r"background(?:-image)?\s*:[^;{}<>]{0,200}?url\(\s*(?:&quot;|[\"'])?([^)\"'<>\s]{1,500}?)"
    r"(?:&quot;|[\"'])?\s*\)",
    re.IGNORECASE,
)
_MAX_BACKGROUNDS = 100


def backgrounds(text: str) -> list[Address]:
    """The addresses in style attributes and sheets of a page, as written, each once."""
    if "background" not in text:
        return []
    written = dict.fromkeys(html.unescape(one).strip() for one in _BACKGROUND.findall(text))
    shown = (one for one in written if one and not one.startswith(("data:", "#")))
    return [Address(written=one, text="", rel="background") for one in shown][:_MAX_BACKGROUNDS]
