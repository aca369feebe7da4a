"""What the registers answer about a page, in words that an officer can read."""

from __future__ import annotations

import re
from datetime import date

from sqlalchemy import Connection

from domain.findings import Existence, Fact
from domain.pages import Document, IdentifierKind
from registers.kinds import kind_of
from registers.lookup import Version, control, coverage
from registers.matching import DECIDED, NEAR, Candidate, Inquiry, candidates, decided
from registers.names import name_key
from registers.readers import Entry

LICENCE = "institution_licence"
DEPARTMENTS = "departments"
AD_APPROVAL = "medical_ad_approval"

REGISTER = "医疗机构登记簿"
_AD_RULE = "医疗广告管理办法（审查证明有效期一年）"
_AD_YEAR = re.compile(r"〔(20\d{2})〕")


def institution_facts(tx: Connection, asked: Inquiry) -> tuple[Fact, Fact]:
    """`institution_licence` and `departments` of whoever the inquiry is about."""
    kind = kind_of("institution")
    found = candidates(tx, kind, asked)
    meant = decided(found)
    if meant is not None:
        return _licence(tx, asked, meant), _departments(meant.version)
    no_departments = unverified(DEPARTMENTS, "没有对应到唯一的登记机构，诊疗科目无从核对")
    rivals = [one for one in found if one.score >= NEAR]
    if not rivals:
        return _absence(tx, asked), no_departments
    names = "；".join(f"{_title(one.version)}：{one.words}" for one in rivals[:3])
    if rivals[0].score >= DECIDED:
        detail = f"有 {len(rivals)} 家登记机构与本页相符，不能确定是哪一家：{names}"
    else:
        detail = f"没有查到“{asked.subject}”，但有相近的登记机构：{names}"
    return unverified(LICENCE, detail), no_departments


def ad_approval_fact(document: Document, day: date) -> Fact:
    """What the 医广 number on the page tells by itself; the register of approvals is not held."""
    numbers = [i for i in document.identifiers if i.kind is IdentifierKind.MEDICAL_AD]
    if not numbers:
        detail = "页面未见医疗广告审查证明文号，审查记录未核实"
    else:
        detail = "；".join(
            f"页面载有“{one.value}”，{_ad_number(one.value, one.valid, day)}" for one in numbers
        )
        detail += "；未与审查公示核对"
    return Fact(
        name=AD_APPROVAL, answer=Existence.UNVERIFIED, detail=detail, source=_AD_RULE, as_of=day
    )


def unverified(name: str, detail: str, *, source: str = REGISTER) -> Fact:
    """A question without an answer, and why."""
    return Fact(name=name, answer=Existence.UNVERIFIED, detail=detail, source=source)


def _ad_number(value: str, valid: bool | None, day: date) -> str:
    year = _AD_YEAR.search(value)
    if valid is False or year is None:
        return "格式不符"
    given = int(year[1])
    if given > day.year:
        return f"年份晚于取证日（{day}）"
    if given < day.year - 1:
        return f"格式相符，{given} 年核发，至取证日（{day}）已过一年有效期"
    return f"格式相符，{given} 年核发，至取证日（{day}）可能仍在一年有效期内"


def _licence(tx: Connection, asked: Inquiry, meant: Candidate) -> Fact:
    version = meant.version
    one = version.entry
    newest = coverage(tx, kind_of("institution"), one.region, asked.day)
    if newest is not None and version.as_of < newest[1]:
        return _struck_off(tx, version, newest)
    answer, remark = _on_day(one, asked.day)
    if asked.names and not _named_alike(one, asked):
        remark += f"；页面自称“{asked.subject}”，与登记名称不一致"
    return Fact(
        name=LICENCE,
        answer=answer,
        detail=f"{_title(version)}：{remark}（比对依据：{meant.words}）",
        source=_source(version),
        as_of=version.as_of,
    )


def _on_day(one: Entry, day: date) -> tuple[Existence, str]:
    if one.valid_from and day < one.valid_from:
        remark = f"有效期自 {one.valid_from} 起，晚于取证日（{day}），此前是否持证未核实"
        return Existence.UNVERIFIED, remark
    if one.valid_until and one.valid_until < day:
        remark = f"所载有效期止于 {one.valid_until}，取证日（{day}）前是否延续未核实"
        return Existence.UNVERIFIED, remark
    return Existence.PRESENT, f"取证日（{day}）在册"


def _named_alike(one: Entry, asked: Inquiry) -> bool:
    key = name_key(one.name)
    return any(key in name or name in key for name in asked.names)


def _struck_off(tx: Connection, version: Version, newest: tuple[str, date]) -> Fact:
    """The institution stands in an older version and no longer in the newest complete one."""
    region, as_of = newest
    known = control(tx, kind_of("institution"), region, as_of)
    if known is None:
        return unverified(LICENCE, "登记簿的对照查询没有找到已知记录，本次结果不可用")
    return Fact(
        name=LICENCE,
        answer=Existence.ABSENT,
        detail=f"{_title(version)}在截至 {version.as_of} 的名录中在册，在截至 {as_of} 的"
        f" {region} 完整名录中已无记录（对照查询“{known.entry.name}”可以查到）",
        source=_source(known),
        as_of=as_of,
    )


def _absence(tx: Connection, asked: Inquiry) -> Fact:
    """无 only from a complete list that is shown to answer; everything else is 未核实."""
    subject = asked.subject
    if not subject:
        return unverified(LICENCE, "页面没有载明可供查询的主体名称、信用代码或登记号")
    if not asked.region:
        return unverified(LICENCE, f"没有查到“{subject}”，也不能确定其所在行政区划")
    proof = coverage(tx, kind_of("institution"), asked.region, asked.day)
    if proof is None:
        reason = f"登记簿在取证日（{asked.day}）没有 {asked.region} 的有效完整名录"
        return unverified(LICENCE, f"没有查到“{subject}”，但{reason}")
    region, as_of = proof
    known = control(tx, kind_of("institution"), region, as_of)
    if known is None:
        return unverified(LICENCE, "登记簿的对照查询没有找到已知记录，本次结果不可用")
    return Fact(
        name=LICENCE,
        answer=Existence.ABSENT,
        detail=f"{region} 截至 {as_of} 的完整名录中没有“{subject}”"
        f"（对照查询“{known.entry.name}”可以查到）",
        source=_source(known),
        as_of=as_of,
    )


def _departments(version: Version) -> Fact:
    names = version.entry.detail("departments")
    return Fact(
        name=DEPARTMENTS,
        answer=Existence.PRESENT if names else Existence.UNVERIFIED,
        detail=names or "登记簿没有载明诊疗科目",
        source=_source(version),
        as_of=version.as_of,
    )


def _title(version: Version) -> str:
    one = version.entry
    licence_no = one.numbers.get("licence_no")
    number = f"登记号 {licence_no}" if licence_no else one.numbers.get("usci", "无登记号")
    return f"{one.name}（{number}）"


def _source(version: Version) -> str:
    return f"{REGISTER}（{version.file}，截至 {version.as_of}）"
