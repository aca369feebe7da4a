"""Work is claimed by one at a time, comes back by itself, and a lost lease writes nothing."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
)
from sqlalchemy import Column, MetaData, String, insert, select, update

from domain.errors import LeaseLost
from storage.database import Database
from storage.leases import (
    Lease,
    WorkState,
    claim,
    database_time,
    depth,
    finish,
    give_back,
    park,
    parked,
    queue,
    renew,
)

metadata = MetaData()
jobs = queue("jobs", metadata, Column("topic", String(20), nullable=False, default="a"))


def fill(database: Database, *names: str) -> None:
    with database.write() as tx:
        metadata.create_all(tx)
        for name in names:
            tx.execute(insert(jobs).values(id=name))


def take(database: Database, owner: str = "worker", limit: int = 10) -> list[Lease]:
    with database.write() as tx:
        return claim(tx, jobs, owner=owner, limit=limit, seconds=60)


def expire(database: Database, lease: Lease) -> None:
    with database.write() as tx:
        tx.execute(update(jobs).where(jobs.c.id == lease.id).values(lease_until=1.0))


def states(database: Database) -> dict[str, str]:
    with database.read() as tx:
        return {row.id: row.work_state for row in tx.execute(select(jobs.c.id, jobs.c.work_state))}


def test_the_database_clock_counts_seconds_since_1970(database: Database) -> None:
    with database.read() as tx:
        now = tx.execute(select(database_time(tx))).scalar_one()
        later = tx.execute(select(database_time(tx))).scalar_one()
    assert datetime(2024, 1, 1, tzinfo=UTC).timestamp() < now <= later < now + 60


def test_claimed_in_order_up_to_the_limit_and_once_only(database: Database) -> None:
    fill(database, "c", "a", "b", "d")
    with database.write() as tx:
        tx.execute(update(jobs).where(jobs.c.id == "d").values(work_order=-1))
    assert [lease.id for lease in take(database, limit=3)] == ["d", "a", "b"]
    assert [lease.id for lease in take(database, limit=3)] == ["c"]
    assert take(database) == []


def test_a_worker_claims_only_what_it_asks_for(database: Database) -> None:
    fill(database, "a", "b")
    with database.write() as tx:
        tx.execute(update(jobs).where(jobs.c.id == "b").values(topic="pictures"))
        wanted = jobs.c.topic == "pictures"
        found = claim(tx, jobs, owner="w", limit=5, seconds=60, where=wanted)
    assert [(lease.id, lease.row["topic"], lease.attempts) for lease in found] == [
        ("b", "pictures", 1)
    ]


def test_a_dead_workers_lease_returns_and_it_can_finish_nothing(database: Database) -> None:
    fill(database, "a")
    [old] = take(database, "dead")
    expire(database, old)
    [new] = take(database, "alive")
    assert (new.fence, new.attempts) == (old.fence + 1, 2)
    for settle in (finish, lambda *args: renew(*args, seconds=60), give_back):
        with pytest.raises(LeaseLost), database.write() as tx:
            settle(tx, jobs, old)
    with database.write() as tx:
        finish(tx, jobs, new)
    assert states(database) == {"a": "done"}


def test_results_written_with_a_lost_lease_are_rolled_back(database: Database) -> None:
    fill(database, "a")
    [old] = take(database)
    expire(database, old)
    take(database, "other")
    with pytest.raises(LeaseLost), database.write() as tx:
        tx.execute(insert(jobs).values(id="result"))
        finish(tx, jobs, old)
    assert set(states(database)) == {"a"}


def test_a_renewed_lease_is_kept(database: Database) -> None:
    fill(database, "a")
    [lease] = take(database)
    expire(database, lease)
    with database.write() as tx:
        renew(tx, jobs, lease, seconds=60)
    assert take(database, "other") == []
    with database.write() as tx:
        finish(tx, jobs, lease)


def test_work_given_back_waits_its_delay_and_stopping_costs_no_attempt(
    database: Database,
) -> None:
    fill(database, "a", "b")
    first, second = take(database)
    with database.write() as tx:
        give_back(tx, jobs, first)
        give_back(tx, jobs, second, error="timed out", delay=3600)
    [again] = take(database)
    assert (again.id, again.attempts) == ("a", 1)
    with database.read() as tx:
        row = tx.execute(select(jobs).where(jobs.c.id == "b")).one()
    assert (row.work_state, row.attempts, row.last_error) == ("ready", 1, "timed out")


def test_work_that_keeps_failing_is_parked_for_a_person(database: Database) -> None:
    fill(database, "a", "b")
    for attempt in range(1, 4):
        lease = take(database, limit=1)[0]
        with database.write() as tx:
            state = give_back(tx, jobs, lease, error="x" * 5000, max_attempts=3)
        assert state is (WorkState.PARKED if attempt == 3 else WorkState.READY)
    [other] = take(database)
    with database.write() as tx:
        park(tx, jobs, other, error="no such page")
    assert take(database) == []
    with database.read() as tx:
        waiting = {row["id"]: row["last_error"] for row in parked(tx, jobs)}
        assert depth(tx, jobs) == {
            WorkState.READY: 0,
            WorkState.LEASED: 0,
            WorkState.DONE: 0,
            WorkState.PARKED: 2,
        }
    assert waiting == {"a": "x" * 1000, "b": "no such page"}


def test_many_workers_at_once_share_the_work_without_overlap(database: Database) -> None:
    fill(database, *(f"{n:03}" for n in range(120)))
    done: list[str] = []

    def work(owner: str) -> None:
        while leases := take(database, owner, limit=7):
            assert len(leases) <= 7
            with database.write() as tx:
                for lease in leases:
                    finish(tx, jobs, lease)
            done.extend(lease.id for lease in leases)

    threads = [threading.Thread(target=work, args=(f"worker{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(done) == [f"{n:03}" for n in range(120)]


class Queue(RuleBasedStateMachine):
    """Any order of work, death and return: every claim ends exactly once."""

    held = Bundle("held")

    def __init__(self) -> None:
        super().__init__()
        self.database = Database("sqlite:///:memory:")
        fill(self.database)
        self.current: dict[str, int] = {}
        self.ended = dict.fromkeys(("done", "failed", "returned", "expired"), 0)
        self.claimed = 0
        self.finished: set[str] = set()
        self.names = 0

    def teardown(self) -> None:
        self.database.close()

    @initialize(count=st.integers(1, 5))
    def start(self, count: int) -> None:
        self.add(count)

    @rule(count=st.integers(1, 3))
    def add(self, count: int) -> None:
        with self.database.write() as tx:
            for _ in range(count):
                self.names += 1
                tx.execute(insert(jobs).values(id=f"{self.names:03}"))

    @rule(target=held, limit=st.integers(1, 4))
    def claim(self, limit: int) -> object:
        leases = take(self.database, limit=limit)
        for lease in leases:
            assert lease.id not in self.current
            assert lease.id not in self.finished
            self.current[lease.id] = lease.fence
        self.claimed += len(leases)
        return multiple(*leases)

    @rule(lease=held)
    def die(self, lease: Lease) -> None:
        """The worker dies; its lease runs out and someone else may claim the row."""
        if self.current.get(lease.id) != lease.fence:
            return
        expire(self.database, lease)
        [again] = self._claim_again(lease)
        assert again.fence > lease.fence
        self.ended["expired"] += 1
        self.claimed += 1
        with self.database.write() as tx:
            give_back(tx, jobs, again)
        del self.current[lease.id]
        self.ended["returned"] += 1

    @rule(lease=consumes(held))
    def finish(self, lease: Lease) -> None:
        if self._settle(lease, "done", lambda tx: finish(tx, jobs, lease)):
            self.finished.add(lease.id)

    @rule(lease=held)
    def stop(self, lease: Lease) -> None:
        self._settle(lease, "returned", lambda tx: give_back(tx, jobs, lease))

    @rule(lease=held)
    def fail(self, lease: Lease) -> None:
        self._settle(lease, "failed", lambda tx: give_back(tx, jobs, lease, error="no"))

    @rule(lease=held)
    def renew(self, lease: Lease) -> None:
        self._settle(lease, None, lambda tx: renew(tx, jobs, lease, seconds=60))

    @invariant()
    def every_claim_has_ended_or_is_held(self) -> None:
        assert self.claimed == sum(self.ended.values()) + len(self.current)
        found = states(self.database)
        leased = {name for name, state in found.items() if state == "leased"}
        assert leased == set(self.current)
        assert {name for name, state in found.items() if state == "done"} == self.finished

    def _claim_again(self, lease: Lease) -> list[Lease]:
        with self.database.write() as tx:
            mine = jobs.c.id == lease.id
            return claim(tx, jobs, owner="other", limit=5, seconds=60, where=mine)

    def _settle(self, lease: Lease, ending: str | None, act: object) -> bool:
        """Act on a lease; only its holder succeeds, everyone else is told LeaseLost."""
        assert callable(act)
        if self.current.get(lease.id) != lease.fence:
            with pytest.raises(LeaseLost), self.database.write() as tx:
                act(tx)
            return False
        with self.database.write() as tx:
            act(tx)
        if ending is not None:
            del self.current[lease.id]
            self.ended[ending] += 1
        return True


TestQueue = Queue.TestCase
TestQueue.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
