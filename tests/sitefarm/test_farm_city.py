"""The invented city: the same for the same seed, taken whole by the registers, and read back."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.findings import Existence
from registers.answers import about_subject
from registers.kinds import kind_of
from registers.matching import Inquiry
from registers.names import name_key, phone_keys
from registers.store import import_register
from registers.tables import metadata
from sitefarm import city as cities
from sitefarm import city_files
from sitefarm.city import BEFORE, TODAY, City
from storage.database import Database


@pytest.fixture(scope="module")
def city() -> City:
    return cities.build(seed="test", institutions=400, mentions=240)


def test_the_seed_decides_everything(city: City, tmp_path: Path) -> None:
    again = cities.build(seed="test", institutions=400, mentions=240)
    assert again == city
    assert cities.build(seed="other", institutions=400, mentions=240) != city
    city_files.write(city, tmp_path)
    lines = (tmp_path / "mentions.jsonl").read_text("utf-8").splitlines()
    assert len(lines) == 240
    assert json.loads(lines[0])["truth"] == city.mentions[0].truth


def test_numbers_are_unique_and_truths_exist(city: City) -> None:
    numbers = {one.licence_no for one in city.before}
    assert len(numbers) == len(city.before) == 400
    assert {m.truth for m in city.mentions if m.truth} <= numbers


def test_registers_take_the_city_and_name_nobody_wrongly(city: City, tmp_path: Path) -> None:
    """Every list imports without an error; no mention is told a wrong record or a false 无."""
    city_files.write(city, tmp_path)
    database = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    lists = {
        f"institution-{BEFORE}.csv": BEFORE,
        f"institution-{TODAY}.csv": TODAY,
        **dict.fromkeys(("business.csv", "doctor.csv", "insured_institution.csv"), TODAY),
    }
    found = 0
    with database.write() as tx:
        metadata.create_all(tx)
        for name, day in lists.items():
            kind, at = Path(name).stem.split("-")[0], datetime(2026, 3, 1, tzinfo=UTC)
            report = import_register(tx, kind, tmp_path / name, as_of=day, at=at, complete=True)
            assert report.errors == ()
        for mention in city.mentions:
            scheme = "usci" if len(mention.number) == 18 else "licence_no"
            asked = Inquiry(
                day=date(2026, 3, 14),
                subject=mention.name,
                numbers={scheme: (mention.number,)} if mention.number else {},
                names=(name_key(mention.name),),
                phones=phone_keys(mention.phone),
                region=mention.region,
            )
            answer = about_subject(tx, kind_of("institution"), "institution_licence", asked)
            record = answer.version and answer.version.entry.numbers["licence_no"]
            assert record in (None, mention.truth), mention
            assert mention.truth is None or answer.fact.answer is not Existence.ABSENT, mention
            found += record is not None
    database.close()
    assert found >= 0.6 * len(city.mentions)
