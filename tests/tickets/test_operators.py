"""Which subjects one operator runs, on what proof, and how a merge is undone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.clues import Subject
from domain.errors import IllegalMove, NotFound
from domain.pages import Block, Document, Identifier, IdentifierKind, Origin
from storage.database import Database
from tests.tickets.cases import AT, document, subject
from tickets import operators, subject_merges, subject_tables, subjects, tables, traces

TEXT = "本店春季优惠，热玛吉体验价，名额有限，先到先得。" * 8


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """Tables once; every test rolls back."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('operators') / 'truth.db'}")
    with database.write() as tx:
        tables.metadata.create_all(tx)
        subject_tables.metadata.create_all(tx)
    yield database
    database.close()


@pytest.fixture
def tx(opened: Database) -> Iterator[Connection]:
    """A transaction that is undone."""
    with opened.read() as connection:
        yield connection


def page(name: str, *shown: tuple[IdentifierKind, str], text: str = "") -> Document:
    found = document(
        f"d-{name}",
        identifiers=[Identifier(kind=kind, value=value, valid=True) for kind, value in shown],
    )
    block = Block(text=text, origin=Origin.DOM, start=0, end=len(text))
    return evolve(found, url=f"https://{name}.test/", blocks=(block,))


def seen(tx: Connection, name: str, *shown: tuple[IdentifierKind, str], text: str = "") -> Subject:
    """A stored subject and one page of it."""
    who = subject(name)
    subjects.keep(tx, who, at=AT)
    traces.keep(tx, who.id, page(name, *shown, text=text))
    return who


WECHAT = (IdentifierKind.WECHAT, "lantian01")
PHONE = (IdentifierKind.PHONE, "4000000123")
WIDGET = (IdentifierKind.WIDGET, "53kf:1000001")


def test_a_shared_contact_joins_and_says_where_it_stands(tx: Connection) -> None:
    one, other = seen(tx, "甲", WECHAT), seen(tx, "乙", (IdentifierKind.WECHAT, "LANTIAN01"))
    seen(tx, "丙", (IdentifierKind.WECHAT, "another1"))
    operator = operators.operator_of(tx, one.id)
    assert set(operator.subjects) == {one.id, other.id}
    (edge,) = operator.edges
    assert edge.joins
    (tie,) = edge.ties
    assert "微信“lantian01”" in tie.words
    assert "https://甲.test/" in tie.words
    assert "https://乙.test/" in tie.words


def test_operators_reach_further_than_one_step(tx: Connection) -> None:
    one, two, three = seen(tx, "甲", WECHAT), seen(tx, "乙", WECHAT, WIDGET), seen(tx, "丙", WIDGET)
    for who in (one, two, three):
        assert set(operators.operator_of(tx, who.id).subjects) == {one.id, two.id, three.id}


def test_sites_of_one_filing_are_one(tx: Connection) -> None:
    one = seen(tx, "甲", (IdentifierKind.ICP, "苏ICP备2026000001号-1"))
    other = seen(tx, "乙", (IdentifierKind.ICP, "苏ICP备2026000001号-12"))
    assert other.id in operators.operator_of(tx, one.id).subjects


def test_the_same_advertisement_alone_does_not_join(tx: Connection) -> None:
    qq = (IdentifierKind.QQ, "10000001")
    one, other = seen(tx, "甲", text=TEXT), seen(tx, "乙", text=TEXT + "。")
    (edge,) = operators.edges_of(tx, [one.id])
    assert (edge.other_id, edge.joins) == (other.id, False)
    assert operators.operator_of(tx, one.id).subjects == (one.id,)
    traces.keep(tx, one.id, page("甲", qq))
    traces.keep(tx, other.id, page("乙", qq))
    assert set(operators.operator_of(tx, one.id).subjects) == {one.id, other.id}


def test_short_texts_and_broken_numbers_tie_nobody(tx: Connection) -> None:
    one, other = seen(tx, "甲", text="欢迎光临"), seen(tx, "乙", text="欢迎光临")
    broken = Identifier(kind=IdentifierKind.ICP, value="ICP备1号", valid=False)
    for who in (one, other):
        traces.keep(tx, who.id, evolve(page(who.name), identifiers=(broken,)))
    assert operators.edges_of(tx, [one.id]) == ()


def test_what_everybody_shares_ties_nobody(tx: Connection) -> None:
    crowd = [seen(tx, f"店{n}", PHONE) for n in range(operators.WIDELY + 1)]
    assert operators.operator_of(tx, crowd[0].id).subjects == (crowd[0].id,)


def test_a_merge_is_followed_and_undone(tx: Connection) -> None:
    one, other = seen(tx, "甲"), seen(tx, "乙")
    subject_merges.merge(tx, kept=one.id, merged=other.id, reason="同一负责人", actor="甲", at=AT)
    assert subject_merges.standing(tx, other) == one
    assert set(operators.operator_of(tx, one.id).subjects) == {one.id, other.id}
    subject_merges.split(tx, merged=other.id, reason="负责人不同", actor="乙", at=AT)
    assert subject_merges.standing(tx, other) == other
    assert operators.operator_of(tx, one.id).subjects == (one.id,)
    moves = [(d.move, d.actor) for d in subject_merges.decisions(tx, other.id)]
    assert moves == [("merge", "甲"), ("split", "乙")]


def test_merges_that_cannot_be(tx: Connection) -> None:
    one, other = seen(tx, "甲"), seen(tx, "乙")
    with pytest.raises(NotFound):
        subject_merges.merge(tx, kept=one.id, merged="nobody", reason="x", actor="甲", at=AT)
    with pytest.raises(IllegalMove, match="理由"):
        subject_merges.merge(tx, kept=one.id, merged=other.id, reason=" ", actor="甲", at=AT)
    with pytest.raises(IllegalMove, match="没有并入"):
        subject_merges.split(tx, merged=other.id, reason="x", actor="甲", at=AT)
    subject_merges.merge(tx, kept=one.id, merged=other.id, reason="x", actor="甲", at=AT)
    for kept, merged in ((other, one), (one, other), (one, one)):
        with pytest.raises(IllegalMove):
            subject_merges.merge(tx, kept=kept.id, merged=merged.id, reason="x", actor="甲", at=AT)


@settings(max_examples=30, deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4), st.booleans()), max_size=25))
def test_any_history_of_merges_leads_somewhere_and_back(
    opened: Database, steps: list[tuple[int, int, bool]]
) -> None:
    with opened.read() as tx:
        people = [seen(tx, f"店{n}") for n in range(5)]
        for kept, merged, join in steps:
            one, other = people[kept].id, people[merged].id
            try:
                if join:
                    subject_merges.merge(tx, kept=one, merged=other, reason="x", actor="甲", at=AT)
                else:
                    subject_merges.split(tx, merged=other, reason="x", actor="甲", at=AT)
            except IllegalMove:
                continue
        heads = {subject_merges.standing_id(tx, one.id) for one in people}
        assert all(subject_merges.standing_id(tx, head) == head for head in heads)
        for who in people:
            while subject_merges.standing_id(tx, who.id) != who.id:
                subject_merges.split(tx, merged=who.id, reason="x", actor="甲", at=AT)
        assert all(subject_merges.standing_id(tx, who.id) == who.id for who in people)


def test_the_queue_of_the_unknown(tx: Connection, tmp_path: Path) -> None:
    known = seen(tx, "甲医院")
    host = evolve(known, id="h", key="host:a.test", name="a.test")
    subjects.keep(tx, host, at=AT)
    assert {one.id for one in subjects.listed(tx)} == {known.id, "h"}
    assert [one.id for one in subjects.listed(tx, unknown=True)] == ["h"]
