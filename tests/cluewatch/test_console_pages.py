"""Pieces of pages: what changed, what a day's column is made of, excerpts."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cluewatch.console.changes import ChangeKind, changes
from cluewatch.console.charts import HEIGHT, stacked
from cluewatch.console.marking import Paragraph, Run, excerpt
from documents.trend import Day
from domain.findings import Verdict
from domain.pages import Origin

LINES = st.lists(st.sampled_from(["根治", "预约", "地址", "电话", "门诊"]), max_size=12)


@given(LINES, LINES)
def test_changes_tell_both_versions_whole(old: list[str], new: list[str]) -> None:
    found = changes("\n".join(old), "\n".join(new), around=99)
    assert [c.text for c in found if c.kind is not ChangeKind.REMOVED] == new
    assert [c.text for c in found if c.kind is not ChangeKind.ADDED] == old


@given(LINES, LINES)
def test_what_is_left_out_is_counted(old: list[str], new: list[str]) -> None:
    found = changes("\n".join(old), "\n".join(new), around=1)
    kept = sum(c.left_out or 1 for c in found if c.kind is not ChangeKind.REMOVED)
    assert kept == len(new)


@given(st.lists(st.tuples(*[st.integers(0, 10**6)] * 3), min_size=1, max_size=31))
def test_columns_stand_on_the_ground_and_below_the_top(counts: list[tuple[int, int, int]]) -> None:
    days = [
        Day(day=date(2026, 3, 1), counts=dict(zip(Verdict, numbers, strict=True)))
        for numbers in counts
    ]
    chart = stacked(days)
    assert chart.empty == (sum(map(sum, counts)) == 0)
    for column, numbers in zip(chart.columns, counts, strict=True):
        height = sum(bar.height for bar in column.bars)
        assert all(bar.y >= 0 and bar.height >= 0 for bar in column.bars)
        assert height == 0 or sum(numbers) > 0
        assert height <= HEIGHT


@given(st.lists(st.booleans(), max_size=20))
def test_an_excerpt_keeps_every_marked_paragraph_and_its_neighbours(marked: list[bool]) -> None:
    whole = [
        Paragraph(
            origin=Origin.DOM,
            boilerplate=False,
            runs=(Run(text=str(n), numbers=(1,) if mark else ()),),
        )
        for n, mark in enumerate(marked)
    ]
    kept = [int(p.runs[0].text) for p in excerpt(whole, around=1)]
    near = {k for n, mark in enumerate(marked) if mark for k in (n - 1, n, n + 1)}
    assert kept == sorted(near & set(range(len(marked))))
