"""Coverage gaps: one row per place and outcome, closed by what is seen afterwards."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from domain.captures import Capture
from domain.outcomes import Outcome
from evidence import gaps
from evidence.writer import EvidenceWriter
from storage.database import Database

AT = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def note(database: Database, path: str, outcome: Outcome, minutes: int, reason: str = "r") -> None:
    with database.write() as tx:
        gaps.note(
            tx,
            url=f"http://qinghe.test/{path}",
            source_id="qinghe",
            outcome=outcome,
            reason=reason,
            at=AT + timedelta(minutes=minutes),
        )


def test_a_block_is_a_gap_of_the_whole_host(database: Database) -> None:
    note(database, "a", Outcome.CAPTCHA, 0, "first")
    note(database, "b", Outcome.CAPTCHA, 5, "second")
    with database.read() as tx:
        [gap] = gaps.gaps(tx)
    assert (gap.place, gap.outcome, gap.count) == ("qinghe.test", Outcome.CAPTCHA, 2)
    assert (gap.since, gap.last_seen) == (AT, AT + timedelta(minutes=5))
    assert (gap.url, gap.reason) == ("http://qinghe.test/b", "second")
    assert gap.is_open


def test_what_is_late_does_not_move_the_end_back(database: Database) -> None:
    note(database, "a", Outcome.CAPTCHA, 5)
    note(database, "a", Outcome.CAPTCHA, 1)
    with database.read() as tx:
        [gap] = gaps.gaps(tx)
    assert gap.last_seen == AT + timedelta(minutes=5)


def test_pages_and_outcomes_are_told_apart_newest_first(database: Database) -> None:
    note(database, "a", Outcome.TOO_LARGE, 0)
    note(database, "b", Outcome.TOO_LARGE, 1)
    note(database, "b", Outcome.TIMEOUT, 2)
    with database.read() as tx:
        found = [(gap.place, gap.outcome) for gap in gaps.gaps(tx)]
        assert found == [
            ("qinghe.test", Outcome.TIMEOUT),
            ("http://qinghe.test/b", Outcome.TOO_LARGE),
            ("http://qinghe.test/a", Outcome.TOO_LARGE),
        ]
        assert len(gaps.gaps(tx, limit=2)) == 2


def test_a_good_capture_afterwards_closes_the_gap(
    database: Database,
    writer: EvidenceWriter,
    capture: Callable[..., Capture],
    later: Callable[..., None],
) -> None:
    writer.record([capture()])
    note(database, "x", Outcome.TIMEOUT, 0)
    with database.read() as tx:
        [gap] = gaps.gaps(tx)
    assert gap.last_good == capture().captured_at
    assert gap.is_open
    later(hours=3)
    writer.record([capture()])
    with database.read() as tx:
        [gap] = gaps.gaps(tx)
    assert gap.last_good == capture().captured_at
    assert not gap.is_open
