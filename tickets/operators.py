"""Who runs several subjects: ties between them, each with its proof (一案多查)."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from attrs import frozen
from sqlalchemy import Connection, func, or_, select, tuple_

from domain.pages import IdentifierKind
from language.simhash import distance
from tickets import subject_merges
from tickets import subject_tables as tables
from tickets.traces import CREATIVE, quarters

JOINED = 0.7
"""From this strength two subjects are taken for one operator."""

WIDELY = 12
"""What more subjects than this share belongs to a platform or a supplier and ties nobody."""

_NEAR_BITS = 3
_MOST_MEMBERS = 200
_WEIGHTS: dict[str, float] = {
    IdentifierKind.USCI.value: 0.9,
    IdentifierKind.INSTITUTION.value: 0.9,
    IdentifierKind.WIDGET.value: 0.85,
    IdentifierKind.WECHAT.value: 0.85,
    IdentifierKind.ICP.value: 0.8,
    IdentifierKind.PSB.value: 0.8,
    IdentifierKind.PHONE.value: 0.75,
    IdentifierKind.QQ.value: 0.7,
    CREATIVE: 0.45,
}
_TITLES: dict[str, str] = {
    IdentifierKind.USCI.value: "统一社会信用代码",
    IdentifierKind.INSTITUTION.value: "医疗机构登记号",
    IdentifierKind.WIDGET.value: "客服组件",
    IdentifierKind.WECHAT.value: "微信",
    IdentifierKind.ICP.value: "ICP 备案",
    IdentifierKind.PSB.value: "公安备案",
    IdentifierKind.PHONE.value: "电话",
    IdentifierKind.QQ.value: "QQ",
    CREATIVE: "广告内容",
}


@frozen(kw_only=True)
class Tie:
    """One thing that two subjects share, how much it proves, and the page of each with it."""

    kind: str
    value: str
    weight: float
    url: str
    other_url: str

    @property
    def title(self) -> str:
        """What is shared, by name."""
        return f"{_TITLES[self.kind]}“{self.value}”"

    @property
    def words(self) -> str:
        """The tie as an officer reads it."""
        return f"双方页面都有{self.title}（{self.url}；{self.other_url}）"


@frozen(kw_only=True)
class Edge:
    """All ties between two subjects. They are independent: the doubt each leaves multiplies."""

    subject_id: str
    other_id: str
    ties: tuple[Tie, ...]

    @property
    def strength(self) -> float:
        """From 0 to 1; each kind counts once, however many values are shared."""
        doubt = 1.0
        for kind in {tie.kind for tie in self.ties}:
            doubt *= 1 - _WEIGHTS[kind]
        return 1 - doubt

    @property
    def joins(self) -> bool:
        """Whether the two are taken for one operator."""
        return self.strength >= JOINED


@frozen(kw_only=True)
class Operator:
    """Subjects that hang together, and every edge that says so. `cut` when there were too many."""

    subjects: tuple[str, ...]
    edges: tuple[Edge, ...]
    cut: bool = False


def edges_of(tx: Connection, subject_ids: Collection[str]) -> tuple[Edge, ...]:
    """Every edge from one of these subjects to any other, strongest first."""
    ties: dict[tuple[str, str], list[Tie]] = {}
    for pair, tie in (*_shared(tx, subject_ids), *_same_creative(tx, subject_ids)):
        ties.setdefault(pair, []).append(tie)
    edges = (
        Edge(subject_id=one, other_id=other, ties=tuple(found))
        for (one, other), found in ties.items()
    )
    return tuple(sorted(edges, key=lambda e: (-e.strength, e.subject_id, e.other_id)))


def operator_of(tx: Connection, subject_id: str) -> Operator:
    """The subjects that joining edges and merges in force lead to, from this one on."""
    known = {subject_id}
    edges: dict[frozenset[str], Edge] = {}
    fresh = {subject_id}
    while fresh and len(known) < _MOST_MEMBERS:
        found = [edge for edge in edges_of(tx, fresh) if edge.joins]
        edges |= {frozenset((e.subject_id, e.other_id)): e for e in reversed(found)}
        reached = {edge.other_id for edge in found} | subject_merges.beside(tx, fresh)
        fresh = reached - known
        known |= fresh
    ordered = sorted(edges.values(), key=lambda e: (-e.strength, e.subject_id, e.other_id))
    return Operator(subjects=tuple(sorted(known)), edges=tuple(ordered), cut=bool(fresh))


def _shared(tx: Connection, subject_ids: Collection[str]) -> Iterator[tuple[tuple[str, str], Tie]]:
    mine, theirs = tables.traces.alias("mine"), tables.traces.alias("theirs")
    own = select(mine.c.kind, mine.c.value).where(mine.c.subject_id.in_(list(subject_ids)))
    narrow = (
        select(theirs.c.kind, theirs.c.value)
        .where(tuple_(theirs.c.kind, theirs.c.value).in_(own))
        .group_by(theirs.c.kind, theirs.c.value)
        .having(func.count().between(2, WIDELY))
        .subquery()
    )
    wanted = (
        select(
            mine.c.subject_id,
            theirs.c.subject_id.label("other_id"),
            mine.c.kind,
            mine.c.value,
            mine.c.url,
            theirs.c.url.label("other_url"),
        )
        .join(narrow, (narrow.c.kind == mine.c.kind) & (narrow.c.value == mine.c.value))
        .join(theirs, (theirs.c.kind == mine.c.kind) & (theirs.c.value == mine.c.value))
        .where(mine.c.subject_id.in_(list(subject_ids)), theirs.c.subject_id != mine.c.subject_id)
        .order_by(mine.c.kind, mine.c.value)
    )
    for row in tx.execute(wanted):
        yield (
            (row.subject_id, row.other_id),
            Tie(
                kind=row.kind,
                value=row.value,
                weight=_WEIGHTS[row.kind],
                url=row.url,
                other_url=row.other_url,
            ),
        )


def _same_creative(
    tx: Connection, subject_ids: Collection[str]
) -> Iterator[tuple[tuple[str, str], Tie]]:
    table = tables.creatives
    mine = tx.execute(select(table).where(table.c.subject_id.in_(list(subject_ids)))).all()
    for one in mine:
        near = [
            table.c[f"quarter_{n}"] == quarter
            for n, quarter in enumerate(quarters(one.fingerprint))
        ]
        others = select(table).where(or_(*near), table.c.subject_id != one.subject_id)
        found = {
            other.subject_id: other
            for other in tx.execute(others.order_by(table.c.seen_at.desc()))
            if distance(int(one.fingerprint, 16), int(other.fingerprint, 16)) <= _NEAR_BITS
        }
        if len(found) >= WIDELY:
            continue
        for other_id, other in found.items():
            yield (
                (one.subject_id, other_id),
                Tie(
                    kind=CREATIVE,
                    value=one.fingerprint,
                    weight=_WEIGHTS[CREATIVE],
                    url=one.url,
                    other_url=other.url,
                ),
            )
