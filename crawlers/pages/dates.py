"""When a page says it was published."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, timezone

CHINA = timezone(timedelta(hours=8))
_METAS = (
    "article:published_time", "og:release_date", "pubdate", "publishdate", "publish-date",
    "datepublished", "bytedance:published_time", "weibo:article:create_at", "pubtime",
)  # fmt: skip
_DATE = (
    r"((?:19|20)\d\d)\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?"
    r"(?:[T\s]*(\d{1,2}):(\d{2})(?::(\d{2}))?)?"
)
_ANY = re.compile(_DATE)
_LABELLED = re.compile(
    r"(?:发布|发表|更新|录入|添加|编辑|创建)?(?:时间|日期|于|date)\s*[：:]?\s*" + _DATE,
    re.IGNORECASE,
)
_ZONE = re.compile(r"(?:Z|([+-])(\d{2}):?(\d{2}))\s*\Z")
_IN_PATH = re.compile(r"/(20\d\d)[/-]?(\d{2})[/-]?(\d{2})/")
_LINKED_DATA = re.compile(r"\"datePublished\"\s*:\s*\"([^\"]{8,40})\"")
_AGO = re.compile(r"(\d{1,4})\s*(分钟|小时|天|周)前")
_SPANS = {
    "分钟": timedelta(minutes=1),
    "小时": timedelta(hours=1),
    "天": timedelta(days=1),
    "周": timedelta(weeks=1),
}
_DAYS = {"刚刚": 0, "今天": 0, "昨天": 1, "前天": 2}
_DAY_ALONE = re.compile(r"(?<![\d-])(\d{1,2})[-/月](\d{1,2})(?![\d-])")
_SLACK = timedelta(days=1)
_MAX_LINE = 80


def published_at(
    *,
    metas: Mapping[str, str],
    data: Iterable[str],
    times: Iterable[str],
    lines: Iterable[str],
    url: str,
    captured_at: datetime,
) -> datetime | None:
    """The first date that is stated and not in the future of the capture; Chinese time if bare.

    Order: metas, linked data, `<time>`, a labelled date in a short line, the address.
    """
    for moment in _candidates(metas, data, times, lines, url):
        if moment is not None and moment <= captured_at + _SLACK:
            return moment
    return None


def moment_of(text: str) -> datetime | None:
    """The date in a string such as "2024-03-05T08:00:00+08:00" or "2024年3月5日"."""
    found = _ANY.search(text)
    return _moment(found, _ZONE.search(text)) if found else None


def told_moment(text: str, captured_at: datetime) -> datetime | None:
    """A moment as platforms tell it: a date, seconds or milliseconds, "3小时前", "昨天", "03-05".

    What is told from the reader's day is counted from the capture; a day without a year is the
    last one of that name before it.
    """
    digits = text.strip().partition(".")[0]
    if digits.isdigit():
        return unix_moment(digits[:-3] if len(digits) == 13 else digits)
    ago = _AGO.search(text)
    if ago:
        return captured_at - int(ago[1]) * _SPANS[ago[2]]
    for word, days in _DAYS.items():
        if word in text:
            return captured_at - timedelta(days=days)
    return moment_of(text) or _english(text) or _of_the_year(text, captured_at)


def _english(text: str) -> datetime | None:
    """ "Sun Mar 01 08:30:00 +0800 2026"."""
    try:
        return datetime.strptime(text.strip(), "%a %b %d %H:%M:%S %z %Y")
    except ValueError:
        return None


def _of_the_year(text: str, captured_at: datetime) -> datetime | None:
    found = _DAY_ALONE.search(text)
    if found is None:
        return None
    day = captured_at.astimezone(CHINA)
    for year in (day.year, day.year - 1):
        try:
            moment = datetime(year, int(found[1]), int(found[2]), tzinfo=CHINA)
        except ValueError:
            continue
        if moment <= captured_at:
            return moment
    return None


def unix_moment(seconds: str | int) -> datetime | None:
    """A moment given in seconds since 1970, None when it is no sensible one."""
    text = str(seconds)
    if not text.isdigit() or not 0 < int(text) < 4_102_444_800:
        return None
    return datetime.fromtimestamp(int(text), UTC)


def _candidates(
    metas: Mapping[str, str],
    data: Iterable[str],
    times: Iterable[str],
    lines: Iterable[str],
    url: str,
) -> Iterator[datetime | None]:
    yield from (moment_of(metas[name]) for name in _METAS if name in metas)
    yield from (moment_of(text) for one in data for text in _LINKED_DATA.findall(one))
    yield from map(moment_of, times)
    for line in lines:
        found = _LABELLED.search(line) if len(line) <= _MAX_LINE else None
        if found:
            yield _moment(found, None)
    in_path = _IN_PATH.search(url)
    if in_path:
        yield moment_of("-".join(in_path.groups()))


def _moment(found: re.Match[str], zone: re.Match[str] | None) -> datetime | None:
    year, month, day, hour, minute, second = (int(part or 0) for part in found.groups())
    offset = CHINA
    if zone is not None:
        minutes = int(zone[2] or 0) * 60 + int(zone[3] or 0)
        offset = timezone(timedelta(minutes=-minutes if zone[1] == "-" else minutes))
    try:
        return datetime(year, month, day, hour, minute, second, tzinfo=offset)
    except ValueError:
        return None
