"""Whatever workers do, in whatever order, no address is lost or doubled and the books balance."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule
from sqlalchemy import func, select, update

from crawlers.frontier import leases, links, pauses, reports, store
from crawlers.frontier.records import Found, HostLease, Visit, Visited
from crawlers.frontier.tables import hosts, metadata, urls
from domain.errors import LeaseLost
from domain.ids import derive_id
from domain.outcomes import Outcome
from domain.sources import RiskTier
from storage.database import Database
from tests.crawling.loopback import START

HOSTS = ("a.test", "b.test", "c.test")


class FrontierMachine(RuleBasedStateMachine):
    """Two workers, one of which may die at any moment."""

    held: Bundle[HostLease] = Bundle("held")
    taken: Bundle[Visit] = Bundle("taken")

    def __init__(self) -> None:
        super().__init__()
        self.database = Database("sqlite:///:memory:")
        metadata.create_all(self.database.engine)
        self.now = START
        self.known: set[str] = set()
        self.settled = 0

    def teardown(self) -> None:
        self.database.close()

    @rule(host=st.sampled_from(HOSTS), numbers=st.lists(st.integers(1, 30), max_size=8))
    def links_are_found(self, host: str, numbers: list[int]) -> None:
        found = [Found(url=f"http://{host}/{n}", source_id="s", priority=n % 3) for n in numbers]
        with self.database.write() as tx:
            report = links.add(tx, found, now=self.now, reason="test")
        fresh = {item.url for item in found} - self.known
        assert (report.added, report.refused) == (len(fresh), 0)
        self.known |= fresh

    @rule(target=held, owner=st.sampled_from(["one", "two"]), limit=st.integers(1, 3))
    def a_worker_leases(self, owner: str, limit: int) -> Any:
        with self.database.write() as tx:
            leased = leases.lease(tx, owner=owner, now=self.now, limit=limit, seconds=1000)
            assert all(pauses.covering(tx, one.host) is None for one in leased)
        return multiple(*leased)

    @rule(target=taken, lease=held)
    def a_worker_takes(self, lease: HostLease) -> Any:
        with self.database.write() as tx:
            visit = store.peek(tx, lease, now=self.now)
            if visit is None or not store.take(tx, visit):
                return multiple()
            return visit

    @rule(visit=taken, outcome=st.sampled_from(list(Outcome)), digest=st.sampled_from("ab"))
    def a_visit_ends(self, visit: Visit, outcome: Outcome, digest: str) -> None:
        ended = Visited(
            visit=visit, outcome=outcome, at=self.now, risk=RiskTier.HIGH, digest=digest
        )
        with self.database.write() as tx:
            before = tx.execute(
                select(hosts.c.fence, urls.c.state)
                .join(urls, urls.c.host == hosts.c.host)
                .where(urls.c.id == visit.id)
            ).one()
            settled = store.settle(tx, ended)
        assert not settled or tuple(before) == (visit.fence, "taken"), "an old fence wrote"
        self.settled += settled

    @rule(visit=taken)
    def a_visit_is_given_back(self, visit: Visit) -> None:
        with self.database.write() as tx:
            store.give_back(tx, visit)

    @rule(lease=held)
    def a_worker_releases(self, lease: HostLease) -> None:
        try:
            with self.database.write() as tx:
                leases.release(tx, lease)
        except LeaseLost:
            pass

    @rule(place=st.sampled_from([*HOSTS, pauses.EVERYWHERE]), stop=st.booleans())
    def a_person_stops_or_resumes(self, place: str, stop: bool) -> None:
        with self.database.write() as tx:
            if stop:
                pauses.pause(tx, place, at=self.now, actor="test", reason="test")
            else:
                pauses.resume(tx, place)

    @rule(lease=held)
    def a_lease_expires(self, lease: HostLease) -> None:
        with self.database.write() as tx:
            tx.execute(update(hosts).where(hosts.c.host == lease.host).values(lease_until=0.0))

    @rule(hours=st.integers(1, 200))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    @invariant()
    def every_address_is_there_once(self) -> None:
        with self.database.read() as tx:
            stored = tx.execute(select(urls.c.id)).scalars().all()
        assert sorted(stored) == sorted(derive_id(url) for url in self.known)

    @invariant()
    def the_books_balance(self) -> None:
        with self.database.read() as tx:
            books = reports.conservation(tx)
            visits = tx.execute(select(func.coalesce(func.sum(urls.c.visits), 0))).scalar_one()
        assert books.balanced, books
        assert books.done + books.failed == self.settled == visits

    @invariant()
    def nothing_waits_unnoticed(self) -> None:
        """A host that nobody leases or stops is ready as soon as any of its addresses is due."""
        with self.database.read() as tx:
            if pauses.all(tx):
                return
            moment = leases.next_moment(tx)
            due = tx.execute(select(func.min(urls.c.next_due)).where(urls.c.state == "waiting"))
            earliest = due.scalar_one()
        assert earliest is None or (moment is not None and moment <= max(earliest, self.now))


FrontierMachine.TestCase.settings = settings(
    max_examples=40,
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
TestFrontier = FrontierMachine.TestCase
