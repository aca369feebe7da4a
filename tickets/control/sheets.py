"""Lists that leave as spreadsheets: a batch for joint inspection (综合查一次), the case ledger
(案件台账)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Connection, select

from tickets import subjects, tables, worklist
from tickets.calendar import civil_date
from tickets.complaints import ComplaintState, all_in
from tickets.control.agenda import Item
from tickets.offices import Offices
from tickets.worklist import TicketFilter

INSPECTION_HEADS = (
    "批次", "监管对象", "统一社会信用代码", "医疗机构登记号", "地址", "区划",
    "监管主体", "检查程序", "检查内容", "检查方法", "风险分", "修订",
)  # fmt: skip
CASE_HEADS = (
    "类别", "编号", "来源", "登记日期", "当事人", "区划", "事由", "承办", "状态", "更新日期",
)  # fmt: skip


def inspections(
    tx: Connection, items: tuple[Item, ...], offices: Offices
) -> Iterator[tuple[str, ...]]:
    """One line an item, for the inspectors of all supervising offices to go once."""
    for item in items:
        subject, points = subjects.get(tx, item.subject_id), item.points
        yield (
            item.batch,
            points.object,
            subject.usci or "",
            subject.licence_no or "",
            subject.address,
            subject.region,
            "；".join(offices.get(office).name for office in points.supervisors),
            points.procedure,
            points.content,
            points.method,
            str(points.risk),
            str(item.revision),
        )


def case_ledger(
    tx: Connection, offices: Offices, titles: Mapping[str, str]
) -> Iterator[tuple[str, ...]]:
    """Every complaint and every ticket. Reporters are not in it: they never leave the vault."""
    for told in all_in(tx, tuple(ComplaintState)):
        yield (
            "投诉举报",
            told.number,
            told.source.value,
            civil_date(told.received_at).isoformat(),
            told.party,
            told.region,
            told.words,
            "",
            told.state.value,
            "",
        )
    complained = set(
        tx.execute(
            select(tables.complaints.c.clue_id).where(tables.complaints.c.clue_id.is_not(None))
        ).scalars()
    )
    clue, subject = tables.clues, tables.subjects
    named = select(clue.c.id, subject.c.name).join(subject, subject.c.id == clue.c.subject_id)
    names = {row.id: row.name for row in tx.execute(named)}
    known = {office.id: office.name for office in offices.all}
    for ticket in worklist.every_ticket(tx, TicketFilter()):
        yield (
            "案件",
            ticket.number,
            "举报" if ticket.clue_id in complained else "监测",
            civil_date(ticket.created_at).isoformat(),
            names[ticket.clue_id],
            ticket.region,
            "；".join(titles.get(slug, slug) for slug in ticket.types),
            known.get(ticket.lead, ticket.lead),
            ticket.state.value,
            civil_date(ticket.updated_at).isoformat(),
        )
