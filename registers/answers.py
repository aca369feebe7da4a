"""有, 无 and 未核实: how one register answers one question for one day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from attrs import evolve, frozen
from sqlalchemy import Connection

from domain.findings import Existence, Fact, Registered
from registers.kinds import Kind
from registers.lookup import COUNTRY, Version, control, coverage, find
from registers.matching import DECIDED, NEAR, SURE, Candidate, Inquiry, candidates, decided
from registers.names import name_key, number_key
from registers.readers import Entry

_SHOWN = 3


@frozen(kw_only=True)
class Answer:
    """A fact, and the record that it rests on when one was found."""

    fact: Fact
    version: Version | None = None


def about_subject(tx: Connection, kind: Kind, fact: str, asked: Inquiry) -> Answer:
    """What a register says of whoever the inquiry is about."""
    found = candidates(tx, kind, asked)
    meant = decided(found, several=kind.subject != "name")
    if meant is not None:
        return _found(tx, kind, fact, asked, meant)
    rivals = [one for one in found if one.score >= NEAR]
    if not rivals:
        return Answer(fact=absence(tx, kind, fact, asked))
    names = "；".join(f"{title_of(one.version)}：{one.words}" for one in rivals[:_SHOWN])
    if rivals[0].score >= DECIDED:
        detail = f"有 {len(rivals)} 条登记记录与本页相符，不能确定是哪一条：{names}"
    else:
        detail = f"没有查到“{asked.subject}”，但有相近的登记记录：{names}"
    return Answer(fact=unverified(fact, detail, source=kind.title))


def by_number(tx: Connection, kind: Kind, fact: str, number: str, asked: Inquiry) -> Answer:
    """What a register says of a number that the page shows."""
    found = find(tx, kind, {"number": [number_key(number)]}, day=asked.day)
    if len(found) != 1:
        return Answer(fact=absence(tx, kind, fact, asked, subject=number))
    (version,) = found
    answer, remark = on_day(version.entry, asked.day)
    detail = f"{number} 登记为“{version.entry.name}”：{remark}"
    owner = version.entry.parties.get(kind.subject, version.entry.name)
    if kind.subject == "name" and asked.names and not named_alike(owner, asked.names):
        detail += f"；与页面自称“{asked.subject}”不一致"
    return Answer(fact=stated(fact, answer, detail, version, kind), version=version)


def absence(
    tx: Connection, kind: Kind, fact: str, asked: Inquiry, *, subject: str | None = None
) -> Fact:
    """无 needs two proofs: a list that is complete for the place and the day, and a control query
    that finds a known record of it. Everything else is 未核实."""
    subject = subject or asked.subject
    if not subject:
        detail = "页面没有载明可供查询的主体名称、信用代码或登记号"
        return unverified(fact, detail, source=kind.title)
    proof = coverage(tx, kind, asked.region or COUNTRY, asked.day)
    if proof is None:
        reason = (
            f"但登记簿在取证日（{asked.day}）没有 {asked.region} 的有效完整名录"
            if asked.region
            else "也不能确定其所在行政区划"
        )
        return unverified(fact, f"没有查到“{subject}”，{reason}", source=kind.title)
    region, as_of = proof
    known = control(tx, kind, region, as_of)
    if known is None:
        return _no_control(fact, kind)
    detail = (
        f"{region} 截至 {as_of} 的完整名录中没有“{subject}”（对照查询“{known.entry.name}”可以查到）"
    )
    return stated(fact, Existence.ABSENT, detail, known, kind)


def unverified(fact: str, detail: str, *, source: str) -> Fact:
    """A question without an answer, and why."""
    return Fact(name=fact, answer=Existence.UNVERIFIED, detail=detail, source=source)


def stated(fact: str, answer: Existence, detail: str, version: Version, kind: Kind) -> Fact:
    """An answer that rests on a record."""
    source = f"{kind.title}（{version.file}，截至 {version.as_of}）"
    return Fact(name=fact, answer=answer, detail=detail, source=source, as_of=version.as_of)


def on_day(one: Entry, day: date) -> tuple[Existence, str]:
    """Whether a record was in force on the day, as far as its own dates tell."""
    if one.valid_from and day < one.valid_from:
        remark = f"有效期自 {one.valid_from} 起，晚于取证日（{day}），此前是否持证未核实"
        return Existence.UNVERIFIED, remark
    if one.valid_until and one.valid_until < day:
        remark = f"所载有效期止于 {one.valid_until}，取证日（{day}）前是否延续未核实"
        return Existence.UNVERIFIED, remark
    return Existence.PRESENT, f"取证日（{day}）在册"


def named_alike(name: str, asked: Sequence[str]) -> bool:
    """Whether a registered name and one of the name keys asked for contain each other."""
    key = name_key(name)
    return any(key in other or other in key for other in asked)


def title_of(version: Version) -> str:
    """A record as reports name it."""
    numbers = version.entry.numbers
    licence_no = numbers.get("licence_no")
    number = f"登记号 {licence_no}" if licence_no else next(iter(numbers.values()), "无登记号")
    return f"{version.entry.name}（{number}）"


def _found(tx: Connection, kind: Kind, fact: str, asked: Inquiry, meant: Candidate) -> Answer:
    version = meant.version
    one = version.entry
    newest = coverage(tx, kind, one.region, asked.day)
    if newest is not None and version.as_of < newest[1]:
        return Answer(fact=_struck_off(tx, kind, fact, version, newest))
    answer, remark = on_day(one, asked.day)
    owner = one.parties.get(kind.subject, one.name)
    if asked.names and not named_alike(owner, asked.names):
        remark += f"；页面自称“{asked.subject}”，与登记名称不一致"
    detail = f"{title_of(version)}：{remark}（比对依据：{meant.words}）"
    found = stated(fact, answer, detail, version, kind)
    if meant.score >= SURE and kind.subject == "name":
        found = evolve(found, registered=_registered(one))
    return Answer(fact=found, version=version)


def _registered(one: Entry) -> Registered:
    return Registered(
        name=one.name,
        usci=one.numbers.get("usci"),
        licence_no=one.numbers.get("licence_no"),
        region=one.region,
        address=one.address,
    )


def _struck_off(
    tx: Connection, kind: Kind, fact: str, version: Version, newest: tuple[str, date]
) -> Fact:
    """The record stands in an older version and no longer in the newest complete one."""
    region, as_of = newest
    known = control(tx, kind, region, as_of)
    if known is None:
        return _no_control(fact, kind)
    detail = (
        f"{title_of(version)}在截至 {version.as_of} 的名录中在册，在截至 {as_of} 的"
        f" {region} 完整名录中已无记录（对照查询“{known.entry.name}”可以查到）"
    )
    return stated(fact, Existence.ABSENT, detail, known, kind)


def _no_control(fact: str, kind: Kind) -> Fact:
    detail = "登记簿的对照查询没有找到已知记录，本次结果不可用"
    return unverified(fact, detail, source=kind.title)
