"""Inside offices: seats, substitutes, sign-off, approval lists, cases that change hands."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.errors import ConfigError, IllegalMove
from domain.findings import Family
from domain.tickets import Move, OfficeRole, Ticket, TicketState
from storage.database import Database
from tests.tickets.cases import (
    ACCEPTED,
    AT,
    DESK,
    TYPES,
    CountingIds,
    empty,
    one_clue,
    opened,
    order,
    subject,
)
from tickets import issue, ledger, outbox
from tickets.agency_file import load_offices
from tickets.desk import Desk, load_desk
from tickets.explanation import explain
from tickets.offices import OfficeKind

HEALTH, MARKET = OfficeKind.HEALTH, OfficeKind.MARKET_SUPERVISION
DAY = date(2026, 3, 2)

_HEALTH = """  - kind: health
    name: 示范市卫健委
    liaison: {name: 周联络, contact: 000-0000}
    sign_off: [decline]
    automatic: [unlicensed_practice]
    units:
      - name: 监督局
        head: 钱局长
        units:
          - name: 医疗科
            families: [practice]
            handlers:
              - {name: 王甲, substitute: 李乙, away: [{since: 2026-03-01, until: 2026-03-08}]}
              - {name: 李乙}
            units:
              - {name: 东区所, districts: ["990102"], head: 孙所长, handlers: [{name: 赵丙}]}
"""
_REST = """  - {kind: market_supervision, name: 市监, powers: [{branch: drug_administration}]}
  - {kind: cyberspace, name: 网信}
  - {kind: public_security, name: 公安}
  - {kind: medical_insurance, name: 医保}
  - {kind: education, name: 教育}
  - {kind: broadcasting, name: 广电}
  - {kind: customs, name: 海关}
"""


@pytest.fixture
def staffed(tmp_path: Path) -> Desk:
    """A desk whose health office has units, a liaison, sign-off and an automatic type."""
    path = tmp_path / "o.yml"
    path.write_text("region: '990100'\ncity: 示范市\noffices:\n" + _HEALTH + _REST, "utf-8")
    return load_desk(TYPES, agencies=path)


def test_the_case_lies_with_the_closest_unit(staffed: Desk) -> None:
    """Bureau → section → station; the absent officer's substitute acts; the nearest head signs."""
    health = staffed.offices.responsible(HEALTH, "990100")

    def seat(region: str, day: date, family: Family = Family.PRACTICE) -> tuple[str, str, str]:
        found = health.seat(family, region, day)
        return found.unit, found.handler, found.head

    assert seat("990102", DAY) == ("监督局／医疗科／东区所", "赵丙", "孙所长")
    assert seat("990103", DAY) == ("监督局／医疗科", "李乙", "钱局长")
    assert seat("990103", date(2026, 3, 9)) == ("监督局／医疗科", "王甲", "钱局长")
    assert seat("990103", DAY, Family.ADVERTISING) == ("监督局", "", "钱局长")


@pytest.mark.parametrize(
    ("units", "message"),
    [
        ("[{name: 甲科}, {name: 乙科}]", "两个内设机构"),
        (
            "[{name: 甲科, districts: ['990102']}, {name: 乙科, districts: ['990102']}]",
            "类别 advertising × 区划 990102",
        ),
        ("[{name: 甲科, handlers: [{name: 王甲, substitute: 无名}]}]", "代理人 无名"),
        ("[{name: 甲科, handlers: [{name: 王甲}, {name: 王甲}]}]", "承办人 王甲 重复"),
        ("[]", "没有签批人"),
    ],
)
def test_wrong_units_are_refused(tmp_path: Path, units: str, message: str) -> None:
    """Two units for one case, an unknown substitute, or a signature that nobody can give."""
    path = tmp_path / "o.yml"
    path.write_text(
        "region: '990100'\ncity: 示范市\noffices:\n"
        f"  - {{kind: health, name: 甲, sign_off: [decline], units: {units}}}\n",
        "utf-8",
    )
    with pytest.raises(ConfigError, match=message):
        load_offices(path)


def test_own_lists_decide_what_leaves_by_itself(
    database: Database, ids: CountingIds, staffed: Desk
) -> None:
    """Automatic or 待审批 per type × office: health sends its own type, the market waits."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "unlicensed_practice", "cure_rate")
        assert issue.leaves_by_itself(clue, staffed, default=False)
        found = issue.issue(tx, clue=clue, desk=staffed, ids=ids, at=AT, automatic=False)
    states = {ticket.family: ticket.state for ticket in found}
    assert states == {
        Family.ADVERTISING: TicketState.AWAITING_APPROVAL,
        Family.PRACTICE: TicketState.SENT,
    }
    cautious = evolve(staffed.offices.get("990100-health"), approval=frozenset({"cure_rate"}))
    assert not cautious.leaves_by_itself(["cure_rate"], default=True)
    assert cautious.leaves_by_itself(["disguised"], default=True)


def test_signed_moves_need_a_head(database: Database, ids: CountingIds, staffed: Desk) -> None:
    """签批: a move in the office's list needs one of its heads, who is not the actor."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "unlicensed_practice")
        (ticket,) = issue.issue(tx, clue=clue, desk=staffed, ids=ids, at=AT, automatic=True)
        assert (ticket.assignments[0].unit, ticket.assignments[0].handler) == (
            "监督局／医疗科",
            "李乙",
        )
        ticket = _moved(tx, ticket, staffed, *ACCEPTED, Move.CHECK)
        for signer, actor in (("", "李乙"), ("路人", "李乙"), ("钱局长", "钱局长")):
            wanted = order(Move.DECLINE, signer=signer, actor=actor)
            with pytest.raises(IllegalMove, match="须经签批"):
                ledger.move(tx, ticket_id=ticket.id, order=wanted, desk=staffed)
        wanted = order(Move.DECLINE, signer="钱局长", actor="李乙")
        ticket = ledger.move(tx, ticket_id=ticket.id, order=wanted, desk=staffed)
        assert ticket.state is TicketState.NOT_FILED
        assert "签批：钱局长" in ledger.events(tx, ticket.id)[-1].note


def _moved(tx: Connection, ticket: Ticket, desk: Desk, *moves: Move) -> Ticket:
    for step in moves:
        ticket = ledger.move(tx, ticket_id=ticket.id, order=order(step), desk=desk)
    return ticket


def test_inside_an_office_a_case_changes_hands(
    database: Database, ids: CountingIds, staffed: Desk
) -> None:
    """Only to an officer of the office who is there; the history says so."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "unlicensed_practice")
        (ticket,) = issue.issue(tx, clue=clue, desk=staffed, ids=ids, at=AT, automatic=True)

        def hand(office: str, handler: str) -> Ticket:
            return ledger.hand(
                tx,
                ticket_id=ticket.id,
                office=office,
                handler=handler,
                actor="钱局长",
                at=AT,
                desk=staffed,
            )

        assert hand("990100-health", "赵丙").assignments[0].handler == "赵丙"
        for office, handler in (("990100-health", "王甲"), ("990100-cyberspace", "赵丙")):
            with pytest.raises(IllegalMove, match="没有在岗"):
                hand(office, handler)
        assert ledger.events(tx, ticket.id)[-1].move == "hand"
        assert not ledger.verify_events(tx, ticket.id)


def test_a_route_explains_itself(database: Database, ids: CountingIds, staffed: Desk) -> None:
    """The line of the table, the office and its ground, the seat, the clocks, what it carries."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "unlicensed_practice", who=subject(region="880100"))
    (found,) = explain(clue, staffed, day=DAY, automatic=False)
    assert found.automatic
    assert found.types[0].at.endswith(tuple(f"routes.yml:{n}" for n in range(1, 300)))
    head = found.parts[0]
    assert (head.role, head.name, head.handler) == (OfficeRole.LEAD, "示范市卫健委", "李乙")
    assert head.contact == "周联络 000-0000"
    assert "外地案件" in head.ground
    assert head.exchange is not None
    assert [clock.clock for clock in found.clocks] == ["written_reply"]
    drugs = next(part for part in found.parts if part.office.endswith("market-supervision"))
    assert "market_supervision" in drugs.ground or "drug_administration" in drugs.ground


@given(
    st.lists(st.sampled_from(["cure_rate", "comparison", "disguised"]), min_size=1, unique=True),
    st.sampled_from(["990100-health", "990100-public-security", "990100-market-supervision"]),
)
@settings(max_examples=20, deadline=None)
def test_splitting_loses_and_doubles_nothing(given_away: list[str], office: str) -> None:
    """分办: every type is on exactly one ticket, both in one case group, or nothing happened."""
    ids = CountingIds()
    with empty() as tx:
        (ticket,) = opened(tx, ids, "cure_rate", "comparison")
        before = frozenset(ticket.types)
        try:
            made = issue.split(
                tx,
                ticket_id=ticket.id,
                types=frozenset(given_away),
                office=office,
                desk=DESK,
                ids=ids,
                at=AT,
                actor="甲",
            )
        except IllegalMove:
            assert ledger.of_clue(tx, ticket.clue_id) == [ticket]
            assert not frozenset(given_away) < before or office == ticket.lead
            return
        kept = ledger.get(tx, ticket.id)
        assert frozenset(kept.types) | frozenset(made.types) == before
        assert not frozenset(kept.types) & frozenset(made.types)
        assert (made.lead, made.case_group) == (office, ticket.case_group)
        assert OfficeRole.ASSIST in {
            part.role for part in made.assignments if part.office == ticket.lead
        }
        assert {d.office for d in outbox.of_ticket(tx, made.id)} == {
            part.office for part in made.assignments
        }
        assert not ledger.verify_events(tx, ticket.id)


def test_a_transfer_hands_the_lead_on(database: Database, ids: CountingIds, desk: Desk) -> None:
    """转办: not mine → the other office leads after approval; refusing it again needs 指定."""
    with database.write() as tx:
        (ticket,) = opened(tx, ids)
        away = order(Move.TRANSFER, office="990100-health")
        ticket = ledger.move(tx, ticket_id=ticket.id, order=away, desk=desk)
        assert (ticket.state, ticket.lead) == (TicketState.REASSIGNED, "990100-health")
        ticket = _moved(tx, ticket, desk, Move.APPROVE, Move.RECEIVE)
        back = order(Move.TRANSFER, office="990100-market-supervision")
        ticket = ledger.move(tx, ticket_id=ticket.id, order=back, desk=desk)
        assert (ticket.state, ticket.lead) == (TicketState.DISPUTED, "990100-health")
        assert [d.clock for d in ticket.deadlines] == ["dispute"]
        named = order(Move.DESIGNATE, office="990100-market-supervision", actor="协调人")
        ticket = ledger.move(tx, ticket_id=ticket.id, order=named, desk=desk)
        ticket = _moved(tx, ticket, desk, Move.APPROVE)
        assert ticket.lead == "990100-market-supervision"
        for refusal in (order(Move.RETURN), order(Move.TRANSFER, office="990100-health")):
            with pytest.raises(IllegalMove, match="已指定管辖"):
                ledger.move(tx, ticket_id=ticket.id, order=refusal, desk=desk)
