"""What is answered about a page, and above all when nothing may be answered."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from attrs import evolve
from sqlalchemy import delete, update

from domain.pages import Document, Identifier, IdentifierKind
from registers.book import RegisterBook
from registers.tables import entries, keys
from storage.database import Database
from tests.registers.lists import (
    BAIYUN,
    LANTIAN,
    LANTIAN_NO,
    LANTIAN_USCI,
    TWIN,
    TWIN_NO,
    A,
    P,
    U,
    document,
    facts,
    licence,
    load,
)


@pytest.mark.parametrize(
    "page",
    [
        document(None, (IdentifierKind.USCI, LANTIAN_USCI)),
        document(None, (IdentifierKind.INSTITUTION, LANTIAN_NO)),
        document("蓝天口腔门诊部"),
        document("藍天口腔門診部 官网"),
        document(None, account="蓝天口腔（门诊部）"),
        document("蓝天口腔", (IdentifierKind.PHONE, "4000000123")),
        document("别的名字", (IdentifierKind.INSTITUTION, LANTIAN_NO)),
    ],
    ids=["usci", "number", "name", "written otherwise", "account", "phone", "number first"],
)
def test_a_registered_institution_is_found(
    database: Database, tmp_path: Path, book: RegisterBook, page: Document
) -> None:
    load(database, tmp_path, LANTIAN, BAIYUN)
    found = facts(book, page)
    fact = found["institution_licence"]
    assert fact.answer is P
    assert "蓝天口腔门诊部" in fact.detail
    assert LANTIAN_NO in fact.detail
    assert fact.as_of == date(2026, 1, 31)
    assert "2026-01-31" in fact.source
    assert found["departments"].answer is P
    assert found["departments"].detail == "口腔科、麻醉科"


def test_a_number_that_belongs_to_another_name_is_told(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    load(database, tmp_path, LANTIAN)
    fact = licence(book, document("别的名字", (IdentifierKind.INSTITUTION, LANTIAN_NO)))
    assert "与登记名称不一致" in fact.detail
    fact = licence(book, document("蓝天口腔", (IdentifierKind.INSTITUTION, LANTIAN_NO)))
    assert "不一致" not in fact.detail


def test_a_broken_number_identifies_nobody(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    load(database, tmp_path, LANTIAN)
    page = document(None)
    broken = Identifier(kind=IdentifierKind.INSTITUTION, value=LANTIAN_NO, valid=False)
    assert licence(book, evolve(page, identifiers=(broken,))).answer is U


def test_namesakes_are_told_apart_by_division_or_not_at_all(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    load(database, tmp_path, LANTIAN, TWIN)
    fact = licence(book, document("蓝天口腔门诊部", source="there"))
    assert fact.answer is P
    assert TWIN_NO in fact.detail
    fact = licence(book, document("蓝天口腔门诊部", source=None))
    assert fact.answer is U
    assert "2 条" in fact.detail
    page = document("蓝天口腔门诊部", (IdentifierKind.PHONE, "4000000123"), source=None)
    assert licence(book, page).answer is P


def test_absent_needs_a_complete_register(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    stranger = document("红星医疗美容工作室")
    assert licence(book, stranger).answer is U
    load(database, tmp_path, LANTIAN, BAIYUN)
    fact = licence(book, stranger)
    assert fact.answer is U
    assert "完整名录" in fact.detail
    load(database, tmp_path, LANTIAN, BAIYUN, complete=True)
    fact = licence(book, stranger)
    assert fact.answer is A
    assert "红星医疗美容工作室" in fact.detail
    assert "蓝天口腔门诊部" in fact.detail  # the control
    assert fact.as_of == date(2026, 1, 31)


@pytest.mark.parametrize(
    "page",
    [
        document(None),
        document("红星医疗美容工作室", source=None),
        document("红星医疗美容工作室", source="there"),
        document("红星医疗美容工作室", at=datetime(2026, 1, 30, 15, 59, tzinfo=UTC)),
        document("蓝天口腔"),
        document("蓝天口腔门诊部东山分院"),
    ],
    ids=["no name", "no division", "another division", "before it", "part", "branch"],
)
def test_absent_is_not_said_where_it_is_not_proven(
    database: Database, tmp_path: Path, book: RegisterBook, page: Document
) -> None:
    load(database, tmp_path, LANTIAN, BAIYUN, complete=True)
    found = facts(book, page)
    assert found["institution_licence"].answer is U
    assert found["departments"].answer is U


def test_the_day_is_that_of_china(database: Database, tmp_path: Path, book: RegisterBook) -> None:
    load(database, tmp_path, LANTIAN, complete=True)
    midnight = document("红星医疗美容工作室", at=datetime(2026, 1, 30, 16, tzinfo=UTC))
    assert licence(book, midnight).answer is A


def test_absent_needs_a_control_that_is_found(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    load(database, tmp_path, LANTIAN, complete=True)
    stranger = document("红星医疗美容工作室")
    assert licence(book, stranger).answer is A
    with database.write() as tx:
        tx.execute(update(keys).where(keys.c.scheme == "name").values(value="broken"))
    fact = licence(book, stranger)
    assert fact.answer is U
    assert "对照查询" in fact.detail
    with database.write() as tx:
        tx.execute(delete(entries))
    assert licence(book, stranger).answer is U


def test_a_look_up_that_fails_is_unverified(tmp_path: Path) -> None:
    without_tables = Database(f"sqlite:///{tmp_path / 'empty.db'}")
    fact = licence(RegisterBook(without_tables), document("红星医疗美容工作室"))
    without_tables.close()
    assert fact.answer is U
    assert "无法查询" in fact.detail


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("沪医广〔2025〕第08-14-G123号", "可能仍在一年有效期内"),
        ("沪医广〔2024〕第08-14-G123号", "已过一年有效期"),
        ("沪医广〔2027〕第08-14-G123号", "晚于取证日"),
        ("沪医广第08号", "格式不符"),
    ],
)
def test_an_ad_approval_is_read_but_not_believed(
    database: Database, book: RegisterBook, value: str, words: str
) -> None:
    fact = facts(book, document(None, (IdentifierKind.MEDICAL_AD, value)))["medical_ad_approval"]
    assert fact.answer is U
    assert value in fact.detail
    assert words in fact.detail


def test_a_page_without_an_ad_approval_says_so(database: Database, book: RegisterBook) -> None:
    fact = facts(book, document(None))["medical_ad_approval"]
    assert fact.answer is U
    assert "未见" in fact.detail
