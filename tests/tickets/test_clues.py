"""Clues: one per subject and creative, whatever is delivered again and in whatever order."""

from __future__ import annotations

import threading
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from domain.captures import SealStatus
from domain.clues import Clue, ClueState
from domain.errors import IllegalMove, NotFound
from domain.findings import Finding
from storage.database import Database
from tests.tickets.cases import SLUGS, CountingIds, empty, finding, one_clue, raise_on, subject
from tickets import clues, tables, worklist
from tickets.clue_moves import ClueMove, clue_move, events, legal_moves, verify_events
from tickets.worklist import ClueFilter


def sentences(page: str, words: list[tuple[str, str, bool]]) -> list[Finding]:
    """Findings of one page: (sentence, type, in the template)."""
    return [
        finding(slug, segment, document_id=page, start=place, template=template)
        for place, (segment, slug, template) in enumerate(words)
    ]


_WORDS = st.lists(
    st.tuples(st.sampled_from("abcdefg"), st.sampled_from(SLUGS[:4]), st.booleans()),
    min_size=1,
    max_size=5,
)
_PAGES = st.lists(st.tuples(st.sampled_from(["甲", "乙"]), _WORDS), min_size=1, max_size=6)


@given(pages=_PAGES, data=st.data())
@settings(max_examples=60, deadline=None)
def test_every_sentence_has_exactly_one_clue(
    pages: list[tuple[str, list[tuple[str, str, bool]]]], data: st.DataObject
) -> None:
    """All pages twice in any order: no sentence is lost, none has two clues of one subject, each
    page is a sighting of each of its sentences' clues, and the second delivery adds nothing."""
    order = data.draw(st.permutations(list(range(len(pages))) * 2))
    with empty() as tx:
        ids = CountingIds()
        seen: set[int] = set()
        for place in order:
            name, words = pages[place]
            raised = raise_on(tx, ids, *sentences(f"p{place}", words), who=subject(name))
            if place in seen:
                assert not any(case.created for case in raised)
            seen.add(place)
            for case in raised:
                assert f"p{place}" in {s.document_id for s in case.clue.sightings}
        for name in ("甲", "乙"):
            expected = {w[0] for who, words in pages if who == name for w in words}
            assert set(_owned(tx, subject(name).id)) == expected
        for clue in _all(tx):
            assert {f.segment for f in clue.findings} == {
                segment
                for segment, owner in _owned(tx, clue.subject.id).items()
                if owner == clue.id
            }
            assert not verify_events(tx, clue.id)
            assert set(clue.types) == {f.type for f in clue.findings}


def _owned(tx: Connection, subject_id: str) -> dict[str, str]:
    table = tables.clue_segments
    rows = tx.execute(
        select(table.c.segment, table.c.clue_id).where(table.c.subject_id == subject_id)
    )
    return {segment: clue_id for segment, clue_id in rows}


def _all(tx: Connection) -> list[Clue]:
    return [clues.get(tx, i) for i in tx.execute(select(tables.clues.c.id)).scalars().all()]


def test_a_repeated_advertisement_is_a_sighting(database: Database, ids: CountingIds) -> None:
    """The same words on another page add a sighting; new words beside them form a new clue."""
    with database.write() as tx:
        (first,) = raise_on(tx, ids, finding("cure_rate", "a"), finding("comparison", "b"))
        again = raise_on(
            tx,
            ids,
            finding("cure_rate", "a", document_id="d2"),
            finding("absolute_term", "c", document_id="d2"),
        )
    assert first.created
    assert [case.created for case in again] == [False, True]
    assert again[0].clue.id == first.clue.id
    assert [s.document_id for s in again[0].clue.sightings] == ["d1", "d2"]
    assert again[1].clue.types == ("absolute_term",)
    assert (first.clue.number, again[1].clue.number) == (
        "XS-2026-990100-000001",
        "XS-2026-990100-000002",
    )


def test_types_are_ordered_by_severity(database: Database, ids: CountingIds) -> None:
    """Worst first; the clue carries the worst severity and the best score."""
    with database.write() as tx:
        (case,) = raise_on(
            tx,
            ids,
            finding("comparison", "a", score=0.99),
            finding("cure_rate", "b", score=0.7),
            finding("patient_testimonial", "c", score=0.8),
            finding("prohibited_drug", "d", score=0.6),
        )
    clue = case.clue
    assert clue.types == ("prohibited_drug", "patient_testimonial", "cure_rate", "comparison")
    assert (clue.severity, clue.score) == (4, 0.99)


def test_template_words_form_one_clue_per_site(database: Database, ids: CountingIds) -> None:
    """A banner on every page is one clue of the site, apart from what the pages say."""
    with database.write() as tx:
        first = raise_on(
            tx, ids, finding("cure_rate", "a"), finding("comparison", "t", template=True)
        )
        second = raise_on(
            tx,
            ids,
            finding("comparison", "t", document_id="d2", template=True),
            finding("absolute_term", "u", document_id="d2", template=True),
        )
    template = next(case.clue for case in first if "模板广告" in case.clue.title)
    assert [case.created for case in first] == [True, True]
    assert [(case.clue.id, case.created) for case in second] == [(template.id, False)]
    assert set(second[0].clue.types) == {"comparison", "absolute_term"}


def test_workers_at_once_raise_one_clue(database: Database) -> None:
    """Eight workers on copies of one advertisement: one clue, eight sightings."""
    failures: list[BaseException] = []

    class LockedIds(CountingIds):
        lock = threading.Lock()

        def new(self) -> str:
            with self.lock:
                return super().new()

    shared = LockedIds()

    def work(page: str) -> None:
        try:
            with database.write() as tx:
                raise_on(tx, shared, finding("cure_rate", "a", document_id=page))
        except BaseException as error:  # noqa: BLE001 - reported by the main thread
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"d{n}",)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    with database.read() as tx:
        (clue,) = _all(tx)
    assert len(clue.sightings) == 8


def test_numbers_follow_year_and_region(database: Database, ids: CountingIds) -> None:
    """Each division and year of China counts for itself; what is rolled back leaves no gap."""
    late = datetime(2026, 12, 31, 16, 30, tzinfo=UTC)  # already 2027 in China
    with database.write() as tx:
        one = raise_on(tx, ids, finding("cure_rate", "a"))
        other = raise_on(tx, ids, finding("cure_rate", "b"), who=subject("乙", region=""))
    with pytest.raises(RuntimeError), database.write() as tx:
        raise_on(tx, ids, finding("cure_rate", "c"))
        raise RuntimeError
    with database.write() as tx:
        two = raise_on(tx, ids, finding("cure_rate", "c"))
        year = raise_on(tx, ids, finding("cure_rate", "d"), at=late)
    assert [case.clue.number for case in (*one, *other, *two, *year)] == [
        "XS-2026-990100-000001",
        "XS-2026-000000-000001",
        "XS-2026-990100-000002",
        "XS-2027-990100-000001",
    ]


def test_a_clue_reads_back_as_raised(database: Database, ids: CountingIds) -> None:
    """By id and by number, with findings, facts and subject as they were."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
    with database.read() as tx:
        assert clues.get(tx, clue.id) == clues.get(tx, clue.number) == clue
        assert clue.subject == subject()
        assert clue.facts[0].name == "institution_licence"
        with pytest.raises(NotFound):
            clues.get(tx, "none")


@given(moves=st.lists(st.sampled_from(ClueMove), max_size=6))
@settings(max_examples=60, deadline=None)
def test_clue_moves_keep_to_the_table(moves: list[ClueMove]) -> None:
    """Any sequence of moves: the illegal ones change nothing, and the history verifies."""
    with empty() as tx:
        ids = CountingIds()
        target = one_clue(tx, ids, "comparison")
        clue = one_clue(tx, ids, "cure_rate", page="d2")
        expected = ["raise"]
        for move in moves:
            state = clues.get(tx, clue.id).state
            into = target.id if move is ClueMove.MERGE else None
            try:
                clue_move(tx, clue_id=clue.id, move=move, actor="甲", at=clue.raised_at, into=into)
            except IllegalMove:
                assert move not in legal_moves(state)
                assert clues.get(tx, clue.id).state is state
            else:
                assert move in legal_moves(state)
                expected.append(move.value)
        assert [event.move for event in events(tx, clue.id)] == expected
        assert not verify_events(tx, clue.id)


def test_what_was_merged_is_seen_on_the_survivor(database: Database, ids: CountingIds) -> None:
    """A merged clue's words add sightings and findings to the clue it was merged into."""
    with database.write() as tx:
        target = one_clue(tx, ids, "comparison")
        clue = one_clue(tx, ids, "cure_rate", page="d2")
        at = clue.raised_at
        clue_move(tx, clue_id=clue.id, move=ClueMove.REVIEW, actor="甲", at=at)
        with pytest.raises(IllegalMove, match="须指明"):
            clue_move(tx, clue_id=clue.id, move=ClueMove.MERGE, actor="甲", at=at)
        with pytest.raises(IllegalMove, match="自身"):
            clue_move(tx, clue_id=clue.id, move=ClueMove.MERGE, actor="甲", at=at, into=clue.id)
        clue_move(tx, clue_id=clue.id, move=ClueMove.MERGE, actor="甲", at=at, into=target.id)
        again = raise_on(tx, ids, finding("cure_rate", "d2-cure_rate", document_id="d3"))
        merged = clues.get(tx, clue.id)
    assert (merged.state, merged.merged_into) == (ClueState.MERGED, target.id)
    assert [(case.clue.id, case.created) for case in again] == [(target.id, False)]
    assert "d3" in {s.document_id for s in again[0].clue.sightings}


def test_lists_filter_and_page(database: Database, ids: CountingIds) -> None:
    """Newest first, by state, type and division, without overlap between pages."""
    with database.write() as tx:
        for number in range(7):
            slug = "cure_rate" if number % 2 else "comparison"
            who = subject(f"甲{number}", region="990102" if number < 3 else "320706")
            one_clue(tx, ids, slug, who=who, page=f"d{number}")
        last = one_clue(tx, ids, "disguised", who=subject("乙"), page="d9")
        clue_move(tx, clue_id=last.id, move=ClueMove.REVIEW, actor="甲", at=last.raised_at)
        clues.set_seal(tx, clue_id=last.id, seal=SealStatus.INCOMPLETE)
    with database.read() as tx:
        found: list[str] = []
        after = None
        while True:
            page = worklist.clues(tx, ClueFilter(), after=after, limit=3)
            found += [entry.id for entry in page.entries]
            after = page.after
            if after is None:
                break
        assert found == sorted(found, reverse=True)
        assert len(found) == len(set(found)) == 8
        newest = worklist.clues(tx, ClueFilter(), limit=1).entries[0]
        assert (newest.id, newest.seal, newest.sightings) == (last.id, SealStatus.INCOMPLETE, 1)
        assert worklist.count_clues(tx, ClueFilter(type="cure_rate")) == 3
        assert worklist.count_clues(tx, ClueFilter(region="990100")) == 4
        assert worklist.count_clues(tx, ClueFilter(region="990102")) == 3
        assert worklist.count_clues(tx, ClueFilter(state=ClueState.REVIEWING)) == 1
        assert worklist.count_clues(tx, ClueFilter(offices=frozenset({"990100-health"}))) == 0


def test_an_altered_history_is_found(database: Database, ids: CountingIds) -> None:
    """Changing the actor of a past event breaks its digest."""
    with database.write() as tx:
        clue = one_clue(tx, ids, "cure_rate")
        clue_move(tx, clue_id=clue.id, move=ClueMove.REVIEW, actor="甲", at=clue.raised_at)
        tx.execute(tables.clue_events.update().values(actor="乙"))
        assert len(verify_events(tx, clue.id)) == 2
