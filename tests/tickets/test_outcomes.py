"""Outcomes with coded reasons: every code, what it needs, whose it is, and that it counts once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.errors import ConfigError, IllegalMove, PermanentError
from domain.feedback import PARTICULAR_TITLES, Bearing, read_particulars
from domain.tickets import Move, Opinion, Ticket, TicketState
from storage.database import Database
from tests.tickets.cases import AT, DESK, FILED, CountingIds, empty, opened, walk
from tests.tickets.sayings import HEALTH, MARKET, NET, saying
from tickets import ledger, opinions, outcomes, parts
from tickets.outcome_codes import OutcomeCode, load_outcome_codes
from tickets.persons import person_key

CODES = DESK.outcomes.all
STATED: Mapping[str, str] = {
    "case_no": "示立〔2026〕1号",
    "decision_no": "示罚〔2026〕1号",
    "fine": "20,000元",
    "since": "2026-03-02",
    "until": "2026/06/01",
    "target": "http://clinic.test/d1.html",
    "count": "6",
    "transfer_to": HEALTH,
    "person": "990101199001011234",
    "words": "如文",
}
_WAYS = {
    "police_filed": (*FILED, Move.INVESTIGATE, Move.TRANSFER_POLICE),
    "police_declined": (*FILED, Move.INVESTIGATE, Move.TRANSFER_POLICE),
    "not_prosecuted": (*FILED, Move.INVESTIGATE, Move.TRANSFER_POLICE),
    "closed": (*FILED, Move.INVESTIGATE, Move.ORDER),
}


def _giver(tx: Connection, ticket: Ticket, code: OutcomeCode) -> str:
    """An office of the ticket that may give it; copies that wait for an opinion get it first."""
    if code.reaches is None and code.by and not code.may_be_given_by(DESK.offices.get(MARKET)):
        if code.may_be_given_by(DESK.offices.get(HEALTH)):
            return HEALTH
        opinions.characterise(tx, ticket_id=ticket.id, opinion=_opinion())
        return NET
    return MARKET


def _opinion() -> Opinion:
    return Opinion(number="示定〔2026〕1号", words="属违法广告", signer="甲", at=AT)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.code)
def test_every_code(database: Database, ids: CountingIds, code: OutcomeCode) -> None:
    """With all that it needs it is recorded once, leads where it says, and bears as it says."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        ticket = walk(tx, ticket, *_WAYS.get(code.code, (Move.RECEIVE,)))
        reason = code.reasons[0].code if code.reasons else ""
        fields = {name: STATED[name] for name in (*code.needs, *code.may)}
        said = saying(code.code, office=_giver(tx, ticket, code), reason=reason, stated=fields)
        if code.reopens and code.code != "not_prosecuted":
            ticket = walk(tx, ticket, *(Move.ACCEPT, Move.CHECK, Move.DECLINE, Move.CLOSE))
        first = outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)
        again = outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)
        assert (first.fresh, again.fresh) == (True, False)
        assert outcomes.of_ticket(tx, ticket.id) == (first.outcome,) == (again.outcome,)
        assert first.ticket.state is (code.reaches or ticket.state)
        bearing = code.reasons[0].bearing if code.reasons else None
        assert first.outcome.bearing is (bearing or code.bearing)
        event = ledger.events(tx, ticket.id)[first.outcome.sequence]
        assert event.state is first.ticket.state
        assert not ledger.verify_events(tx, ticket.id)
        assert STATED["person"] not in f"{event.note} {first.outcome}"


@pytest.mark.parametrize("code", [c for c in CODES if c.needs], ids=lambda code: code.code)
def test_what_is_missing_is_named(code: OutcomeCode) -> None:
    """Without a field that it needs: an error with the field's name, and nothing is kept."""
    with empty() as tx:
        (ticket,) = opened(tx, CountingIds())
        before = ledger.events(tx, ticket.id)
        for name, label in code.needs.items():
            stated = {n: STATED[n] for n in code.needs if n != name}
            with pytest.raises(PermanentError, match=label):
                outcomes.record(
                    tx, ticket_id=ticket.id, saying=saying(code.code, stated=stated), desk=DESK
                )
        assert ledger.events(tx, ticket.id) == before
        assert not outcomes.of_ticket(tx, ticket.id)


@given(
    st.sampled_from(CODES),
    st.dictionaries(st.sampled_from(sorted(PARTICULAR_TITLES)), st.text(max_size=12)),
)
@settings(max_examples=80, deadline=None)
def test_any_fields_are_taken_or_refused(code: OutcomeCode, fields: dict[str, str]) -> None:
    """Whatever is typed: an error of ours, or particulars that hold just what the code allows."""
    try:
        stated = code.checked(read_particulars(fields))
    except PermanentError:
        return
    assert set(code.needs) <= set(stated.given())
    assert set(stated.given()) <= {*code.needs, *code.may, "words", "until"}


@pytest.mark.parametrize(
    ("code", "reason", "bearing"),
    [
        ("不予立案", "无违法事实", Bearing.REFUTES),
        ("不予立案", "证据不足", Bearing.SILENT),
        ("不予立案", "minor", Bearing.CONFIRMS),
        ("误报", "合法表述", Bearing.REFUTES),
        ("误报", "wrong_party", Bearing.SILENT),
    ],
)
def test_the_reason_decides_what_it_bears(code: str, reason: str, bearing: Bearing) -> None:
    """A refusal for want of proof says nothing of the finding; one without a reason is refused."""
    with empty() as tx:
        (ticket,) = opened(tx, CountingIds())
        with pytest.raises(PermanentError, match="原因"):
            outcomes.record(tx, ticket_id=ticket.id, saying=saying(code), desk=DESK)
        made = outcomes.record(
            tx, ticket_id=ticket.id, saying=saying(code, reason=reason), desk=DESK
        )
        assert made.outcome.bearing is bearing
        assert made.ticket.state is TicketState.NOT_FILED


def test_a_year_without_applications_has_its_dates() -> None:
    """The last day is the day before the anniversary; a longer term, or one turned round, is none;
    the 29th of February ends on the 28th."""
    code = DESK.outcomes.get("一年内不受理")

    def last(**dates: str) -> date | None:
        return code.checked(read_particulars(dates)).until

    assert last(since="2026-03-02") == date(2027, 3, 1)
    assert last(since="2024-02-29") == date(2025, 2, 28)
    assert last(since="2026-03-02", until="2026-12-31") == date(2026, 12, 31)
    for until in ("2027-03-02", "2026-03-01"):
        with pytest.raises(PermanentError, match=r"截止日期|最长"):
            last(since="2026-03-02", until=until)


def test_whose_outcome_it_is(database: Database, ids: CountingIds) -> None:
    """The way is the lead's; a measure needs the power, a part in the ticket, and the opinion."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        refused = {
            saying("立案", office=HEALTH): "主办机关",
            saying("撤销广审", office=NET, decision_no="1", target="医广"): "定性",
            saying("记分", office=MARKET, count="6"): "职权",
            saying("约谈", office="990100-education"): "主办机关",
            saying("发现虚假违法广告", office="990100-customs", words="x"): "不参与",
        }
        assert NET in parts.awaiting_opinion(tx, ticket.id)
        for said, words in refused.items():
            with pytest.raises(IllegalMove, match=words):
                outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)
        assert ledger.get(tx, ticket.id) == ticket


def test_late_words_are_kept(database: Database, ids: CountingIds) -> None:
    """The number of a filing that comes after the penalty is noted and moves nothing back; sent
    anew after a return, the same words count again."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        back = saying("退回（材料不全）")
        assert outcomes.record(tx, ticket_id=ticket.id, saying=back, desk=DESK).fresh
        walk(tx, ticket, Move.APPROVE)
        assert outcomes.record(tx, ticket_id=ticket.id, saying=back, desk=DESK).fresh
        walk(tx, ticket, Move.APPROVE)
        for said in (saying("处罚", decision_no="示罚1号"), saying("立案", case_no="示立1号")):
            made = outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)
            assert made.ticket.state is TicketState.PENALISED
        assert ledger.events(tx, ticket.id)[-1].note == "立案：立案号：示立1号"
        with pytest.raises(IllegalMove, match="不能记为"):
            outcomes.record(tx, ticket_id=ticket.id, saying=saying("约谈"), desk=DESK)


def test_no_outcome_before_it_is_sent() -> None:
    """An office that has not got the ticket has nothing to say of it."""
    with empty() as tx:
        (ticket,) = opened(tx, CountingIds(), automatic=False)
        for said in (saying("立案"), saying("发现虚假违法广告", words="x")):
            with pytest.raises(IllegalMove, match="待审批"):
                outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)


def test_a_person_is_a_key() -> None:
    """However it is typed the number gives one key; the key is stable and is not the number."""
    key = person_key("99010119900101123x")
    assert key == person_key(" ９９０１０１１９９００１０１１２３Ｘ ") == person_key(key)
    assert "19900101" not in key
    assert key != person_key("990101199001011241")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "codes: [{code: a, title: 甲, bearing: 属实}, {code: b, title: 甲, bearing: 属实}]",
            "两个",
        ),
        ("codes: [{code: a, title: 甲, bearing: 属实, needs: {colour: 颜色}}]", "没有字段"),
        ("codes: [{code: a, title: 甲, bearing: 也许}]", "bearing"),
    ],
)
def test_a_wrong_table_is_refused(tmp_path: Path, text: str, words: str) -> None:
    """Each error with its line."""
    path = tmp_path / "codes.yml"
    path.write_text(text, "utf-8")
    with pytest.raises(ConfigError, match=words) as caught:
        load_outcome_codes(path)
    assert str(caught.value.at).startswith(f"{path}:1")


def test_a_reopened_matter_runs_again(database: Database, ids: CountingIds) -> None:
    """不起诉 after the police filed brings the ticket back; a second paper only adds its words."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        walk(tx, ticket, *_WAYS["not_prosecuted"])
        paper = saying("不起诉", decision_no="示检不诉1号", at=AT + timedelta(days=9))
        made = outcomes.record(tx, ticket_id=ticket.id, saying=paper, desk=DESK)
        assert made.ticket.state is TicketState.CHECKING
        opinion = saying("检察意见", decision_no="示检意1号", at=AT + timedelta(days=10))
        made = outcomes.record(tx, ticket_id=ticket.id, saying=opinion, desk=DESK)
        assert (made.ticket.state, made.outcome.bearing) == (
            TicketState.CHECKING,
            Bearing.CONFIRMS,
        )
