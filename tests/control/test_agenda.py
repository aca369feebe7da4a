"""The list of key matters: proposed once, agreed by all, released in batches, revised."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import Connection, func, select

from domain.errors import IllegalMove, PermanentError
from domain.findings import Family
from storage.database import Database
from storage.spreadsheets import workbook
from tests.tickets.cases import AT, DESK, CountingIds, one_clue, subject
from tickets import complaints, vault
from tickets.control import agenda, sheets, tables, warnings
from tickets.control.agenda import Item, ItemState, load_inspections
from tickets.control.risk import load_policy
from tickets.issue import issue

INSPECTIONS = load_inspections()
POLICY = load_policy(DESK.offices)


def proposed(tx: Connection, ids: CountingIds) -> tuple[Item, ...]:
    return agenda.propose(tx, warnings.ranking(tx), INSPECTIONS, actor="甲", at=AT, ids=ids)


def case(tx: Connection, ids: CountingIds, name: str, *slugs: str, opened: bool = True) -> None:
    clue = one_clue(tx, ids, *slugs, who=subject(name), page=name)
    if opened:
        issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True)
    warnings.assess(tx, clue.subject.id, policy=POLICY, offices=DESK.offices, ids=ids, at=AT)


def agreed(tx: Connection, item: Item) -> Item:
    for office in item.points.supervisors:
        item = agenda.agree(tx, item.id, office=office, actor="乙", at=AT)
    return item


def test_items_come_from_the_ranking_once_and_name_five_points(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        case(tx, ids, "甲诊所", "cure_rate")
        case(tx, ids, "乙诊所", "cure_rate", "unlicensed_practice")
        case(tx, ids, "丙诊所", "cure_rate", opened=False)
        made = proposed(tx, ids)
        assert [item.points.object for item in made] == ["乙诊所", "甲诊所"]
        first = made[0].points
        assert len(first.supervisors) == 2
        for family in (Family.ADVERTISING, Family.PRACTICE):
            assert INSPECTIONS[family].content in first.content
            assert INSPECTIONS[family].procedure in first.procedure
            assert INSPECTIONS[family].method in first.method
        assert proposed(tx, ids) == ()
        assert agenda.listed(tx) == made


def test_all_supervisors_agree_before_a_batch_is_released(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        case(tx, ids, "乙诊所", "cure_rate", "unlicensed_practice")
        case(tx, ids, "甲诊所", "cure_rate")
        both, single = proposed(tx, ids)
        one, two = both.points.supervisors
        with pytest.raises(IllegalMove, match="没有已商定"):
            agenda.release(tx, region="990100", actor="甲", at=AT)
        half = agenda.agree(tx, both.id, office=one, actor="乙", at=AT)
        assert half.state is ItemState.PROPOSED
        for office in (one, "elsewhere"):
            with pytest.raises(IllegalMove):
                agenda.agree(tx, both.id, office=office, actor="乙", at=AT)
        assert agenda.agree(tx, both.id, office=two, actor="乙", at=AT).state is ItemState.AGREED
        number, released = agenda.release(tx, region="990100", actor="甲", at=AT)
        assert number == "QD-2026-990100-000001"
        assert [item.id for item in released] == [both.id]
        agreed(tx, single)
        second, _ = agenda.release(tx, region="990100", actor="甲", at=AT)
        assert second == "QD-2026-990100-000002"
        assert [item.id for item in agenda.listed(tx, batch=second)] == [single.id]


def test_a_revision_is_agreed_anew_and_leaves_with_the_next_batch(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        case(tx, ids, "甲诊所", "cure_rate")
        (item,) = proposed(tx, ids)
        agreed(tx, item)
        agenda.release(tx, region="990100", actor="甲", at=AT)
        revised = agenda.revise(
            tx, item.id, method="夜间突击检查", reason="白天停业", actor="甲", at=AT
        )
        assert (revised.revision, revised.state, revised.agreed) == (2, ItemState.PROPOSED, ())
        agreed(tx, revised)
        number, _ = agenda.release(tx, region="990100", actor="甲", at=AT)
        assert agenda.get(tx, item.id).batch == number
        with pytest.raises(IllegalMove):
            agenda.revise(tx, item.id, method="夜间突击检查", reason="改", actor="甲", at=AT)
        agenda.withdraw(tx, item.id, reason="已注销", actor="甲", at=AT)
        with pytest.raises(IllegalMove):
            agenda.withdraw(tx, item.id, reason="已注销", actor="甲", at=AT)
        (back,) = proposed(tx, ids)
        assert (back.id, back.revision) == (item.id, 3)
        events = select(func.count()).select_from(tables.agenda_events)
        assert tx.execute(events).scalar_one() == 8


def test_a_batch_and_the_ledger_leave_as_sheets_without_reporters(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        case(tx, ids, "=甲诊所", "cure_rate")
        agreed(tx, proposed(tx, ids)[0])
        number, items = agenda.release(tx, region="990100", actor="甲", at=AT)
        (line,) = sheets.inspections(tx, items, DESK.offices)
        found = dict(zip(sheets.INSPECTION_HEADS, line, strict=True))
        assert (found["批次"], found["监管对象"]) == (number, "=甲诊所")
        assert all(found[head] for head in ("监管主体", "检查程序", "检查内容", "检查方法"))
        incoming = complaints.Incoming(
            source=complaints.ComplaintSource.LETTER,
            external_no="1",
            received_at=AT,
            party="甲诊所",
            words="虚假宣传",
        )
        reporter = vault.Reporter(name="王小明", phone="400-000-0123")
        complaints.receive(tx, incoming, reporter, actor="甲", at=AT, desk=DESK, ids=ids)
        rows = list(sheets.case_ledger(tx, DESK.offices, {}))
        assert [row[0] for row in rows] == ["投诉举报", "案件"]
        assert "王小明" not in str(rows)
        book = load_workbook(BytesIO(workbook("案件台账", sheets.CASE_HEADS, rows)))
        cell = book.worksheets[0].cell(row=3, column=5)
        assert (cell.value, cell.data_type) == ("=甲诊所", "s")


def test_wrong_inspections_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "agenda.yml"
    path.write_text("advertising: {procedure: a, content: b, method: c}\n", "utf-8")
    with pytest.raises(PermanentError, match=r"agenda\.yml:\d+"):
        load_inspections(path)
