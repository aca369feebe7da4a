"""Values of fields as people type them: ranges of days, moments and numbers."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta, timezone

from attrs import frozen

from domain.errors import PermanentError
from domain.queries import (
    KEYWORD_FIELDS,
    MOMENT_FIELDS,
    RANGE_FIELDS,
    Between,
    Interval,
    SearchDocument,
)

CHINA_OFFSET = timedelta(hours=8)
CHINA = timezone(CHINA_OFFSET)
"""Days without a time of day are days in China."""

DAY = timedelta(days=1) // timedelta(milliseconds=1)
"""In milliseconds."""

_NUMBERS = ("score",)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DIVISION = re.compile(r"\d{6}")


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
        "region": divisions(document.region),
        "office": document.offices,
        "subject": (document.subject,),
        "month": (month_of(document.captured_at),),
        "outcome": (document.outcome,),
        "identifier": document.identifiers,
    }
    return {name: kept for name, found in values.items() if (kept := tuple(filter(None, found)))}


def divisions(region: str) -> tuple[str, ...]:
    """A county's or city's code with those above it (GB/T 2260), so that a province finds all."""
    if not _DIVISION.fullmatch(region):
        return (region,)
    return tuple(dict.fromkeys((region, region[:4] + "00", region[:2] + "0000")))


def month_of(moment: datetime) -> str:
    """The month in China, as in 2026-01."""
    return f"{moment.astimezone(CHINA):%Y-%m}"


def months_before(moment: datetime, count: int) -> str:
    """The month in China that lies `count` months before that of `moment`."""
    here = moment.astimezone(CHINA)
    year, place = divmod(here.year * 12 + here.month - 1 - count, 12)
    return f"{year:04}-{place + 1:02}"


def month_start(month: str) -> int:
    """Milliseconds at which a month such as 2026-01 begins in China. Raises PermanentError."""
    try:
        return milliseconds(datetime.strptime(month, "%Y-%m").replace(tzinfo=CHINA))
    except ValueError:
        raise PermanentError(f"“{month}”不是月份，请写成 2026-01 的样子") from None


def moment_field(name: str) -> str:
    """The name of a field of moments, checked. Raises PermanentError."""
    if name not in MOMENT_FIELDS:
        raise PermanentError(f"“{name}”不是时间字段；可用：{'、'.join(MOMENT_FIELDS)}")
    return name


def bars(days: Iterable[tuple[float, int]], interval: Interval) -> tuple[tuple[date, int], ...]:
    """Counts by day (milliseconds at which the day begins in China) as those of wider bars."""
    counted: Counter[date] = Counter()
    for start, count in days:
        counted[_first_day(_EPOCH + timedelta(milliseconds=start), interval)] += count
    return tuple(sorted(counted.items()))


def _first_day(moment: datetime, interval: Interval) -> date:
    day = moment.astimezone(CHINA).date()
    match interval:
        case Interval.DAY:
            return day
        case Interval.WEEK:
            return day - timedelta(days=day.weekday())
        case Interval.MONTH:
            return day.replace(day=1)


def milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970, the precision of the index."""
    return (moment - _EPOCH) // timedelta(milliseconds=1)


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
