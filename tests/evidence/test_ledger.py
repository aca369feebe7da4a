"""Hash chains: numbering, linking, canonical form."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from evidence import ledger
from evidence.digests import canonical_json
from storage.database import Database

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def write(database: Database, writer: str, subject: str) -> ledger.Entry:
    with database.write() as tx:
        return ledger.append(
            tx,
            writer=writer,
            actor="甲",
            action="read",
            subject=subject,
            detail={"purpose": "研判"},
            at=AT,
        )


def test_each_writer_has_a_chain_without_gaps(database: Database) -> None:
    for number in range(3):
        write(database, "w1", f"s{number}")
        write(database, ledger.ACCESS, f"s{number}")
    with database.read() as tx:
        assert ledger.writers(tx) == [ledger.ACCESS, "w1"]
        chain = list(ledger.chain(tx, "w1"))
    assert [entry.seq for entry in chain] == [1, 2, 3]
    assert chain[0].previous == ledger.GENESIS
    assert [entry.previous for entry in chain[1:]] == [entry.digest for entry in chain[:-1]]
    assert all(ledger.digest_of(entry) == entry.digest for entry in chain)


def test_a_rolled_back_entry_leaves_no_gap(database: Database) -> None:
    write(database, "w1", "kept")

    with pytest.raises(RuntimeError), database.write() as tx:
        ledger.append(tx, writer="w1", actor="a", action="x", subject="lost", detail={}, at=AT)
        raise RuntimeError
    assert write(database, "w1", "next").seq == 2


def test_long_chains_are_read_whole(database: Database) -> None:
    acts = [ledger.Act(actor="a", action="x", subject=str(n)) for n in range(1203)]
    with database.write() as tx:
        ledger.extend(tx, writer="w1", acts=acts, at=AT)
    with database.read() as tx:
        assert [entry.seq for entry in ledger.chain(tx, "w1")] == list(range(1, 1204))


def test_every_field_is_covered_by_the_digest(database: Database) -> None:
    entry = write(database, "w1", "s")
    for changed in (
        evolve(entry, writer="w2"),
        evolve(entry, seq=2),
        evolve(entry, at=datetime(2026, 3, 2, 8, 0, 1, tzinfo=UTC)),
        evolve(entry, actor="乙"),
        evolve(entry, action="write"),
        evolve(entry, subject="t"),
        evolve(entry, detail='{"purpose":"x"}'),
        evolve(entry, previous="sha256:" + "1" * 64),
    ):
        assert ledger.digest_of(changed) != entry.digest


def test_entries_about_an_id(database: Database) -> None:
    for subject in ("a", "b", "a"):
        write(database, "w1", subject)
    with database.read() as tx:
        assert [entry.seq for entry in ledger.entries_about(tx, ["a"])] == [1, 3]


@given(st.dictionaries(st.text(), st.one_of(st.none(), st.integers(), st.text()), max_size=5))
def test_canonical_json_does_not_depend_on_order(value: dict[str, object]) -> None:
    turned = dict(reversed(list(value.items())))
    assert canonical_json(turned) == canonical_json(value)
    assert canonical_json(value).isascii()
