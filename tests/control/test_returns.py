"""The quarterly form: entered and counted cells, sign-off, the city's sum, late districts."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.errors import ConfigError, IllegalMove, PermanentError
from storage import spreadsheets
from storage.database import Database
from storage.datafiles import shipped
from tests.tickets.cases import AT, DESK, FILED, CountingIds, empty, one_clue, subject, walk
from tickets.control import return_form, return_sheet, returns
from tickets.control import tables as control
from tickets.control.measures import load_measures
from tickets.control.return_form import Quarter
from tickets.control.returns import Return
from tickets.issue import issue

MEASURES = load_measures(DESK.outcomes)
FORM = return_form.load_form(MEASURES)
ENTERED = [cell.id for cell in FORM.cells if cell.entered]
WHOLES = {cell.share[0]: cell.share[1] for cell in FORM.cells if cell.share}
Q1 = Quarter(2026, 1)
DISTRICTS = ("990101", "990102", "990103")
AFTER = datetime.fromisoformat("2026-04-02T09:00:00+08:00")


def fill(
    tx: Connection, region: str, values: dict[str, int], *, signed: bool = True
) -> Return | None:
    whole = {cell: values.get(cell, 0) for cell in ENTERED}
    for part, of in WHOLES.items():
        whole[of] = max(whole[of], whole[part])
    returns.enter(tx, FORM, whole, region=region, quarter=Q1, actor="乙", at=AFTER)
    if not signed:
        return None
    return returns.sign(tx, FORM, MEASURES, region=region, quarter=Q1, signer="丙", at=AFTER)


def filed(tx: Connection, ids: CountingIds, n: int, region: str) -> None:
    who = subject(f"示范诊所{n}", region=region)
    clue = one_clue(tx, ids, "cure_rate", who=who, page=f"p{n}")
    for ticket in issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True):
        walk(tx, ticket, *FILED)


@settings(max_examples=20, deadline=None)
@given(
    st.dictionaries(
        st.sampled_from(DISTRICTS),
        st.tuples(
            st.dictionaries(st.sampled_from(ENTERED), st.integers(0, 10**9)),
            st.integers(0, 2),
            st.booleans(),
        ),
    )
)
def test_the_city_is_the_sum_of_the_districts_that_signed(
    given_in: dict[str, tuple[dict[str, int], int, bool]],
) -> None:
    with empty() as tx:
        control.metadata.create_all(tx)
        ids, signed = CountingIds(), []
        for place, (region, (values, cases, signs)) in enumerate(given_in.items()):
            for n in range(cases):
                filed(tx, ids, 10 * place + n, region)
            done = fill(tx, region, values, signed=signs)
            signed += [done] if done else []
        merged = returns.merge(tx, FORM, MEASURES, districts=DISTRICTS, quarter=Q1)
        for cell in FORM.cells:
            if cell.share is None:
                parts = [one.numbers[cell.id] for one in signed]
                assert merged.numbers[cell.id] == sum(parts), cell.id
        assert set(merged.districts) == {one.region for one in signed}
        assert set(merged.districts) | set(merged.wanting) == set(DISTRICTS)


def test_counted_cells_are_their_tickets_and_stay_once_signed(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        filed(tx, ids, 1, "990101")
        filed(tx, ids, 2, "990101")
        filed(tx, ids, 3, "990102")
        listed = returns.tickets(tx, FORM, MEASURES, "ads_found", region="990101", quarter=Q1)
        signed = fill(tx, "990101", {"public_total": 8, "public_inspected": 6})
        assert signed is not None
        assert signed.numbers["ads_found"] == len(listed) == 2
        assert FORM.whole(signed.numbers)["public_coverage"] == 75.0
        assert FORM.whole(signed.numbers)["other_coverage"] is None
        filed(tx, ids, 4, "990101")
        again = returns.read(tx, FORM, MEASURES, region="990101", quarter=Q1)
        assert again.numbers == signed.numbers
        with pytest.raises(PermanentError, match="不是系统统计"):
            returns.tickets(tx, FORM, MEASURES, "dispatches", region="990101", quarter=Q1)


def test_what_may_not_be_entered_or_signed(database: Database) -> None:
    with database.write() as tx:
        for values, words in (
            ({"ads_found": 3}, "由系统统计"),
            ({"nothing": 3}, "没有栏目"),
            ({"dispatches": -1}, "超出范围"),
        ):
            with pytest.raises(PermanentError, match=words):
                returns.enter(tx, FORM, values, region="990101", quarter=Q1, actor="乙", at=AFTER)
        with pytest.raises(IllegalMove, match="未填"):
            returns.sign(tx, FORM, MEASURES, region="990101", quarter=Q1, signer="丙", at=AFTER)
        fill(tx, "990101", {}, signed=False)
        with pytest.raises(IllegalMove, match="尚未结束"):
            returns.sign(tx, FORM, MEASURES, region="990101", quarter=Q1, signer="丙", at=AT)
        wrong = {"public_total": 1, "public_inspected": 2}
        returns.enter(tx, FORM, wrong, region="990101", quarter=Q1, actor="乙", at=AFTER)
        with pytest.raises(IllegalMove, match="“检查数”大于“机构总数”"):
            returns.sign(tx, FORM, MEASURES, region="990101", quarter=Q1, signer="丙", at=AFTER)


def test_a_signed_form_changes_only_after_it_was_given_back(database: Database) -> None:
    with database.write() as tx:
        fill(tx, "990101", {})
        with pytest.raises(IllegalMove, match="丙"):
            fill(tx, "990101", {"dispatches": 5})
        returns.give_back(tx, region="990101", quarter=Q1, reason="出动人次漏填", actor="市")
        with pytest.raises(IllegalMove):
            returns.give_back(tx, region="990101", quarter=Q1, reason="再退", actor="市")
        found = returns.read(tx, FORM, MEASURES, region="990101", quarter=Q1)
        assert "出动人次漏填" in found.note
        signed = fill(tx, "990101", {"dispatches": 5})
        assert signed is not None
        assert (signed.numbers["dispatches"], signed.note) == (5, "")


def test_late_districts_are_told_after_the_last_day(database: Database) -> None:
    with database.write() as tx:
        fill(tx, "990102", {})
        fill(tx, "990103", {}, signed=False)
        known = returns.districts_of(tx, DESK.offices)
        assert known == ("990102", "990103")
        due = Q1.due(FORM)
        for day, expected in ((due, ()), (due + timedelta(days=1), ("990103",))):
            late = returns.late(tx, FORM, districts=known, quarter=Q1, today=day)
            assert late == expected


def test_a_sheet_goes_out_and_comes_back(tmp_path: Path) -> None:
    numbers = {cell: n for n, cell in enumerate(ENTERED, start=1)} | {"ads_found": 99}
    path = tmp_path / "form.xlsx"
    return_sheet.write(path, FORM, numbers)
    back = return_sheet.entries(FORM, spreadsheets.rows(path), path.name)
    assert back == {cell: numbers[cell] for cell in ENTERED}
    rows = [list(row) for row in spreadsheets.rows(path)]
    rows[1][return_sheet.COLUMNS.index("value")] = "许多"
    with pytest.raises(PermanentError, match=r"form\.xlsx:2"):
        return_sheet.entries(FORM, rows, path.name)


def test_quarters() -> None:
    assert return_form.quarter("2026Q4").until == date(2026, 12, 31)
    assert (Q1.since, Q1.until, str(Q1)) == (date(2026, 1, 1), date(2026, 3, 31), "2026Q1")
    with pytest.raises(PermanentError):
        return_form.quarter("2026Q5")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("counted: filed,", "counted: nothing,"),
        ("share: [public_inspected, public_total]", "share: [public_inspected, elsewhere]"),
        ("id: public_inspected", "id: public_total"),
    ],
)
def test_a_wrong_form_is_refused_with_its_line(tmp_path: Path, old: str, new: str) -> None:
    path = tmp_path / "returns.yml"
    text = shipped("tickets.control", "returns.yml").read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=r"returns\.yml:\d+"):
        return_form.load_form(MEASURES, path)
