"""Attribution: who stands behind a page, and on what grounds."""

from __future__ import annotations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from domain.clues import SubjectKind
from domain.findings import Existence, Fact, Registered
from domain.pages import Identifier, IdentifierKind
from storage.database import Database
from tests.tickets.cases import AT, assessment, document, finding, licence
from tickets import subjects
from tickets.subjects import attribute

USCI, OTHER_USCI = "91320706MA00000000", "91320706MA00000011"
LICENCE = "PDY000019901021D1102"
NOTHING = assessment()


def number(kind: IdentifierKind, value: str, *, valid: bool | None = True) -> Identifier:
    """An identifier on the page."""
    return Identifier(kind=kind, value=value, valid=valid)


@pytest.mark.parametrize(
    ("name", "facts", "kind"),
    [
        ("示范口腔医院", [licence(Existence.PRESENT)], SubjectKind.MEDICAL_INSTITUTION),
        ("示范养生馆", [licence(Existence.PRESENT)], SubjectKind.MEDICAL_INSTITUTION),
        ("示范口腔医院", [], SubjectKind.MEDICAL_INSTITUTION),
        ("示范口腔医院", [licence(Existence.ABSENT)], SubjectKind.UNKNOWN),
        ("示范医疗美容门诊部", [licence(Existence.UNVERIFIED)], SubjectKind.MEDICAL_INSTITUTION),
        ("示范美容院", [licence(Existence.ABSENT)], SubjectKind.BEAUTY_SALON),
        ("示范皮肤管理中心", [], SubjectKind.BEAUTY_SALON),
        ("小玉美甲工作室", [], SubjectKind.BEAUTY_SALON),
        ("示范健康管理有限公司", [], SubjectKind.COMPANY),
        ("示范晚报", [], SubjectKind.MEDIA),
        ("王大夫", [], SubjectKind.PERSON),
        ("示范", [], SubjectKind.UNKNOWN),
    ],
)
def test_kinds(name: str, facts: list[Fact], kind: SubjectKind) -> None:
    """The register comes first, then the words of the name; the ground is always said."""
    found = attribute(document(subject_hint=name), facts, NOTHING)
    assert found.kind is kind
    assert found.name == name
    assert found.grounds


def test_a_salon_that_only_the_judge_recognised() -> None:
    """Without a telling name, a finding of salon medicine makes it a salon."""
    judged = assessment(finding("beauty_salon_medical", "a"))
    assert attribute(document(account="小玉"), [], judged).kind is SubjectKind.BEAUTY_SALON


@pytest.mark.parametrize("host", ["hospital.test", "beauty.test", "gongsi.test"])
def test_hosts_tell_nothing_of_the_kind(host: str) -> None:
    """A host name is an identity of last resort, never a kind."""
    found = attribute(document(site=host), [], NOTHING)
    assert (found.kind, found.key, found.name) == (SubjectKind.UNKNOWN, f"host:{host}", host)


def test_identity_prefers_numbers() -> None:
    """Credit code, else registration number, else name, else host."""
    usci, no = number(IdentifierKind.USCI, USCI), number(IdentifierKind.INSTITUTION, LICENCE)
    keys = [
        attribute(document(identifiers=found, subject_hint=name), [], NOTHING).key
        for found, name in (([usci, no], "甲"), ([no], "甲"), ([], "甲（示范）"), ([], None))
    ]
    assert keys == [f"usci:{USCI}", f"licence:{LICENCE}", "name:甲示范", "host:clinic.test"]


def test_names_are_one_in_any_writing() -> None:
    """Width, script, blanks and brackets do not make another subject."""
    names = ("示范門診部（东店）", "示范门诊部(东店)", " 示范 门诊部 （东店） ")
    keys = {attribute(document(subject_hint=name), [], NOTHING).key for name in names}
    assert len(keys) == 1


def test_ambiguous_or_invalid_numbers_do_not_count() -> None:
    """Two credit codes on a page, or one that fails its checksum, identify nobody."""
    two = [number(IdentifierKind.USCI, USCI), number(IdentifierKind.USCI, OTHER_USCI)]
    wrong = [number(IdentifierKind.USCI, USCI, valid=False)]
    found = attribute(document(identifiers=two, subject_hint="甲"), [], NOTHING)
    assert (found.usci, found.key) == (None, "name:甲")
    assert any("2 个统一社会信用代码" in ground for ground in found.grounds)
    assert attribute(document(identifiers=wrong), [], NOTHING).usci is None
    same = [number(IdentifierKind.USCI, USCI)] * 2
    assert attribute(document(identifiers=same), [], NOTHING).usci == USCI


def test_the_place_comes_from_the_best_number() -> None:
    """Registration number, police filing, source, and last the registering authority."""
    usci = number(IdentifierKind.USCI, USCI)
    psb = number(IdentifierKind.PSB, "99010302000000", valid=None)
    no = number(IdentifierKind.INSTITUTION, "PDY000019" + "990102" + "00D1102")

    def region(*found: Identifier, source: str = "") -> str:
        return attribute(document(identifiers=found), [], NOTHING, source_region=source).region

    assert region(usci, psb, no, source="990104") == "990102"
    assert region(usci, psb, source="990104") == "990103"
    assert region(usci, source="990104") == "990104"
    assert region(usci) == "320706"
    assert region() == ""


@given(st.text(max_size=300), st.text(max_size=300))
def test_any_page_has_a_subject(hint: str, account: str) -> None:
    """Hostile names give a printable name within bounds and a stable identity."""
    page = document(subject_hint=hint, account=account)
    found = attribute(page, [], NOTHING)
    assert found == attribute(page, [], NOTHING)
    assert found.name.isprintable()
    assert 0 < len(found.name) <= 200
    assert len(found.key) <= 400


def test_a_subject_reads_back(database: Database) -> None:
    """Stored once, seen again without a second row."""
    found = attribute(document(subject_hint="示范诊所"), [], NOTHING)
    with database.write() as tx:
        subjects.keep(tx, found, at=AT)
        subjects.keep(tx, found, at=AT)
        assert subjects.get(tx, found.id) == found


def test_the_register_says_who_it_is() -> None:
    """A record that the licence surely rests on gives name, numbers, division and address."""
    record = Registered(
        name="示范口腔门诊部", usci=USCI, licence_no=LICENCE, region="320706", address="中山路1号"
    )
    fact = evolve(licence(Existence.PRESENT), registered=record)
    found = attribute(document(subject_hint="示范口腔"), [fact], NOTHING, source_region="990100")
    assert (found.name, found.key, found.region) == (record.name, f"usci:{USCI}", "320706")
    assert (found.licence_no, found.address) == (LICENCE, "中山路1号")
    assert any("登记库的记录" in ground for ground in found.grounds)
    stated = document(
        subject_hint="示范口腔", identifiers=[number(IdentifierKind.USCI, OTHER_USCI)]
    )
    assert attribute(stated, [fact], NOTHING).usci == OTHER_USCI
