"""Risk and early warning: a score that only grows with its signs, one warning for each rise."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.clues import Clue
from domain.errors import ConfigError, IllegalMove
from domain.feedback import Particulars
from storage.database import Database
from storage.datafiles import shipped
from tests.tickets.cases import AT, DESK, FILED, CountingIds, one_clue, subject, walk
from tickets import clue_moves, complaints, consequences, outcomes
from tickets.calendar import civil_date
from tickets.clue_moves import ClueMove
from tickets.complaints import ComplaintSource, Incoming
from tickets.control import warnings
from tickets.control.risk import HIGHEST, Sign, judge, load_policy
from tickets.control.warnings import RiskWarning, WarningFilter
from tickets.issue import issue
from tickets.outcomes import Saying

POLICY = load_policy(DESK.offices)
LOW = POLICY.model_copy(
    update={
        "levels": tuple(
            level.model_copy(update={"at": at})
            for level, at in zip(POLICY.levels, (15, 32, 60, 80), strict=True)
        )
    }
)
COUNTS = st.dictionaries(st.sampled_from(Sign), st.integers(0, 40))


def assess(tx: Connection, ids: CountingIds, subject_id: str, day: int = 0) -> RiskWarning | None:
    return warnings.assess(
        tx,
        subject_id,
        policy=LOW,
        offices=DESK.offices,
        ids=ids,
        at=AT + timedelta(days=day),
    )


def penalised(tx: Connection, ids: CountingIds, page: str) -> Clue:
    clue = one_clue(tx, ids, "cure_rate", page=page)
    for ticket in issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True):
        walk(tx, ticket, *FILED)
        said = Saying(
            code="penalised",
            office=ticket.lead,
            actor="甲",
            at=AT,
            particulars=Particulars(decision_no=f"示监处罚〔2026〕{page}号", since=civil_date(AT)),
        )
        recorded = outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)
        consequences.follow(tx, recorded, desk=DESK, ids=ids)
    return clue


@given(COUNTS, st.sampled_from(Sign), st.integers(1, 10))
def test_more_of_any_sign_never_means_less_risk(
    counts: dict[Sign, int], sign: Sign, more: int
) -> None:
    before = judge(counts, POLICY)
    after = judge({**counts, sign: counts.get(sign, 0) + more}, POLICY)
    assert 0 <= before.score <= after.score <= HIGHEST
    assert before.level <= after.level
    assert before.score == sum(part.points for part in before.parts)
    assert len(before.proposals) <= len(after.proposals)


def test_each_rise_is_warned_of_once(database: Database, ids: CountingIds) -> None:
    with database.write() as tx:
        first = one_clue(tx, ids, "cure_rate")
        raised = assess(tx, ids, first.subject.id)
        assert raised is not None
        assert (raised.rise, raised.title, raised.risk.score) == (1, "蓝色", 20)
        assert assess(tx, ids, first.subject.id) is None
        for page in ("d2", "d3"):
            penalised(tx, ids, page)
        again = assess(tx, ids, first.subject.id)
        assert again is not None
        assert (again.rise, again.title) == (2, "黄色")
        assert [part.points for part in again.risk.parts] == [24, 0, 14, 0]
        assert assess(tx, ids, first.subject.id) is None
        assert len(warnings.listed(tx, WarningFilter())) == 2


def test_a_level_that_fell_and_rises_again_is_warned_of_again(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        assert assess(tx, ids, clue.subject.id)
        for step in (ClueMove.REVIEW, ClueMove.DISMISS):
            clue_moves.clue_move(tx, clue_id=clue.id, move=step, actor="甲", at=AT)
        assert assess(tx, ids, clue.subject.id) is None
        (ranked,) = warnings.ranking(tx)
        assert (ranked.risk.score, ranked.level) == (0, 0)
        one_clue(tx, ids, "comparison", page="d9")
        one_clue(tx, ids, "prohibited_drug", page="d8")
        raised = assess(tx, ids, clue.subject.id)
        assert raised is not None
        assert raised.rise == 2


def test_an_injury_in_a_complaint_proposes_supervision_and_tells_health(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True)
        incoming = Incoming(
            source=ComplaintSource.HOTLINE_12345,
            external_no="1",
            received_at=AT,
            party=clue.subject.name,
            words="术后感染，面部坏死",
            region="990100",
            urls=(clue.url,),
        )
        received, _ = complaints.receive(tx, incoming, None, desk=DESK, ids=ids, actor="甲", at=AT)
        complaints.accept(tx, received.id, actor="甲", at=AT)
        complaints.meet(tx, clue_id=clue.id, urls={clue.url}, actor="甲", at=AT)
        raised = assess(tx, ids, clue.subject.id)
        assert raised is not None
        assert raised.title == "橙色"
        assert [words[:2] for words in raised.risk.proposals] == ["督办"]
        kinds = [DESK.offices.get(office).kind.value for office in raised.recipients]
        assert kinds == ["market_supervision", "health"]


def test_a_person_acknowledges_in_time_or_it_is_listed_as_late(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        raised = assess(tx, ids, one_clue(tx, ids, "cure_rate").subject.id)
        assert raised is not None
        late = raised.due + timedelta(seconds=1)
        assert not warnings.listed(tx, WarningFilter(overdue_at=raised.due))
        assert [w.id for w in warnings.listed(tx, WarningFilter(overdue_at=late))] == [raised.id]
        with pytest.raises(IllegalMove):
            warnings.acknowledge(tx, raised.id, actor="乙", note=" ", at=late)
        done = warnings.acknowledge(tx, raised.number, actor="乙", note="已部署检查", at=late)
        assert done.overdue(late)
        assert not warnings.listed(tx, WarningFilter(overdue_at=late))
        with pytest.raises(IllegalMove, match="乙"):
            warnings.acknowledge(tx, raised.id, actor="丙", note="再签", at=late)


def test_offices_and_districts_see_their_own_warnings(database: Database, ids: CountingIds) -> None:
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate", who=subject(region="990102"))
        (ticket,) = issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True)
        assert assess(tx, ids, clue.subject.id)
        for wanted, seen in (
            (WarningFilter(offices=frozenset({ticket.lead})), 1),
            (WarningFilter(offices=frozenset({"elsewhere"})), 0),
            (WarningFilter(region="990100"), 1),
            (WarningFilter(region="980000"), 0),
        ):
            assert len(warnings.listed(tx, wanted)) == seen, wanted


def test_only_subjects_that_met_something_new_are_due(database: Database, ids: CountingIds) -> None:
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        later = AT + timedelta(hours=1)
        assert warnings.due(tx, at=later) == (clue.subject.id,)
        warnings.assess(tx, clue.subject.id, policy=LOW, offices=DESK.offices, ids=ids, at=later)
        assert warnings.due(tx, at=later) == ()
        (ticket,) = issue(
            tx, clue=clue, desk=DESK, ids=ids, at=later + timedelta(hours=1), automatic=True
        )
        assert warnings.due(tx, at=later + timedelta(hours=2)) == (ticket and clue.subject.id,)
        assert warnings.due(tx, at=later + timedelta(days=2)) == (clue.subject.id,)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("most: 40", "most: 41", "risk.yml:.*合计"),
        ("at: 45", "at: 5", "risk.yml:.*由低到高"),
        ("level: 黄色}", "level: 紫色}", "risk.yml:.*紫色"),
        ("recipients: [lead, health]", "recipients: [disease_control]", "risk.yml:.*disease"),
    ],
)
def test_a_wrong_policy_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, words: str
) -> None:
    path = tmp_path / "risk.yml"
    text = shipped("tickets.control", "risk.yml").read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), "utf-8")
    with pytest.raises(ConfigError, match=words):
        load_policy(DESK.offices, path)
