"""Numbers of identity cards (GB 11643): told from other long numbers by date and check digit."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from language.identifiers import usci_valid

_NUMBER = re.compile(
    r"(?<![0-9A-Za-z])(?P<region>[1-9]\d{5})(?P<rest>[ -]?(?P<year>(?:19|20)\d{2})(?P<month>\d{2})"
    r"(?P<day>\d{2})[ -]?\d{3}[0-9Xx])(?![0-9A-Za-z])",
    re.ASCII,
)
_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CHECKS = "10X98765432"


def identity_numbers(text: str) -> Iterator[tuple[int, int]]:
    """Spans of what is personal in each number in `text`: all but the six digits of its region."""
    for match in _NUMBER.finditer(text):
        digits = re.sub("[ -]", "", match[0]).upper()
        # A company's credit code may look like one by chance, and it must stay readable.
        if _checked(digits) and _is_date(match) and not usci_valid(digits):
            yield match.span("rest")


def _checked(digits: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == digits[17]


def _is_date(match: re.Match[str]) -> bool:
    try:
        date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return False
    return True
