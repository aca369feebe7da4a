"""Lists of penalties from elsewhere: read or refused row by row, counted once, numbers not kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.errors import PermanentError
from tests.tickets.cases import DESK, empty
from tickets import penalties, penalty_lists
from tickets.offices import OfficeKind
from tickets.penalties import Penalty

HEAD = [
    "处罚文号",
    "决定日期",
    "机关类别",
    "行政区划",
    "统一社会信用代码",
    "自然人证件号",
    "违法类型",
]
PERSON = "990101199001011234"
GOOD = ["异卫罚1号", "2025-06-01", "卫健", "980100", "", PERSON, "unlicensed_practice"]


def _read(*rows: Sequence[str], head: Sequence[str] = HEAD) -> list[tuple[int, Penalty | str]]:
    return list(penalty_lists.penalties([head, *rows], desk=DESK))


def test_a_row_becomes_a_penalty_that_counts_once() -> None:
    """With a key for the number; read again, it is the same; empty rows are passed over."""
    ((number, penalty),) = _read([""] * len(HEAD), GOOD)
    assert number == 3
    assert isinstance(penalty, Penalty)
    assert (penalty.branch, penalty.unlicensed) == (OfficeKind.HEALTH, True)
    assert (penalty.decided_on, penalty.region) == (date(2025, 6, 1), "980100")
    assert PERSON not in repr(penalty)
    with empty() as tx:
        assert [penalties.keep(tx, penalty) for _ in range(2)] == [True, False]


@pytest.mark.parametrize(
    ("place", "cell", "words"),
    [
        (0, "", "处罚文号"),
        (1, "昨天", "不是日期"),
        (2, "街道办", "机关类别"),
        (4, "91990100MA00000000", "校验"),
        (5, "", "自然人证件号"),
        (6, "no_such_type", "没有违法类型"),
    ],
)
def test_a_wrong_row_says_why(place: int, cell: str, words: str) -> None:
    """And leaves the others alone."""
    bad = [*GOOD[:place], cell, *GOOD[place + 1 :]]
    (_, wrong), (_, right) = _read(bad, GOOD)
    assert isinstance(wrong, str)
    assert words in wrong
    assert isinstance(right, Penalty)


@pytest.mark.parametrize("head", [[], HEAD[1:], HEAD[:4] + HEAD[6:]])
def test_a_list_without_its_columns_is_refused(head: list[str]) -> None:
    """With the names of those that are missing."""
    with pytest.raises(PermanentError, match="缺少列"):
        _read(GOOD, head=head)


@given(st.lists(st.lists(st.text(max_size=8), max_size=9), max_size=4))
@settings(max_examples=50, deadline=None)
def test_any_rows_are_read_or_refused(rows: list[list[str]]) -> None:
    """No other exception than ours, and a word for every row that is not empty."""
    found = _read(*rows)
    assert all(isinstance(one, (Penalty, str)) for _, one in found)
