"""Precision from outcomes: counted as by hand, whatever the history; intervals that hold."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.feedback import Bearing
from domain.intervals import wilson
from domain.tickets import Move
from storage.database import Database
from tests.tickets.cases import AT, DESK, CountingIds, empty, one_clue, opened, walk
from tests.tickets.sayings import MARKET, saying
from tickets import clues, outcomes, precision
from tickets.clue_moves import ClueMove, clue_move
from tickets.outcomes import Saying
from tickets.precision import Measured

RIGHT = saying("处罚", decision_no="示罚1号")
WRONG = saying("误报", reason="lawful")
OPEN = saying("不予立案", reason="insufficient")


@pytest.mark.parametrize(
    ("right", "n", "low", "high"),
    [(0, 0, 0.0, 1.0), (8, 10, 0.4902, 0.9433), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)],
)
def test_wilson_against_published_values(right: int, n: int, low: float, high: float) -> None:
    """The score interval as tables of it print it."""
    assert wilson(right, n) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 500).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_surrounds_the_share(counted: tuple[int, int]) -> None:
    """Inside [0, 1], around the share, and mirrored for the other side."""
    right, n = counted
    low, high = wilson(right, n)
    assert 0 <= low <= right / n <= high <= 1
    assert wilson(n - right, n) == pytest.approx((1 - high, 1 - low))


@given(st.lists(st.sampled_from([RIGHT, WRONG, OPEN, None]), max_size=6))
@settings(max_examples=15, deadline=None)
def test_counts_are_those_of_the_histories(said: list[Saying | None]) -> None:
    """One case each: only those that were decided on their merits count, for the rule, the type,
    the office and the district alike."""
    with empty() as tx:
        ids = CountingIds()
        for number, one in enumerate(said):
            (ticket,) = opened(tx, ids, "cure_rate", page=f"d{number}")
            if one is not None:
                outcomes.record(tx, ticket_id=ticket.id, saying=one, desk=DESK)
        decided = [one for one in said if one in (RIGHT, WRONG)]
        counted = {(p.of, p.name): (p.n, p.right) for p in precision.precisions(tx)}
        wanted = (len(decided), decided.count(RIGHT))
        names = ((Measured.RULE, "cure_rate@1"), (Measured.TYPE, "cure_rate"))
        places = ((Measured.OFFICE, MARKET), (Measured.DISTRICT, "990100"))
        assert counted == (dict.fromkeys((*names, *places), wanted) if decided else {})


def test_the_latest_word_counts(database: Database, ids: CountingIds) -> None:
    """A refusal that a prosecutor's opinion overturns was right after all; an annulled penalty
    says nothing; a dismissed clue counts against its rule but for no office."""
    with database.write() as tx:
        (one,), (two,) = opened(tx, ids, page="d1"), opened(tx, ids, page="d2")
        outcomes.record(tx, ticket_id=one.id, saying=WRONG, desk=DESK)
        assert [case.right for case in precision.decided(tx)] == [False]
        opinion = saying("检察意见", decision_no="示检意1号", at=AT + timedelta(days=1))
        made = outcomes.record(tx, ticket_id=one.id, saying=opinion, desk=DESK)
        assert made.outcome.bearing is Bearing.CONFIRMS
        outcomes.record(tx, ticket_id=two.id, saying=RIGHT, desk=DESK)
        assert [case.right for case in precision.decided(tx)] == [True, True]
        walk(tx, two, Move.CONTEST, Move.ANNUL)
        assert [case.clue_id for case in precision.decided(tx)] == [one.clue_id]
        dismissed = one_clue(tx, ids, "cure_rate", page="d3")
        for step in (ClueMove.REVIEW, ClueMove.DISMISS):
            clue_move(tx, clue_id=dismissed.id, move=step, actor="甲", at=AT)
        found = {p.of: (p.n, p.right) for p in precision.precisions(tx)}
        assert found[Measured.RULE] == (2, 1)
        assert found[Measured.OFFICE] == (1, 1)


def test_alike_clues(database: Database, ids: CountingIds) -> None:
    """Same worst type and kind of subject, without the clue itself."""
    with database.write() as tx:
        tickets = [opened(tx, ids, "cure_rate", page=f"d{n}")[0] for n in range(4)]
        (other,) = opened(tx, ids, "comparison", page="d9")
        for ticket, said in zip((*tickets[:3], other), (RIGHT, RIGHT, WRONG, WRONG), strict=True):
            outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)
        found = precision.similar(tx, clues.get(tx, tickets[3].clue_id))
        assert (found.n, found.right) == (3, 2)
        own = precision.similar(tx, clues.get(tx, tickets[0].clue_id))
        assert (own.n, own.right) == (2, 1)
        assert 0 < own.low < own.rate < own.high < 1
