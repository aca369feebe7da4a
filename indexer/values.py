"""Values of fields as people type them: ranges of days, moments and numbers."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, time, timedelta, timezone

from attrs import frozen

from domain.errors import PermanentError
from domain.queries import KEYWORD_FIELDS, RANGE_FIELDS, Between, SearchDocument

CHINA = timezone(timedelta(hours=8))
"""Days without a time of day are days in China."""

_NUMBERS = ("score",)


@frozen(kw_only=True)
class Bounds:
    """`[low, high]`; milliseconds since 1970 for moments. None leaves a side open."""

    low: float | None
    high: float | None


def bounds(between: Between) -> Bounds:
    """The limits of a range; a day as upper limit means all of it. Raises PermanentError."""
    if between.field not in RANGE_FIELDS:
        raise PermanentError(
            f"字段“{between.field}”不能按范围检索；可用：{'、'.join(RANGE_FIELDS)}"
        )
    low, high = between.low, between.high
    if between.field in _NUMBERS:
        return Bounds(
            low=None if low is None else _number(low), high=None if high is None else _number(high)
        )
    return Bounds(
        low=None if low is None else _moment(low, last=False),
        high=None if high is None else _moment(high, last=True),
    )


def keyword_field(name: str) -> str:
    """The name of a keyword field, checked. Raises PermanentError."""
    if name not in KEYWORD_FIELDS:
        raise PermanentError(f"没有“{name}”这个字段；可用：{'、'.join(KEYWORD_FIELDS)}")
    return name


def keyword_values(document: SearchDocument) -> dict[str, tuple[str, ...]]:
    """The values of every keyword field; empty ones are left out."""
    values = {
        "site": (document.site,),
        "source": (document.source,),
        "kind": (document.kind,),
        "verdict": (document.verdict,),
        "type": document.types,
        "region": (document.region,),
        "subject": (document.subject,),
        "outcome": (document.outcome,),
        "identifier": document.identifiers,
    }
    return {name: kept for name, found in values.items() if (kept := tuple(filter(None, found)))}


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970, the precision of the index."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise PermanentError(f"“{text}”不是数字")
    return number


def _moment(text: str, *, last: bool) -> int:
    try:
        if len(text) <= len("2026-01-01"):
            day = datetime.combine(date.fromisoformat(text), time(), CHINA)
            return milliseconds(day + timedelta(days=1)) - 1 if last else milliseconds(day)
        moment = datetime.fromisoformat(text)
        aware = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
        return milliseconds(aware)
    except (ValueError, OverflowError):
        raise PermanentError(f"“{text}”不是日期，请写成 2026-01-31 的样子") from None
