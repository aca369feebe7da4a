"""Working days against the published holidays."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import ConfigError
from tickets.calendar import civil_date, load_calendar

CALENDAR = load_calendar()


@pytest.mark.parametrize(
    ("start", "count", "end"),
    [
        (date(2026, 3, 2), 15, date(2026, 3, 23)),  # no holiday in between
        (date(2026, 9, 30), 4, date(2026, 10, 12)),  # 10-08, 09, 10 (调休); 11 is a Sunday
        (date(2026, 2, 13), 3, date(2026, 2, 25)),  # 02-14 (调休), then 02-24, 25
        (date(2025, 1, 24), 3, date(2025, 2, 5)),  # 01-26 (调休), 27, then 02-05
        (date(2025, 9, 30), 1, date(2025, 10, 9)),
        (date(2025, 12, 31), 1, date(2026, 1, 4)),  # 01-04 is a Sunday that is worked
    ],
)
def test_known_terms(start: date, count: int, end: date) -> None:
    """Terms that were reckoned by hand from the notices."""
    assert CALENDAR.add_working_days(start, count) == (end, False)


def test_working_days_of_the_years() -> None:
    """The notices leave 248 working days in 2025 and 248 in 2026."""
    for year in (2025, 2026):
        first, last = date(year - 1, 12, 31), date(year, 12, 31)
        assert CALENDAR.working_days_between(first, last) == 248, year


def test_natural_days_end_on_a_working_day() -> None:
    """A last day that falls on a holiday moves to the next working day."""
    assert CALENDAR.add_days(date(2026, 9, 18), 15) == (date(2026, 10, 8), False)
    assert CALENDAR.add_days(date(2026, 3, 2), 15) == (date(2026, 3, 17), False)


def test_beyond_the_table_is_provisional() -> None:
    """Holidays of a year without a notice are not known: the day is 暂定."""
    end, provisional = CALENDAR.add_working_days(date(2026, 12, 25), 10)
    assert end > date(2026, 12, 31)
    assert provisional
    assert not CALENDAR.add_working_days(date(2026, 12, 1), 10)[1]


def test_the_day_is_the_one_in_china() -> None:
    """17:00 in UTC is already tomorrow in China; naive moments are refused."""
    assert civil_date(datetime(2026, 3, 2, 17, 0, tzinfo=UTC)) == date(2026, 3, 3)
    with pytest.raises(ValueError, match="aware"):
        civil_date(datetime(2026, 3, 2, 17, 0))  # noqa: DTZ001 - the naive moment is the point


@given(st.dates(date(2025, 1, 1), date(2026, 6, 1)), st.integers(1, 60))
def test_a_term_holds_its_working_days(start: date, count: int) -> None:
    """Whatever the start, the term ends on a working day and contains exactly `count` of them."""
    end, _ = CALENDAR.add_working_days(start, count)
    assert CALENDAR.is_working(end)
    assert CALENDAR.working_days_between(start, end) == count
    days = [start + timedelta(days=n) for n in range(1, (end - start).days + 1)]
    assert sum(CALENDAR.is_working(day) for day in days) == count


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("years: []", "没有任何年份"),
        ("years:\n  - {year: 2025, notice: n, rest: [2024-01-01], work: []}", "不属于该年"),
        ("years:\n  - {year: 2025, notice: n, rest: [spring], work: []}", "不是日期"),
        (
            "years:\n  - {year: 2025, notice: n, rest: [], work: []}\n"
            "  - {year: 2027, notice: n, rest: [], work: []}",
            r"x\.yml:3.*未按顺序",
        ),
        (
            "years:\n  - {year: 2025, notice: n, rest: [2025-01-01], work: [2025-01-01]}",
            "同时列为",
        ),
    ],
)
def test_wrong_tables_are_refused(tmp_path: Path, text: str, message: str) -> None:
    """A gap, a day of another year or nonsense stops the load and names the line."""
    path = tmp_path / "x.yml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_calendar(path)
