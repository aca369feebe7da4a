"""Complaints: taken in once, answered in time or sent elsewhere, never a word of who made them."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

import tickets
from domain.errors import ConfigError, IllegalMove, NotFound, PermanentError
from domain.tickets import Move
from evidence import tables as evidence_tables
from storage.database import Database
from tests.tickets.cases import ACCEPTED, AT, DESK, CountingIds, empty, opened, walk
from tickets import complaint_clocks, complaint_file, complaints, vault
from tickets.complaints import Complaint, ComplaintSource, ComplaintState, Incoming
from tickets.elsewhere import load_places
from tickets.vault import Reporter

REPORTER = Reporter(
    name="周某某", phone="13800001234", address="示范路9号", identity_no="990102190001010000"
)
TODAY = AT.date()
HEAD = ["工单编号", "登记时间", "被投诉人", "诉求内容（摘要）", "来电人", "联系电话"]


def receive(
    tx: Connection,
    ids: CountingIds,
    number: str = "A1",
    words: str = "",
    urls: tuple[str, ...] = (),
) -> Complaint:
    """A complaint by phone."""
    incoming = Incoming(
        source=ComplaintSource.HOTLINE_12345,
        external_no=number,
        received_at=AT,
        party="示范美容院",
        words=words or "周某某（13800001234）称该店保证根治",
        urls=urls,
    )
    return complaints.receive(tx, incoming, REPORTER, actor="甲", at=AT, desk=DESK, ids=ids)[0]


def test_who_complained_stays_in_the_vault(database: Database, ids: CountingIds) -> None:
    """The words keep their length without name and number; a look needs a purpose and is noted."""
    with database.write() as tx:
        found = receive(tx, ids)
        assert found.words == "＊＊＊（＊＊＊＊＊＊＊＊＊＊＊）称该店保证根治"
        assert not _tells(repr(found))
        assert not _tells(repr(REPORTER))
        with pytest.raises(PermanentError, match="用途"):
            vault.look(tx, found.id, actor="甲", purpose=" ", at=AT)
        seen = vault.look(tx, found.id, actor="甲", purpose="告知立案", at=AT)
        assert seen == REPORTER
        (look,) = tx.execute(evidence_tables.ledger.select()).all()
        assert json.loads(look.detail)["purpose"] == "告知立案"
        assert not _tells(str(look))
        with pytest.raises(NotFound):
            vault.look(tx, "nobody", actor="甲", purpose="告知立案", at=AT)


def _tells(text: str) -> bool:
    return any(s in text for s in (REPORTER.name, REPORTER.phone, REPORTER.address))


def test_nothing_else_reads_the_vault() -> None:
    """No module but the vault names the table, and only intake asks the vault."""
    root = Path(tickets.__file__).parents[1]
    sources = {
        str(path.relative_to(root)): path.read_text("utf-8")
        for package in ("tickets", "cluewatch", "evidence", "documents", "indexer")
        for path in (root / package).rglob("*.py")
        if "migrations" not in path.parts
    }
    table = {name for name, text in sources.items() if re.search(r"tables\.reporters", text)}
    assert table == {"tickets/vault.py"}
    readers = {name for name, text in sources.items() if re.search(r"\bvault\.[a-z]+\(", text)}
    assert {name for name in readers if not name.startswith("tickets/complaint")} <= {
        "cluewatch/cli/complaints.py",
    }


@given(st.lists(st.sampled_from(["accept", "refuse", "tie", "tell", "answer"]), max_size=7))
@settings(max_examples=25, deadline=None)
def test_any_history_is_legal_and_verifies(steps: list[str]) -> None:
    """Random moves: legal ones follow the table, others change nothing, the chain holds."""
    with empty() as tx:
        ids = CountingIds()
        found = receive(tx, ids)
        made = []
        for step in steps:
            before = complaints.get(tx, found.id)
            try:
                after = _do(tx, found.id, step)
            except IllegalMove:
                assert complaints.get(tx, found.number) == before
                continue
            made.append(step)
            assert (after.state is before.state) == (step == "tell")
        assert not complaints.verify_events(tx, found.id)
        assert made in (
            [],
            ["refuse"],
            ["accept"],
            ["accept", "answer"],
            ["accept", "tie", *["tell"] * made.count("tell")],
            ["accept", "tie", *["tell"] * made.count("tell"), "answer"],
        )


def _do(tx: Connection, reference: str, step: str) -> Complaint:
    match step:
        case "accept":
            return complaints.accept(tx, reference, actor="甲", at=AT)
        case "refuse":
            place = DESK.places.get("insurance")
            return complaints.refuse(tx, reference, place=place, actor="甲", at=AT)
        case "tie":
            return complaints.tie(tx, reference, clue_id="c1", actor="甲", at=AT)
        case "tell":
            return complaints.tell(tx, reference, words="已立案", actor="甲", at=AT)
        case _:
            return complaints.answer(tx, reference, words="已处罚", actor="甲", at=AT)


def test_what_is_owed_and_when(database: Database, ids: CountingIds) -> None:
    """7 working days to accept; 5 to tell of the filing; a week for the result; then nothing."""

    def owed(tx: Connection, today: date = TODAY) -> list[tuple[str, date, bool]]:
        found = complaint_clocks.owed(tx, desk=DESK, today=today)
        return [(one.what, one.due, one.overdue) for one in found]

    with database.write() as tx:
        found = receive(tx, ids)
        assert owed(tx, date(2026, 3, 12)) == [("决定是否受理并告知", date(2026, 3, 11), True)]
        complaints.accept(tx, found.id, actor="甲", at=AT)
        assert not owed(tx)
        (ticket,) = opened(tx, ids)
        complaints.tie(tx, found.id, clue_id=ticket.clue_id, actor="甲", at=AT)
        assert not owed(tx)
        ticket = walk(tx, ticket, *ACCEPTED, Move.CHECK, Move.DECLINE)
        assert owed(tx) == [("告知举报人是否立案", date(2026, 3, 9), False)]
        complaints.tell(tx, found.id, words="不予立案", actor="甲", at=AT)
        assert not owed(tx)
        walk(tx, ticket, Move.CLOSE, at=AT + timedelta(days=1))
        assert owed(tx) == [("向举报人和来源反馈处理结果", date(2026, 3, 10), False)]
        complaints.answer(tx, found.id, words="查无实据", actor="甲", at=AT)
        assert not owed(tx)


def test_out_of_our_powers_tells_where_to_go(database: Database, ids: CountingIds) -> None:
    """The answer names the place and its ground; a text suggests it, a person may choose."""
    with database.write() as tx:
        found = receive(tx, ids, words="住院费不给报销")
        place = DESK.places.suggested(found.words)
        assert place.id == "insurance"
        refused = complaints.refuse(tx, found.id, place=place, actor="甲", at=AT)
    assert (refused.state, "12393" in refused.answer) == (ComplaintState.REFUSED, True)
    assert DESK.places.suggested("别的事").id == "elsewhere"
    with pytest.raises(NotFound, match="可用"):
        DESK.places.get("moon")


def test_a_clue_meets_the_complaints_about_its_page(database: Database, ids: CountingIds) -> None:
    """Accepted complaints that name the page are tied, others are not, once."""
    with database.write() as tx:
        page = "http://clinic.test/1"
        one = receive(tx, ids, "A1", urls=(page,))
        two = receive(tx, ids, "A2", urls=(page,))
        other = receive(tx, ids, "A3", urls=("http://clinic.test/2",))
        for accepted in (one, other):
            complaints.accept(tx, accepted.id, actor="甲", at=AT)
        met = complaints.meet(tx, clue_id="c1", urls={page}, actor="system", at=AT)
        assert [c.number for c in met] == [one.number]
        assert not complaints.meet(tx, clue_id="c1", urls={page}, actor="system", at=AT)
        assert complaints.get(tx, two.id).state is ComplaintState.RECEIVED
        assert [c.id for c in complaints.of_clue(tx, "c1")] == [one.id]


def test_an_export_is_read(database: Database, ids: CountingIds) -> None:
    """Lines above the head, wrong rows by number, addresses in the text; again adds nothing."""
    sheet = [
        ["2026年3月热线工单"],
        HEAD,
        [
            "B1",
            "2026-03-02 09:00:00",
            "某某诊所",
            "见 http://clinic.test/a?b=1。太假",
            "周某某",
            "",
        ],
        ["B2", "不知何时", "某某诊所", "保证根治", "", ""],
        ["", "2026-03-02", "某某诊所", "无编号", "", ""],
        ["", "", "", "", "", ""],
        ["B3", "2026/3/5", "", "没有被投诉人", "", ""],
    ]
    rows = list(complaint_file.read(sheet, ComplaintSource.HOTLINE_12345))
    assert [(r.row, r.error) for r in rows] == [
        (3, None),
        (4, "时间“不知何时”无法识别"),
        (5, "缺少 工单编号"),
        (7, None),
    ]
    first = rows[0].incoming
    assert first is not None
    assert (first.urls, first.received_at) == (("http://clinic.test/a?b=1",), AT)
    assert rows[0].reporter == Reporter(name="周某某")
    assert rows[3].reporter is None
    with database.write() as tx:
        for expected in (True, False):
            for row in rows:
                if row.incoming is not None:
                    _, created = complaints.receive(
                        tx, row.incoming, row.reporter, actor="甲", at=AT, desk=DESK, ids=ids
                    )
                    assert created is expected
        assert len(complaints.all_in(tx, [ComplaintState.RECEIVED])) == 2


@given(st.lists(st.lists(st.text(max_size=30), max_size=8), max_size=6))
def test_any_rows_are_read_or_refused(rows: list[list[str]]) -> None:
    """Hostile cells give complaints or errors by row, never anything else."""
    found = list(complaint_file.read([HEAD, *rows], ComplaintSource.GRID))
    assert all((row.incoming is None) != (row.error is None) for row in found)
    with pytest.raises(PermanentError, match="表头"):
        list(complaint_file.read([r for r in rows if "工单编号" not in r], ComplaintSource.GRID))


@pytest.mark.parametrize(
    "places",
    [
        "[{id: a, title: 甲处, words: [x], source: s}]",
        "[{id: a, title: 甲处, words: [], source: s}, {id: a, title: 乙处, words: [x], source: s}]",
    ],
)
def test_wrong_places_are_refused(tmp_path: Path, places: str) -> None:
    """No place for the rest, or one id twice."""
    path = tmp_path / "p.yml"
    path.write_text(f"places: {places}\n", "utf-8")
    with pytest.raises(ConfigError):
        load_places(path)
