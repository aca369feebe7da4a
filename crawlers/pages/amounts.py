"""Numbers as platforms round them."""

from __future__ import annotations

import re

_AMOUNT = re.compile(r"\A\s*(\d+(?:\.\d+)?)\s*([万亿wWkK千]?)\s*\+?\s*\Z")
_UNITS = {"": 1, "千": 1_000, "k": 1_000, "万": 10_000, "w": 10_000, "亿": 100_000_000}


def amount(text: str) -> int | None:
    """The least number that "1.2万", "10万+", "999+" or "86" stands for, None for other words."""
    found = _AMOUNT.match(text)
    if found is None:
        return None
    return round(float(found[1]) * _UNITS[found[2].lower()])
