"""Work that comes twice or in another order, files that end in the middle, a clock that jumps."""

from __future__ import annotations

import random
from datetime import timedelta
from itertools import cycle

import pytest
from sqlalchemy import select, update

from cluewatch.anchoring import Anchoring
from evidence import anchors
from evidence.tables import outbox
from evidence.verify import verify
from storage import leases
from storage.leases import WorkState
from tests.clocks import StillClock
from tests.faults.conftest import Home, Settled, Untroubled
from tests.faults.feed import START, captures, groups, hasten, work_all

pytestmark = pytest.mark.faults


@pytest.mark.parametrize("seed", ["one", "two"])
def test_work_twice_and_in_any_order_changes_nothing(
    home: Home, untroubled: Untroubled, settled: Settled, seed: str
) -> None:
    services, dice = home(), random.Random(seed)  # noqa: S311 - a repeatable order
    made = captures("faults", 6)
    dice.shuffle(made)
    with services.evidence_writer("test") as writer:
        for group in groups(made, 2):
            writer.record(group + group[:1])
            with services.truth.write() as tx:
                rows = list(tx.scalars(select(outbox.c.id)))
                for id_ in dice.sample(rows, len(rows) // 2):
                    again = {"work_state": "ready", "work_order": dice.randrange(1000)}
                    tx.execute(update(outbox).where(outbox.c.id == id_).values(again))
            work_all(services)
    assert settled(services) == untroubled("faults", 6)


def test_a_half_written_warc_is_cut_and_the_work_goes_on(
    home: Home, untroubled: Untroubled, settled: Settled
) -> None:
    services = home()
    for number, group in enumerate(groups(captures("faults", 6), 2)):
        with services.evidence_writer(f"dead{number}") as writer:
            writer.record(group)
        last = sorted(services.settings.evidence_directory.glob(f"warc/*dead{number}*"))[-1]
        whole = last.read_bytes()
        with last.open("ab") as tail:
            tail.write(whole[: len(whole) // 3])
        work_all(services)
    assert len(list(services.settings.evidence_directory.glob("warc/*.torn"))) == 2
    assert settled(services) == untroubled("faults", 6)


def test_a_civil_clock_that_jumps_about_loses_nothing(
    home: Home, untroubled: Untroubled, settled: Settled
) -> None:
    services = home()
    clock = services.__dict__["clock"] = _Closable(START)
    jumps = (timedelta(days=400), -timedelta(days=800), timedelta(hours=3), -timedelta(seconds=1))
    for jump, group in zip(cycle(jumps), groups(captures("faults", 6), 1), strict=False):
        clock.moment += jump
        with services.evidence_writer("test") as writer:
            writer.record(group)
        work_all(services)
        Anchoring(services).work()
    clock.moment = START + timedelta(days=1)  # set right; seals that were refused are made now
    hasten(services)
    work_all(services)
    assert settled(services) == untroubled("faults", 6)


def test_days_that_a_clock_ahead_has_named_are_anchored_all_the_same(home: Home) -> None:
    services = home()
    clock = services.__dict__["clock"] = _Closable(START)
    days = []
    for day in (0, 60, 1, 2, 61):
        clock.moment = START + timedelta(days=day)
        with services.evidence_writer("test") as writer:
            writer.record(captures(f"day{day}", 1, since=clock.moment - timedelta(days=1)))
        clock.moment += timedelta(days=1)
        Anchoring(services).work()
    with services.truth.read() as tx:
        days = [anchor.day for anchor in anchors.all_anchors(tx)]
        assert sum(anchor.entries for anchor in anchors.all_anchors(tx)) >= 5
    assert len(days) == 5
    report = verify(directory=services.settings.evidence_directory, database=services.truth)
    assert report.problems == ()


@pytest.mark.parametrize("back", [timedelta(days=1), timedelta(days=3650)])
def test_a_lease_from_before_the_clock_was_put_back_ends(home: Home, back: timedelta) -> None:
    services = home()
    with services.evidence_writer("test") as writer:
        writer.record(captures("back", 3))
    with services.truth.write() as tx:
        first, second, third = leases.claim(tx, outbox, owner="dead", limit=3, seconds=60)
        leases.give_back(tx, outbox, third, error="later", delay=60)
        later = {"lease_until": outbox.c.lease_until + back.total_seconds()}
        tx.execute(update(outbox).where(outbox.c.id.in_((first.id, second.id))).values(later))
        put_off = {"not_before": outbox.c.not_before + back.total_seconds()}
        tx.execute(update(outbox).where(outbox.c.id == third.id).values(put_off))
        again = leases.claim(tx, outbox, owner="alive", limit=3, seconds=60)
        assert {lease.id for lease in again} == {first.id, second.id, third.id}
        assert leases.depth(tx, outbox)[WorkState.LEASED] == 3
    hasten(services)


class _Closable(StillClock):
    """A clock as Services wires it."""

    def close(self) -> None:
        """Nothing is open."""
