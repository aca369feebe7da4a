"""Working days in China, from the published holiday notices."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from importlib.resources.abc import Traversable
from pathlib import Path

from attrs import frozen

from domain.errors import ConfigError
from storage import datafiles
from storage.datafiles import Strict

CHINA = timezone(timedelta(hours=8), "CST")
_DAY = timedelta(days=1)
_SATURDAY = 5


def civil_date(moment: datetime) -> date:
    """The day in China on which an aware moment falls; legal days are counted in it."""
    if moment.tzinfo is None:
        raise ValueError("a legal day needs an aware moment")
    return moment.astimezone(CHINA).date()


@frozen(kw_only=True)
class Calendar:
    """`rest` are days off that the weekday does not tell, `work` the weekend days worked.

    `first` and `last` bound what is published. Outside of it only weekends rest, and every
    result that touches such a day is provisional (暂定).
    """

    first: date
    last: date
    rest: frozenset[date]
    work: frozenset[date]

    def is_working(self, day: date) -> bool:
        """Whether offices work on that day."""
        if day in self.work:
            return True
        return day not in self.rest and day.weekday() < _SATURDAY

    def is_published(self, day: date) -> bool:
        """Whether the holidays of that day's year are known."""
        return self.first <= day <= self.last

    def add_working_days(self, day: date, count: int) -> tuple[date, bool]:
        """The last day of a term of `count` working days, and whether it is provisional.

        The day on which the term begins is not counted.
        """
        end = day
        for _ in range(count):
            end = self._next_working(end + _DAY)
        return end, self._is_provisional(day, end)

    def add_days(self, day: date, count: int) -> tuple[date, bool]:
        """The last day of a term of natural days; one that falls on a day off moves on."""
        end = self._next_working(day + timedelta(days=count))
        return end, self._is_provisional(day, end)

    def working_days_between(self, start: date, end: date) -> int:
        """Working days after `start` up to and including `end`."""
        days = (end - start).days
        return sum(self.is_working(start + timedelta(days=n)) for n in range(1, days + 1))

    def _next_working(self, day: date) -> date:
        while not self.is_working(day):
            day += _DAY
        return day

    def _is_provisional(self, start: date, end: date) -> bool:
        return not (self.is_published(start) and self.is_published(end))


class _Year(Strict):
    year: int
    notice: str
    rest: list[date | str]
    work: list[date]


class _File(Strict):
    years: list[_Year]


def load_calendar(source: Path | Traversable | None = None) -> Calendar:
    """The calendar in `source`, or the shipped one. Raises ConfigError with file:line.

    Years must follow one another without a gap, and exceptions must lie in their year.
    """
    data = datafiles.read(source or datafiles.shipped("tickets", "calendar.yml"))
    years = data.validated(_File).years
    rest: set[date] = set()
    work: set[date] = set()
    for index, year in enumerate(years):
        at = data.at("years", index)
        if year.year != years[0].year + index:
            raise ConfigError(f"{year.year} 年未按顺序接续", at=at)
        off = {day for entry in year.rest for day in _days(entry, at)}
        for day in off | set(year.work):
            if day.year != year.year or (day in off and day in year.work):
                raise ConfigError(f"{day} 不属于该年，或同时列为放假与上班", at=at)
        rest |= off
        work |= set(year.work)
    if not years:
        raise ConfigError("没有任何年份", at=data.at())
    return Calendar(
        first=date(years[0].year, 1, 1),
        last=date(years[-1].year, 12, 31),
        rest=frozenset(rest),
        work=frozenset(work),
    )


def _days(entry: date | str, at: str) -> Iterator[date]:
    first, _, last = str(entry).partition("/")
    try:
        day, end = date.fromisoformat(first), date.fromisoformat(last or first)
    except ValueError as error:
        raise ConfigError(f"“{entry}”不是日期或起止日期", at=at) from error
    while day <= end:
        yield day
        day += _DAY
