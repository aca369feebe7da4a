"""Packs for offices without a network, and their replies read back: matched, moved, once."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from sqlalchemy import Connection

from domain.errors import PermanentError
from domain.tickets import Move, Ticket, TicketState
from storage import spreadsheets
from storage.database import Database
from tests.tickets.cases import AT, DESK, CountingIds, empty, opened, order, walk
from tests.tickets.packages import all_delivered
from tickets import ledger, outbox, outcomes, replies, reply_form
from tickets.replies import Matcher
from tickets.reply_form import COLUMNS, Reply
from tickets.transports import packs
from tickets.transports.packs import PackCase, PackLink

MARKET = "990100-market-supervision"
RESULTS = [code.title for code in DESK.outcomes.all]
_WIDE = str.maketrans(
    "0123456789-ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "０１２３４５６７８９－ＡＢＣＤＥＦＧＨＩＪＫＬＭＮＯＰＱＲＳＴＵＶＷＸＹＺ",
)


def _take(tx: Connection, *found: Reply) -> list[replies.ReplyOutcome]:
    return _take_from(tx, MARKET, *found)


def _take_from(tx: Connection, office: str, *found: Reply) -> list[replies.ReplyOutcome]:
    return replies.apply(
        tx,
        found,
        office=DESK.offices.get(office),
        at=AT,
        record=lambda ticket_id, said: outcomes.record(
            tx, ticket_id=ticket_id, saying=said, desk=DESK
        ),
    )


def _as_typed(number: str, way: int) -> str:
    head, year, region, sequence = number.split("-")
    return (
        number,
        f" {number} ",
        number.translate(_WIDE),
        number.lower(),
        f"{head}{year}{region}{sequence}",
        f"{head} {year} {region} {int(sequence)}",
        f"{head}-{year}-{region}-{int(sequence)}号",
        f"{head}〔{year}〕{region}—{sequence}",
    )[way]


def test_rows_are_matched_whatever_was_typed() -> None:
    """Every way of typing × 40 tickets: all are matched, none to another ticket (goal: ≥99 %)."""
    with empty() as tx:
        ids = CountingIds()
        made = [opened(tx, ids, page=f"d{n}")[0] for n in range(40)]
        matcher = Matcher(tx, MARKET)
        right = total = 0
        for ticket in made:
            for way in range(8):
                reply = Reply(row=1, number=_as_typed(ticket.number, way), result="受理")
                right += matcher.match(reply) == ticket.id
                total += 1
        assert (right, total) == (320, 320)


def test_a_wrong_number_is_no_match(database: Database, ids: CountingIds) -> None:
    """An unknown number, one of another office, and number and key that disagree."""
    with database.write() as tx:
        (one,), (two,) = opened(tx, ids, page="d1"), opened(tx, ids, page="d2")
        key = next(d.id for d in outbox.of_ticket(tx, two.id) if d.office == MARKET)
        for office, reply in (
            (MARKET, Reply(row=2, number="GD-2026-990100-000999", result="受理")),
            ("990100-education", Reply(row=2, number=one.number, result="受理")),
            (MARKET, Reply(row=2, number=one.number, key=key, result="受理")),
            (MARKET, Reply(row=2, result="受理")),
        ):
            with pytest.raises(PermanentError, match="唯一一张工单"):
                Matcher(tx, office).match(reply)
        by_key = Reply(row=2, key=key.lower(), result="受理")
        assert Matcher(tx, MARKET).match(by_key) == two.id


@given(st.lists(st.tuples(st.integers(0, 2), st.sampled_from(RESULTS)), max_size=8))
@settings(max_examples=12, deadline=None)
def test_replies_in_any_order(said: list[tuple[int, str]]) -> None:
    """Whatever offices send, in any order and repeated: a ticket moves along the table or the row
    is refused with a reason and nothing of it is kept; reading it again moves nothing."""
    with empty() as tx:
        ids = CountingIds()
        made = [opened(tx, ids, page=f"d{n}")[0] for n in range(3)]
        rows = [
            Reply(row=n, number=made[which].number, result=result, measures="如文")
            for n, (which, result) in enumerate(said, start=2)
        ]
        before = _states(tx, made)
        outcomes = _take(tx, *rows)
        after = _states(tx, made)
        assert [o.row for o in outcomes] == [r.row for r in rows]
        for outcome in outcomes:
            assert (outcome.error is None) == (outcome.ticket is not None)
        if not any(o.changed for o in outcomes):
            assert after == before
        repeated = _take(tx, *(r for r, o in zip(rows, outcomes, strict=True) if o.error is None))
        assert not any(o.changed for o in repeated if o.error is None)
        assert _states(tx, made) == after
        for ticket in made:
            assert not ledger.verify_events(tx, ticket.id)


def _states(tx: Connection, made: list[Ticket]) -> list[TicketState]:
    return [ledger.get(tx, ticket.id).state for ticket in made]


def test_the_steps_between_are_noted(database: Database, ids: CountingIds) -> None:
    """处罚决定 from 已移送: every step in between stands in the history, the words on the last."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        reply = Reply(
            row=2,
            number=ticket.number,
            result="处罚决定",
            decision_no="示市监处罚〔2026〕3号",
            fine="20000",
            handler="王甲",
        )
        (outcome,) = _take(tx, reply)
        assert (outcome.state, outcome.changed) == ("处罚决定", True)
        events = ledger.events(tx, ticket.id)
        assert [e.move for e in events][1:] == [
            "receive",
            "accept",
            "check",
            "file",
            "investigate",
            "penalise",
        ]
        assert events[-1].note == "处罚文号：示市监处罚〔2026〕3号；罚没金额：20000"
        assert events[-1].actor == "王甲"
        (again,) = _take(tx, reply)
        assert (again.changed, again.error) == (False, None)


def test_a_second_return_is_not_the_first(database: Database, ids: CountingIds) -> None:
    """A reply that returns it again, after it was sent again, counts."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        back = Reply(row=2, number=ticket.number, result="退回(材料不全)")
        assert _take(tx, back)[0].state == "退回"
        walk(tx, ticket, Move.APPROVE)
        assert _take(tx, back)[0].state == "退回"
        walk(tx, ticket, Move.APPROVE)
        away = Reply(row=2, number=ticket.number, result="退回（无管辖权）")
        assert _take(tx, away)[0].state == "退回"
        ledger.move(tx, ticket_id=ticket.id, order=order(Move.REASSIGN, office=MARKET), desk=DESK)
        walk(tx, ticket, Move.APPROVE)
        assert _take(tx, away)[0].state == "待指定"


def test_other_offices_cannot_move_it(database: Database, ids: CountingIds) -> None:
    """A copied office's reply is refused by name."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        reply = Reply(row=2, number=ticket.number, result="受理")
        (outcome,) = _take_from(tx, "990100-health", reply)
        assert "主办机关" in (outcome.error or "")
        assert ledger.get(tx, ticket.id) == ticket


def test_a_pack_goes_out_and_its_form_comes_back(
    database: Database, ids: CountingIds, tmp_path: Path
) -> None:
    """The ZIP holds the packages and the lists, hostile text stays text, and the form, filled in
    by the office, is read back."""
    shelf, target = tmp_path / "shelf", tmp_path / "pack.zip"
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        all_delivered(tx, ticket.id)
        key = next(d.id for d in outbox.of_ticket(tx, ticket.id) if d.office == MARKET)
    folder = shelf / MARKET / key
    folder.mkdir(parents=True)
    (folder / "letter.docx").write_bytes(b"letter")
    (shelf / MARKET / ".unfinished").mkdir()
    assert packs.waiting(shelf, MARKET) == [key]
    case = PackCase(
        key=key,
        number=ticket.number,
        kind="移送",
        role="主办",
        subject='=HYPERLINK("http://evil.test","点我")',
        types="说明治愈率",
        due=None,
    )
    links = [
        PackLink(number=ticket.number, url=f"http://a.test/{n}", seen="2026") for n in range(300)
    ]
    assert (
        packs.write_pack(shelf, MARKET, target, cases=[case], links=links, codes=DESK.outcomes.all)
        == 1
    )
    with pytest.raises(PermanentError, match="已存在"):
        packs.write_pack(shelf, MARKET, target, cases=[case], links=links, codes=DESK.outcomes.all)
    packs.taken(shelf, MARKET, [key])
    assert packs.waiting(shelf, MARKET) == []
    with zipfile.ZipFile(target) as pack:
        assert pack.read(f"{ticket.number}/{key}/letter.docx") == b"letter"
        form = tmp_path / "form.xlsx"
        form.write_bytes(pack.read("清单与回执.xlsx"))
    book = load_workbook(form)
    sheet = book["回执"]
    assert [cell.value for cell in sheet[1]] == [column.title for column in COLUMNS]
    assert {cell.data_type for cell in sheet[2] if cell.value} == {"s"}
    assert book["链接清单"].max_row == 301
    sheet["G2"], sheet["R2"] = "责令改正", "已下架"
    book.save(form)
    found = reply_form.replies(spreadsheets.rows(form, sheet="回执"))
    assert [(r.number, r.result, r.measures) for r in found] == [
        (ticket.number, "责令改正", "已下架")
    ]
    with database.write() as tx:
        assert _take(tx, *found)[0].state == "责令改正"


def test_an_export_of_another_system(database: Database, ids: CountingIds, tmp_path: Path) -> None:
    """A title line above the head, other names, GB 18030, columns that nobody knows."""
    path = tmp_path / "export.csv"
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        with path.open("w", encoding="gb18030", newline="") as out:
            table = csv.writer(out)
            table.writerow(["案件办理情况导出"])
            table.writerow(["来文编号", "被举报人", "处理结果", "案件编号", "登记机关"])
            table.writerow([ticket.number, "示范口腔诊所", "立案", "示立〔2026〕9号", "无关"])
            table.writerow(["", "", "", "", ""])
        found = reply_form.replies(spreadsheets.rows(path))
        (outcome,) = _take(tx, *found)
        assert (outcome.row, outcome.state) == (3, "立案")
        assert ledger.events(tx, ticket.id)[-1].note == "立案号：示立〔2026〕9号"


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04broken", b"\x00\xff\xfe\x00"])
def test_what_is_no_reply_is_refused(tmp_path: Path, content: bytes) -> None:
    """No head, a broken archive, binary rubbish: one clear error."""
    path = tmp_path / "x.xlsx"
    path.write_bytes(content)
    with pytest.raises(PermanentError):
        reply_form.replies(spreadsheets.rows(path))


def test_a_hostile_workbook_is_refused(tmp_path: Path) -> None:
    """XML entities never reach a parser; a sheet that unpacks without end is cut off."""
    good, bad = tmp_path / "good.xlsx", tmp_path / "bad.xlsx"
    book = Workbook()
    book.worksheets[0]["A1"] = "编号"
    book.save(good)
    with zipfile.ZipFile(good) as source, zipfile.ZipFile(bad, "w") as target:
        for name in source.namelist():
            content = source.read(name)
            if name.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY a "b">]>' + content
            target.writestr(name, content)
    with pytest.raises(PermanentError, match="实体"):
        list(spreadsheets.rows(bad))


@given(st.binary(max_size=300))
@settings(max_examples=40, deadline=None)
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, b: bytes) -> None:
    """No other exception than ours."""
    path = tmp_path_factory.mktemp("any") / "x"
    path.write_bytes(b)
    try:
        rows = list(spreadsheets.rows(path))
    except PermanentError:
        return
    assert all(isinstance(cell, str) for row in rows for cell in row)
