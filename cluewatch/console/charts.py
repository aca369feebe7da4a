"""Charts as SVG made by the server: no script, and they print."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import frozen

from documents.trend import Day
from domain.findings import Verdict

WIDTH = 1200
HEIGHT = 200
_LEFT = 44
_BOTTOM = 22
_ORDER = (Verdict.CLUE, Verdict.REVIEW, Verdict.CLEAR)


@frozen(kw_only=True)
class Bar:
    """One piece of a column, in the units of the drawing."""

    kind: str
    x: float
    y: float
    width: float
    height: float


@frozen(kw_only=True)
class Column:
    """One day: its pieces, and the words that a reader hears or hovers over."""

    label: str
    title: str
    middle: float
    bars: tuple[Bar, ...]


@frozen(kw_only=True)
class Chart:
    """A drawing of WIDTH × HEIGHT; `ticks` are (value, y)."""

    columns: tuple[Column, ...]
    ticks: tuple[tuple[int, float], ...]
    empty: bool
    width: int = WIDTH
    height: int = HEIGHT
    left: int = _LEFT


def stacked(days: Sequence[Day]) -> Chart:
    """Documents a day, clues at the bottom, then what waits for review, then the rest."""
    most = max((sum(day.counts.values()) for day in days), default=0)
    top = _round_up(most)
    scale = (HEIGHT - _BOTTOM - 10) / top
    step = (WIDTH - _LEFT) / max(1, len(days))
    ground = HEIGHT - _BOTTOM
    return Chart(
        columns=tuple(_column(day, _LEFT + n * step, step, scale) for n, day in enumerate(days)),
        ticks=tuple((value, ground - value * scale) for value in (0, top // 2, top)),
        empty=most == 0,
    )


def bars(counts: Sequence[tuple[date, int]]) -> Chart:
    """Documents by the first day of each bar, as one row of columns."""
    most = max((count for _, count in counts), default=0)
    top = _round_up(most)
    scale = (HEIGHT - _BOTTOM - 10) / top
    step = min(60.0, (WIDTH - _LEFT) / max(1, len(counts)))
    ground = HEIGHT - _BOTTOM
    return Chart(
        columns=tuple(
            Column(
                label=f"{first:%Y-%m-%d}",
                title=f"{first} 起：{count} 篇",
                middle=_LEFT + (n + 0.5) * step,
                bars=(
                    Bar(
                        kind="all",
                        x=_LEFT + n * step + 2,
                        y=ground - count * scale,
                        width=step - 4,
                        height=count * scale,
                    ),
                ),
            )
            for n, (first, count) in enumerate(counts)
        ),
        ticks=tuple((value, ground - value * scale) for value in (0, top // 2, top)),
        empty=most == 0,
    )


def _column(day: Day, x: float, step: float, scale: float) -> Column:
    bars, level = [], float(HEIGHT - _BOTTOM)
    for verdict in _ORDER:
        height = day.counts[verdict] * scale
        level -= height
        bars.append(
            Bar(kind=verdict.value.lower(), x=x + 2, y=level, width=step - 4, height=height)
        )
    counts = f"线索 {day.counts[Verdict.CLUE]}、待复核 {day.counts[Verdict.REVIEW]}"
    return Column(
        label=f"{day.day:%m-%d}",
        title=f"{day.day}：{counts}、未见异常 {day.counts[Verdict.CLEAR]}",
        middle=x + step / 2,
        bars=tuple(bars),
    )


def _round_up(value: int) -> int:
    """The next number of the form 2, 4, 10, 20, 40, 100 … that a scale can end with."""
    unit = 2
    while unit < value:
        for factor in (1, 2, 5, 10):
            if unit * factor >= value:
                return unit * factor
        unit *= 10
    return unit
