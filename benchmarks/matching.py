"""How well and how fast mentions find their institution in a city of 20,000, against a plain peer.

Usage: python -m benchmarks.matching [SEED]
"""

from __future__ import annotations

import difflib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from attrs import frozen
from rich.console import Console
from rich.table import Table

from domain.findings import Existence
from domain.ids import derive_id
from domain.pages import Document, PageKind
from language.identifiers import identifiers
from registers.answers import Answer, about_subject
from registers.kinds import kind_of
from registers.matching import inquiry
from registers.store import import_register
from registers.tables import metadata
from sitefarm import city as cities
from sitefarm import city_files
from sitefarm.city import BEFORE, TODAY, City, Mention
from storage.database import Database

DAY = TODAY + timedelta(days=14)
INSTITUTIONS, MENTIONS, PEER_MENTIONS = 20_000, 2_400, 48
_SCAN_CUTOFF = 0.6


@frozen(kw_only=True)
class Outcome:
    """What the register answered to one mention."""

    mention: Mention
    answer: Existence
    record: str | None

    @property
    def right(self) -> bool:
        """Whether it was decided for the very record that was meant."""
        return self.record is not None and self.record == self.mention.truth


def main() -> None:
    """Print the tables of docs/benchmarks.md."""
    seed = sys.argv[1] if len(sys.argv) > 1 else "bench"
    city = cities.build(seed=seed, institutions=INSTITUTIONS, mentions=MENTIONS)
    with tempfile.TemporaryDirectory() as name:
        database = Database(f"sqlite:///{Path(name) / 'truth.db'}")
        seconds = _import(database, city, Path(name))
        started = time.perf_counter()
        outcomes = list(_outcomes(database, city.mentions))
        ours = (time.perf_counter() - started) / len(outcomes)
        database.close()
    peer = _scan_seconds(city)
    console = Console(width=120)
    console.print(_by_case(outcomes))
    console.print(_summary(outcomes))
    rows = len(city.before) + len(city.today)
    console.print(f"import: {rows / seconds:.0f} records/s")
    console.print(
        f"look-up: {1 / ours:.0f}/s; peer (difflib over all names): {1 / peer:.1f}/s; "
        f"ratio {peer / ours:.0f}"
    )


def _import(database: Database, city: City, directory: Path) -> float:
    city_files.write(city, directory)
    with database.write() as tx:
        metadata.create_all(tx)
    started = time.perf_counter()
    for day in (BEFORE, TODAY):
        with database.write() as tx:
            path = directory / f"institution-{day}.csv"
            at = datetime(2026, 3, 1, tzinfo=UTC)
            report = import_register(tx, "institution", path, as_of=day, at=at, complete=True)
        assert not report.errors, report.errors[:3]
    return time.perf_counter() - started


def _outcomes(database: Database, mentions: Iterable[Mention]) -> Iterable[Outcome]:
    kind = kind_of("institution")
    with database.read() as tx:
        for mention in mentions:
            asked = inquiry(_page(mention), day=DAY, region=mention.region)
            found = about_subject(tx, kind, "institution_licence", asked)
            yield Outcome(mention=mention, answer=found.fact.answer, record=_record(found))


def _record(found: Answer) -> str | None:
    return found.version.entry.numbers["licence_no"] if found.version else None


def _page(mention: Mention) -> Document:
    text = "\n".join(
        [
            mention.name,
            f"电话：{mention.phone}",
            f"地址：{mention.address}",
            f"统一社会信用代码、登记号：{mention.number}",
        ]
    )
    return Document(
        id=derive_id(text),
        url="https://page.test/",
        canonical_url="https://page.test/",
        site="page.test",
        source_id=None,
        captured_at=datetime.combine(DAY, datetime.min.time(), tzinfo=UTC),
        payload_digest="sha256:" + "0" * 64,
        page="site@1",
        kind=PageKind.HOME,
        title="",
        text=text,
        blocks=(),
        identifiers=identifiers(text),
        subject_hint=mention.name,
    )


def _scan_seconds(city: City) -> float:
    """Seconds a mention for the plain way: compare the name with every name of the city."""
    names = [one.name for one in city.today]
    sample: Sequence[Mention] = city.mentions[:PEER_MENTIONS]
    started = time.perf_counter()
    for mention in sample:
        difflib.get_close_matches(mention.name, names, n=1, cutoff=_SCAN_CUTOFF)
    return (time.perf_counter() - started) / len(sample)


def _by_case(outcomes: Sequence[Outcome]) -> Table:
    table = Table(title=f"{len(outcomes)} mentions, {INSTITUTIONS} institutions, as of {DAY}")
    for column in ("case", "n", "right record", "wrong record", "有", "无", "未核实"):
        table.add_column(column)
    for case in dict.fromkeys(one.mention.case for one in outcomes):
        found = [one for one in outcomes if one.mention.case == case]
        answers = Counter(one.answer for one in found)
        right = sum(one.right for one in found)
        wrong = sum(one.record is not None and not one.right for one in found)
        counts = [answers[answer] for answer in Existence]
        table.add_row(case, *map(str, (len(found), right, wrong, *counts)))
    return table


def _summary(outcomes: Sequence[Outcome]) -> str:
    decided = [one for one in outcomes if one.record is not None]
    meant = [one for one in outcomes if one.mention.truth is not None]
    right = sum(one.right for one in outcomes)
    nobody = [one for one in outcomes if one.mention.truth is None]
    denied = sum(one.answer is Existence.ABSENT for one in meant)
    absent = sum(one.answer is Existence.ABSENT for one in nobody)
    return (
        f"precision {right / len(decided):.4f} ({right}/{len(decided)}), "
        f"recall {right / len(meant):.4f} ({right}/{len(meant)}); "
        f"registered but 无: {denied}/{len(meant)}; "
        f"not registered and 无: {absent}/{len(nobody)}"
    )


if __name__ == "__main__":
    main()
