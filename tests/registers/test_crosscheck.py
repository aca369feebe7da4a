"""What a page offers against what the registers hold."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from attrs import evolve

from domain.facts import FACT_TITLES
from domain.findings import Fact
from domain.pages import Document, Identifier, IdentifierKind
from registers.book import RegisterBook
from registers.crosscheck import allowed_grade
from registers.kinds import kinds
from registers.projects import Cover, Project, project_table
from registers.readers import Entry
from registers.store import import_register
from storage.database import Database
from tests.registers.lists import A, P, U, document
from tests.registers.numbers import REGION, licence_no, usci

NUMBER, CODE = licence_no("LT000001"), usci("LT000001")


def load(
    database: Database, directory: Path, kind: str, *rows: Mapping[str, str], complete: bool = True
) -> None:
    """A list of one register; every row has the division of the tests."""
    path = directory / f"{kind}.csv"
    columns = [*dict.fromkeys(key for row in rows for key in row), "region"]
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns)
        writer.writeheader()
        writer.writerows({"region": REGION, **row} for row in rows)
    with database.write() as tx:
        at = datetime(2026, 2, 1, tzinfo=UTC)
        report = import_register(tx, kind, path, as_of=date(2026, 2, 20), at=at, complete=complete)
    assert report.errors == ()


def clinic(database: Database, directory: Path, departments: str, name: str = "蓝天门诊部") -> None:
    row = {"name": name, "licence_no": NUMBER, "usci": CODE, "departments": departments}
    load(database, directory, "institution", row)


def page(text: str, *identifiers: tuple[IdentifierKind, str], name: str = "蓝天门诊部") -> Document:
    return evolve(document(name, *identifiers), text=text)


def fact(book: RegisterBook, page: Document, name: str) -> Fact | None:
    found = book.facts_about(page)
    assert [f.name for f in found] == sorted((f.name for f in found), key=list(FACT_TITLES).index)
    return next((f for f in found if f.name == name), None)


def scope(book: RegisterBook, text: str) -> Fact:
    found = fact(book, page(text), "project_scope")
    assert found is not None
    return found


def project(name: str) -> Project:
    return next(one for one in project_table().projects if one.name == name)


def test_every_project_names_departments_and_a_catalogue() -> None:
    table = project_table()
    assert len(table.projects) >= 80
    assert all(one.needs and one.source.startswith("《") for one in table.projects)
    assert {one.register for one in table.projects if one.register} <= {*kinds()}
    assert {*kinds()} - {"institution", "doctor", "nurse", "ad_approval"} <= {*FACT_TITLES}


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("热瑪吉", "射频治疗"),
        ("埋线双眼皮", "重睑术"),
        ("埋线", "穴位埋线"),
        ("All-on-4", "种植牙"),
        ("水光针", "水光注射"),
        ("光子嫩肤", "强脉冲光治疗"),
    ],
)
def test_the_words_of_advertisements_name_projects(word: str, name: str) -> None:
    assert [p.name for p in project_table().claims(f"本店{word}优惠").projects] == [name]


def test_letters_inside_other_words_name_nothing() -> None:
    assert not project_table().claims("型号 XPRP1 与 DIVFACE").projects


@pytest.mark.parametrize(
    ("departments", "cover"),
    [
        (("美容皮肤科",), Cover.COVERED),
        (("医疗美容科（美容皮肤科）",), Cover.COVERED),
        (("医疗美容科",), Cover.PARENT_ONLY),
        (("医疗美容科", "美容外科"), Cover.MISSING),
        (("口腔科",), Cover.MISSING),
    ],
)
def test_departments_cover_a_project(departments: Sequence[str], cover: Cover) -> None:
    assert project_table().cover(project("射频治疗"), departments) is cover


@pytest.mark.parametrize(
    ("name", "level", "departments", "grade"),
    [
        ("蓝天医疗美容诊所", "", "", 1),
        ("蓝天门诊部", "", "美容外科", 1),
        ("蓝天门诊部", "", "美容外科、麻醉科", 2),
        ("蓝天整形外科医院", "", "", 3),
        ("示范市第一医院", "三级甲等", "", 4),
        ("示范市第二医院", "二级", "", 2),
        ("蓝天公司", "", "", None),
    ],
)
def test_what_an_institution_may_do_at_most(
    name: str, level: str, departments: str, grade: int | None
) -> None:
    details = {"level": (level,), "departments": tuple(departments.split("、"))}
    assert allowed_grade(Entry(kind="institution", name=name, details=details)) == grade


def test_the_gap_between_offer_and_licence_is_shown(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    clinic(database, tmp_path, "口腔科、美容皮肤科")
    found = scope(book, "本门诊热玛吉、双眼皮、种植牙优惠")
    assert found.answer is A
    assert "“双眼皮”（重睑术）须有美容外科" in found.detail
    assert "登记的科目是“口腔科、美容皮肤科”" in found.detail
    assert "热玛吉" not in found.detail
    assert "待核" in found.detail
    assert found.as_of == date(2026, 2, 20)
    assert scope(book, "热玛吉、种植牙").answer is P


def test_a_grade_above_the_institution_is_a_gap(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    clinic(database, tmp_path, "医疗美容科、美容外科")
    assert scope(book, "双眼皮").answer is P
    found = scope(book, "磨骨手术")
    assert found.answer is A
    assert "4 级项目" in found.detail


def test_a_gap_is_not_claimed_without_knowledge(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    assert scope(book, "双眼皮").answer is U
    clinic(database, tmp_path, "医疗美容科")
    assert scope(book, "双眼皮").answer is U
    assert fact(book, page("今日停诊"), "project_scope") is None


def test_without_any_licence_every_project_is_a_gap(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    clinic(database, tmp_path, "口腔科")
    found = fact(book, page("双眼皮", name="红星美容工作室"), "project_scope")
    assert found is not None
    assert found.answer is A
    assert "没有医疗机构登记" in found.detail


def test_lead_physicians_are_looked_up(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    clinic(database, tmp_path, "美容皮肤科、美容外科")
    assert fact(book, page("热玛吉"), "lead_physician") is None  # no register of doctors is held
    doctor = {"name": "甲某", "institution": "蓝天门诊部", "lead_specialties": "美容皮肤科"}
    load(database, tmp_path, "doctor", doctor, complete=False)
    for text, answer in (("热玛吉", P), ("热玛吉和双眼皮", U)):
        found = fact(book, page(text), "lead_physician")
        assert found is not None
        assert found.answer is answer
    load(database, tmp_path, "doctor", doctor)
    found = fact(book, page("热玛吉和双眼皮"), "lead_physician")
    assert found is not None
    assert found.answer is A
    assert "美容外科主诊医师" in found.detail


def test_an_approval_number_is_compared_with_the_register(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    clinic(database, tmp_path, "口腔科")
    number = "苏医广〔2026〕第01-01-001号"
    bearing = page("看牙到蓝天。电话四百。", (IdentifierKind.MEDICAL_AD, number))
    wording = "看牙到蓝天。地址中山路。"
    row = {"name": "蓝天门诊部", "number": number, "wording": wording, "valid_until": "2027-01-01"}
    load(database, tmp_path, "ad_approval", row)
    found = fact(book, bearing, "medical_ad_approval")
    assert found is not None
    assert found.answer is P
    assert "共 2 句，其中 1 句见于页面" in found.detail
    other = evolve(bearing, subject_hint="红星医院")
    found = fact(book, other, "medical_ad_approval")
    assert found is not None
    assert "不一致" in found.detail
    forged = page("", (IdentifierKind.MEDICAL_AD, "苏医广〔2026〕第09-09-009号"))
    found = fact(book, forged, "medical_ad_approval")
    assert found is not None
    assert found.answer is A


@pytest.mark.parametrize(
    ("kind", "text", "row"),
    [
        ("insured_institution", "医保定点", {"name": "蓝天门诊部", "usci": CODE}),
        ("internet_hospital", "线上开药", {"name": "蓝天互联网医院", "licence_no": NUMBER}),
        ("vaccination_unit", "接种疫苗", {"name": "蓝天门诊部", "licence_no": NUMBER}),
        ("cell_project", "干细胞", {"name": "某项目", "institution": "蓝天门诊部"}),
        ("reproduction_centre", "试管婴儿", {"name": "蓝天门诊部", "scope": "夫精人工授精"}),
    ],
)
def test_what_is_claimed_makes_a_register_worth_asking(  # noqa: PLR0917 - fixtures and parameters
    database: Database,
    tmp_path: Path,
    book: RegisterBook,
    kind: str,
    text: str,
    row: Mapping[str, str],
) -> None:
    clinic(database, tmp_path, "内科")
    assert fact(book, page(text), kind) is None  # the register is not held
    load(database, tmp_path, kind, row)
    found = fact(book, page(text), kind)
    assert found is not None
    assert found.answer is P
    assert text in found.detail
    assert fact(book, page("今日停诊"), kind) is None
    stranger = fact(book, page(text, name="红星中西医医院"), kind)
    assert stranger is not None
    assert stranger.answer is A


def test_products_filings_businesses_and_penalties(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    load(database, tmp_path, "icp_subject", {"name": "红星公司", "number": "苏ICP备2026000001号"})
    load(database, tmp_path, "device", {"name": "射频仪", "number": "国械注准20263090001"})
    load(database, tmp_path, "business", {"name": "蓝天门诊部", "usci": CODE, "scope": "生活美容"})
    decided = {"number": "示卫罚〔2025〕1号", "conduct": "超范围执业"}
    load(
        database,
        tmp_path,
        "penalty",
        {"name": "蓝天门诊部", "decided_on": "2025-05-01", **decided},
        {"name": "蓝天门诊部", "decided_on": "2026-05-01", "number": "2号", "conduct": "以后"},
    )
    load(
        database,
        tmp_path,
        "qr_notice",
        {"name": "蓝天门诊部", "address_of_notice": "https://www.lantian.test/"},
    )
    shown = page(
        "",
        (IdentifierKind.ICP, "苏ICP备2026000001号-2"),
        (IdentifierKind.DEVICE_APPROVAL, "国械注准20263090002"),
        (IdentifierKind.USCI, CODE),
    )
    answers = {f.name: f for f in book.facts_about(shown)}
    assert answers["icp_subject"].answer is P
    assert "不一致" in answers["icp_subject"].detail
    assert answers["device"].answer is A
    assert "经营范围：生活美容" in answers["business"].detail
    assert "有 1 件" in answers["penalty"].detail
    assert "超范围执业" in answers["penalty"].detail
    assert answers["qr_notice"].answer is P


def test_an_identifier_that_is_broken_is_not_asked_for(
    database: Database, tmp_path: Path, book: RegisterBook
) -> None:
    load(database, tmp_path, "icp_subject", {"name": "红星公司", "number": "苏ICP备2026000001号"})
    broken = Identifier(kind=IdentifierKind.ICP, value="ICP备1号", valid=False)
    found = book.facts_about(evolve(page(""), identifiers=(broken,)))
    answer = next(f for f in found if f.name == "icp_subject")
    assert answer.answer is A
