"""What the registers answer about a page, in words that an officer can read."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from attrs import evolve
from sqlalchemy import Connection

from domain.facts import FACT_TITLES
from domain.findings import Existence, Fact
from domain.pages import Document, Identifier, IdentifierKind
from language.approvals import Standing, read_medical_ad
from language.identifiers import filing_of
from language.normalise import normalise
from registers import crosscheck
from registers.answers import about_subject, by_number, stated, unverified
from registers.kinds import kind_of
from registers.lookup import Version, find, held_kinds
from registers.matching import Inquiry
from registers.names import name_key
from registers.projects import Claims, project_table

LICENCE = "institution_licence"
DEPARTMENTS = "departments"
AD_APPROVAL = "medical_ad_approval"

_AD_RULE = "医疗广告管理办法（审查证明有效期一年）"
_SENTENCE_END = re.compile(r"[。！？!?；;\n]+")
_NUMBERED = {
    IdentifierKind.DRUG_APPROVAL: "drug",
    IdentifierKind.DEVICE_APPROVAL: "device",
    IdentifierKind.ICP: "icp_subject",
}
_PENALTIES_SHOWN = 5


def facts_of(tx: Connection, document: Document, asked: Inquiry) -> tuple[Fact, ...]:
    """Every answer about the page, in the order of `domain.facts`.

    Licence, departments and advertisement approval are always asked for; other registers where
    the page gives the question and a list is held.
    """
    held = held_kinds(tx, asked.day)
    claims = project_table().claims(document.text)
    licence = about_subject(tx, kind_of("institution"), LICENCE, asked)
    known = _with_record(asked, licence.version)
    found = [
        licence.fact,
        _departments(licence.version),
        *crosscheck.project_facts(tx, claims, licence, known, held),
        _ad_approval(tx, document, known, held),
        *_refusals(tx, known, held),
        *_approvals(tx, claims, known, held),
        *_numbered(tx, document, known, held),
        *_business(tx, known, held),
        *_penalties(tx, known, held),
    ]
    order = list(FACT_TITLES)
    return tuple(sorted(found, key=lambda fact: order.index(fact.name)))


def facts_of_party(tx: Connection, asked: Inquiry) -> tuple[Fact, ...]:
    """What the lists say of a party whatever its pages claim: its licence with the departments,
    its business licence and earlier penalties."""
    held = held_kinds(tx, asked.day)
    licence = about_subject(tx, kind_of("institution"), LICENCE, asked)
    known = _with_record(asked, licence.version)
    return (
        licence.fact,
        _departments(licence.version),
        *_business(tx, known, held),
        *_penalties(tx, known, held),
    )


def nothing_known() -> tuple[Fact, ...]:
    """The answers when the registers cannot be read at all."""
    words = "登记簿暂时无法查询"
    titles = {name: FACT_TITLES[name] for name in (LICENCE, DEPARTMENTS, AD_APPROVAL)}
    return tuple(unverified(name, words, source=title) for name, title in titles.items())


def _with_record(asked: Inquiry, version: Version | None) -> Inquiry:
    """The inquiry with what the institution's own record adds to it."""
    if version is None:
        return asked
    one = version.entry
    numbers = {scheme: (number,) for scheme, number in one.numbers.items()}
    names = dict.fromkeys((name_key(one.name), *asked.names))
    return evolve(
        asked,
        numbers={**asked.numbers, **numbers},
        names=tuple(names),
        region=one.region or asked.region,
    )


def _departments(version: Version | None) -> Fact:
    kind = kind_of("institution")
    if version is None:
        words = "没有对应到唯一的登记机构，诊疗科目无从核对"
        return unverified(DEPARTMENTS, words, source=kind.title)
    names = version.entry.detail("departments")
    answer = Existence.PRESENT if names else Existence.UNVERIFIED
    return stated(DEPARTMENTS, answer, names or "登记簿没有载明诊疗科目", version, kind)


def _ad_approval(tx: Connection, document: Document, asked: Inquiry, held: frozenset[str]) -> Fact:
    """What the 医广 numbers on the page come to: their form, and the register where it is held."""
    numbers = _of_kind(document, IdentifierKind.MEDICAL_AD)
    if not numbers:
        detail = "页面未见医疗广告审查证明文号，审查记录未核实"
        return evolve(unverified(AD_APPROVAL, detail, source=_AD_RULE), as_of=asked.day)
    if "ad_approval" not in held:
        stands = (f"页面载有“{i.value}”，{_ad_form(i, asked.day)}" for i in numbers)
        detail = f"{'；'.join(stands)}；未与审查公示核对"
        return evolve(unverified(AD_APPROVAL, detail, source=_AD_RULE), as_of=asked.day)
    answers = [_one_approval(tx, document, i, asked) for i in numbers]
    return _joined(AD_APPROVAL, answers)


def _one_approval(tx: Connection, document: Document, number: Identifier, asked: Inquiry) -> Fact:
    answer = by_number(tx, kind_of("ad_approval"), AD_APPROVAL, number.value, asked)
    detail = f"{answer.fact.detail}；{_ad_form(number, asked.day)}"
    if answer.version is not None:
        detail += _wording(answer.version.entry.detail("wording"), document.text)
    return evolve(answer.fact, detail=detail)


def _wording(approved: str, text: str) -> str:
    """How much of the approved wording is on the page; a page with other words shows it here."""
    sentences = [part for part in _SENTENCE_END.split(approved) if name_key(part)]
    if not sentences:
        return ""
    page = "".join(c for c in normalise(text).text if c.isalnum())
    there = sum(name_key(sentence) in page for sentence in sentences)
    return f"；审查内容共 {len(sentences)} 句，其中 {there} 句见于页面"


def _ad_form(number: Identifier, day: date) -> str:
    parts = read_medical_ad(normalise(number.value).text)
    if number.valid is False or parts is None or not parts.complete:
        return "格式不符"
    standing = parts.standing(day)
    if standing is Standing.PREMATURE:
        return f"{standing}（{day}）"
    return f"格式相符，{parts.year} 年核发，至取证日（{day}）{standing}"


def _approvals(
    tx: Connection, claims: Claims, asked: Inquiry, held: frozenset[str]
) -> Iterator[Fact]:
    """The registers that what the page offers makes worth asking."""
    for key, words in claims.registers.items():
        if key in held:
            fact = about_subject(tx, kind_of(key), key, asked).fact
            quoted = "、".join(f"“{word}”" for word in words[:3])
            yield evolve(fact, detail=f"页面称{quoted}：{fact.detail}")


def _numbered(
    tx: Connection, document: Document, asked: Inquiry, held: frozenset[str]
) -> Iterator[Fact]:
    """Product approvals and ICP filings that the page shows, and the notices that it bears."""
    for identifier, key in _NUMBERED.items():
        values = {i.value for i in _of_kind(document, identifier)}
        numbers = {filing_of(v) if key == "icp_subject" else v for v in values}
        if numbers and key in held:
            answers = [by_number(tx, kind_of(key), key, n, asked).fact for n in sorted(numbers)]
            yield _joined(key, answers)
    if "qr_notice" in held:
        kind = kind_of("qr_notice")
        addresses = [a.upper() for a in (document.url, *(link.url for link in document.links))]
        for version in find(tx, kind, {"address_of_notice": addresses}, day=asked.day)[:1]:
            detail = f"页面所指的公示码登记为“{version.entry.name}”"
            yield stated("qr_notice", Existence.PRESENT, detail, version, kind)


def _business(tx: Connection, asked: Inquiry, held: frozenset[str]) -> Iterator[Fact]:
    if "business" in held and asked.numbers.get("usci"):
        answer = about_subject(tx, kind_of("business"), "business", asked)
        scope = answer.version.entry.detail("scope") if answer.version else ""
        detail = answer.fact.detail + (f"；经营范围：{scope}" if scope else "")
        yield evolve(answer.fact, detail=detail)


def _penalties(tx: Connection, asked: Inquiry, held: frozenset[str]) -> Iterator[Fact]:
    """Decisions against the same party; a list of the past never proves that there are none."""
    if "penalty" not in held:
        return
    kind = kind_of("penalty")
    found = find(tx, kind, {**asked.numbers, "name": asked.names}, day=asked.day)
    before = [v for v in found if v.entry.detail("decided_on") <= asked.day.isoformat()]
    before.sort(key=lambda version: version.entry.detail("decided_on"), reverse=True)
    if before:
        shown = "；".join(_penalty(version) for version in before[:_PENALTIES_SHOWN])
        detail = f"取证日前有 {len(before)} 件：{shown}"
        yield stated("penalty", Existence.PRESENT, detail, before[0], kind)


def _refusals(tx: Connection, asked: Inquiry, held: frozenset[str]) -> Iterator[Fact]:
    """A year without applications (AD 55, 57, 58) that runs on the day of capture: whoever
    advertises in it has no fresh approval."""
    if "ad_refusal" not in held:
        return
    kind = kind_of("ad_refusal")
    for version in find(tx, kind, {**asked.numbers, "name": asked.names}, day=asked.day):
        since, until = version.entry.valid_from, version.entry.valid_until
        if since is not None and until is not None and since <= asked.day <= until:
            detail = f"自 {since} 至 {until} 不受理“{version.entry.name}”的广告审查申请"
            yield stated("ad_refusal", Existence.PRESENT, detail, version, kind)
            return


def _penalty(version: Version) -> str:
    one = version.entry
    conduct = one.detail("conduct")
    return f"{one.detail('decided_on')} {one.numbers['number']}（{one.name}）{conduct[:60]}"


def _joined(name: str, facts: list[Fact]) -> Fact:
    """Several answers to one question as one: 无 and 未核实 are not hidden behind a 有."""
    ranking = (Existence.ABSENT, Existence.UNVERIFIED, Existence.PRESENT)
    worst = min(facts, key=lambda fact: ranking.index(fact.answer))
    detail = "；".join(fact.detail for fact in facts)
    return evolve(worst, name=name, detail=detail)


def _of_kind(document: Document, kind: IdentifierKind) -> list[Identifier]:
    return [i for i in document.identifiers if i.kind is kind]
