"""Every import is a version: a page is judged by the register of its own day."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from domain.pages import IdentifierKind
from registers.book import RegisterBook
from storage.database import Database
from tests.registers.lists import (
    BAIYUN,
    LANTIAN,
    LANTIAN_NO,
    A,
    P,
    U,
    document,
    facts,
    licence,
    load,
)


def test_facts_are_those_of_the_day_of_capture(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    renamed = ("青天口腔门诊部", *LANTIAN[1:3], "口腔科", *LANTIAN[4:])
    load(database, tmp_path, LANTIAN, as_of=date(2026, 1, 31))
    load(database, tmp_path, renamed, as_of=date(2026, 2, 28))
    numbered = (IdentifierKind.INSTITUTION, LANTIAN_NO)
    before = document(None, numbered, at=datetime(2026, 2, 27, tzinfo=UTC))
    after = document(None, numbered, at=datetime(2026, 3, 1, tzinfo=UTC))
    assert "蓝天" in licence(book, before).detail
    assert facts(book, before)["departments"].detail == "口腔科、麻醉科"
    assert "青天" in licence(book, after).detail
    assert facts(book, after)["departments"].detail == "口腔科"


def test_a_later_register_answers_for_the_time_that_its_record_states(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    load(database, tmp_path, LANTIAN, BAIYUN)
    earlier = datetime(2025, 6, 1, tzinfo=UTC)
    assert licence(book, document("蓝天口腔门诊部", at=earlier)).answer is P
    assert licence(book, document("白云中医诊所", at=earlier)).answer is U


@pytest.mark.parametrize(
    ("period", "words"),
    [
        (("2026-03-02", "2030-01-01"), "晚于取证日"),
        (("2020-01-01", "2026-02-28"), "是否延续未核实"),
    ],
)
def test_a_licence_not_in_force_on_the_day_is_unverified(
    database: Database, tmp_path: Path, book: RegisterBook, period: tuple[str, str], words: str
) -> None:
    load(database, tmp_path, (*LANTIAN[:5], *period, ""))
    fact = licence(book, document("蓝天口腔门诊部"))
    assert fact.answer is U
    assert words in fact.detail


def test_an_institution_that_left_the_complete_register_is_absent(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    load(database, tmp_path, LANTIAN, BAIYUN, as_of=date(2026, 1, 31))
    load(database, tmp_path, BAIYUN, as_of=date(2026, 2, 20))
    assert licence(book, document("蓝天口腔门诊部")).answer is P
    load(database, tmp_path, BAIYUN, as_of=date(2026, 2, 20), complete=True)
    fact = licence(book, document("蓝天口腔门诊部"))
    assert fact.answer is A
    assert "2026-01-31" in fact.detail
    before = document("蓝天口腔门诊部", at=datetime(2026, 2, 10, tzinfo=UTC))
    assert licence(book, before).answer is P


def test_an_institution_that_gained_a_number_is_still_one(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    plain = (LANTIAN[0], "", "", *LANTIAN[3:])
    load(database, tmp_path, plain, as_of=date(2026, 1, 31), complete=True)
    load(database, tmp_path, LANTIAN, as_of=date(2026, 2, 20), complete=True)
    assert licence(book, document("蓝天口腔门诊部")).answer is P
