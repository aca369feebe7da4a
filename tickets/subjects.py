"""Who stands behind a page: the accused party (当事人), with the grounds for saying so."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime
from urllib.parse import urlsplit

from attrs import frozen
from sqlalchemy import Connection, Select, func, select, update

from domain.clues import Subject, SubjectKind
from domain.errors import NotFound
from domain.findings import Assessment, Existence, Fact, Registered
from domain.ids import derive_id
from domain.pages import Document, IdentifierKind
from language.normalise import normalise
from storage.records import from_json, to_json
from storage.upsert import upsert
from tickets import tables

LICENCE_FACT = "institution_licence"
_SALON_TYPE = "beauty_salon_medical"
_NAME_LIMIT = 200
_KEY_NOISE = re.compile(r"[\s()\[\]【】〔〕「」“”\"'《》·•,，.。、_-]+")
_DIVISION = re.compile(r"[1-9]\d{5}")
_LICENCE_DIVISION = slice(9, 15)
_USCI_DIVISION = slice(2, 8)

# Words in names, tried in this order: 医疗美容门诊部 is a medical name, not a salon's.
_NAME_WORDS: tuple[tuple[SubjectKind, re.Pattern[str]], ...] = (
    (
        SubjectKind.MEDIA,
        re.compile(r"日报|晚报|早报|报社|电视台|广播电台|通讯社|杂志社|新闻网|融媒体"),
    ),
    (
        SubjectKind.MEDICAL_INSTITUTION,
        re.compile(r"医院|门诊部|诊所|卫生院|卫生室|卫生服务中心|保健院|卫生所|医务室"),
    ),
    (
        SubjectKind.BEAUTY_SALON,
        re.compile(
            r"美容院|美容会所|养生馆|养生会所|会所|皮肤管理|美容工作室|工作室|美甲|美睫|纹绣"
            r"|美体|美容店|美容中心|养颜|spa",
            re.IGNORECASE,
        ),
    ),
    (SubjectKind.MANUFACTURER, re.compile(r"制药|药厂|(?:药品|器械)(?:制造|生产)")),
    (SubjectKind.COMPANY, re.compile(r"公司|集团|合伙企业|经营部|商行|商店|药店|药房|协会")),
    (
        SubjectKind.PERSON,
        re.compile(r"^[\u4e00-\u9fa5]{1,4}(?:医生|大夫|医师|教授|院长|博士|老师|主任)$"),
    ),
)


@frozen(kw_only=True)
class _Numbers:
    """The registration numbers that the page states about its own operator."""

    usci: str | None
    licence: str | None
    grounds: tuple[str, ...]


def attribute(
    document: Document,
    facts: Sequence[Fact],
    assessment: Assessment,
    *,
    source_region: str = "",
) -> Subject:
    """The subject that the page is attributed to. Pure: the same page gives the same subject.

    Identity is the credit code, else the registration number, else the name, else the host.
    `source_region` is the division of the watched source, used when no number tells the place.
    A number counts only when it is the one valid number of its kind on the page; what the page
    does not state comes from the record that the licence fact surely rests on.
    """
    record = next((f.registered for f in facts if f.name == LICENCE_FACT and f.registered), None)
    numbers = _with_record(_numbers(document), record)
    name, name_ground = _name(document, record)
    kind, kind_ground = _kind(name, facts, assessment)
    region, region_ground = _region(document, numbers, source_region, record)
    key, key_ground = _key(document, numbers, name)
    return Subject(
        id=derive_id("subject", key),
        key=key,
        kind=kind,
        name=name or document.site,
        region=region,
        address=record.address if record else "",
        usci=numbers.usci,
        licence_no=numbers.licence,
        phones=_phones(document),
        grounds=tuple(
            ground
            for ground in (*numbers.grounds, name_ground, kind_ground, region_ground, key_ground)
            if ground
        ),
    )


@frozen(kw_only=True)
class Listed:
    """A line of the list of subjects: who, where, how many clues, and when seen last."""

    id: str
    key: str
    kind: SubjectKind
    name: str
    region: str
    clues: int
    last_seen: datetime


def listed(
    tx: Connection,
    *,
    unknown: bool = False,
    among: Select[str] | None = None,
    limit: int = 100,
) -> list[Listed]:
    """Subjects with most clues first. `unknown`: only those that wait for a person to say who
    they are, because nothing tells their kind or nothing but a host stands for them. `among`
    selects the ids of those that may be listed, None: all."""
    table, clues = tables.subjects, tables.clues
    count = func.count(clues.c.id).label("clues")
    columns = (table.c.id, table.c.key, table.c.kind, table.c.name, table.c.region)
    wanted = (
        select(*columns, table.c.last_seen, count)
        .outerjoin(clues, clues.c.subject_id == table.c.id)
        .group_by(*columns, table.c.last_seen)
        .order_by(count.desc(), table.c.id)
        .limit(limit)
    )
    if unknown:
        nameless = table.c.key.startswith("host:")
        wanted = wanted.where(nameless | (table.c.kind == SubjectKind.UNKNOWN.value))
    if among is not None:
        wanted = wanted.where(table.c.id.in_(among))
    rows = tx.execute(wanted).mappings()
    return [Listed(**{**row, "kind": SubjectKind(row["kind"])}) for row in rows]


def get(tx: Connection, subject_id: str) -> Subject:
    """The stored subject. Raises NotFound."""
    record = tx.execute(
        select(tables.subjects.c.record).where(tables.subjects.c.id == subject_id)
    ).scalar_one_or_none()
    if record is None:
        raise NotFound(f"没有当事人 {subject_id}")
    return from_json(Subject, record)


def keep(tx: Connection, subject: Subject, *, at: datetime) -> None:
    """Store the subject, or note that it was seen again.

    Either way its row is locked until the transaction ends, so that two workers never raise
    clues or open tickets of one subject at the same time.
    """
    table = tables.subjects
    seen = upsert(tx, table).values(
        id=subject.id,
        key=subject.key,
        kind=subject.kind.value,
        name=subject.name,
        region=subject.region,
        record=to_json(subject),
        first_seen=at,
        last_seen=at,
    )
    tx.execute(seen.on_conflict_do_update(index_elements=[table.c.id], set_={"last_seen": at}))


def lock(tx: Connection, subject_id: str) -> None:
    """Keep other writers of this subject's clues and tickets waiting until the transaction ends."""
    table = tables.subjects
    tx.execute(update(table).where(table.c.id == subject_id).values(last_seen=table.c.last_seen))


def _numbers(document: Document) -> _Numbers:
    usci, usci_ground = _only_valid(document, IdentifierKind.USCI, "统一社会信用代码")
    licence, licence_ground = _only_valid(document, IdentifierKind.INSTITUTION, "医疗机构登记号")
    grounds = tuple(ground for ground in (usci_ground, licence_ground) if ground)
    return _Numbers(usci=usci, licence=licence, grounds=grounds)


def _with_record(stated: _Numbers, record: Registered | None) -> _Numbers:
    """The page's own numbers, and those of its record where it states none."""
    if record is None:
        return stated
    ground = f"登记库的记录“{record.name}”与本页对应"
    return _Numbers(
        usci=stated.usci or record.usci,
        licence=stated.licence or record.licence_no,
        grounds=(*stated.grounds, ground),
    )


def _only_valid(document: Document, kind: IdentifierKind, title: str) -> tuple[str | None, str]:
    values = {i.value for i in document.identifiers if i.kind is kind and i.valid}
    if len(values) > 1:
        return None, f"页面列有 {len(values)} 个{title}，不能确定属于谁，未采用"
    for value in values:
        return value, f"页面标明{title} {value}（校验通过）"
    return None, ""


def _name(document: Document, record: Registered | None) -> tuple[str, str]:
    stated = (
        (record.name if record else "", "医疗机构登记库"),
        (document.subject_hint, "页面自称的运营者名称"),
        (document.account, "发布账号名称"),
    )
    for value, ground in stated:
        name = _clean_name(value or "")
        if name:
            return name, f"名称“{name}”取自{ground}"
    return "", f"页面没有写明运营者，以网站 {document.site} 称之"


def _clean_name(value: str) -> str:
    words = unicodedata.normalize("NFKC", value)
    return " ".join("".join(c if c.isprintable() else " " for c in words).split())[:_NAME_LIMIT]


def _kind(name: str, facts: Sequence[Fact], assessment: Assessment) -> tuple[SubjectKind, str]:
    licence = next((fact for fact in facts if fact.name == LICENCE_FACT), None)
    answer = licence.answer if licence else Existence.UNVERIFIED
    if answer is Existence.PRESENT:
        return SubjectKind.MEDICAL_INSTITUTION, "医疗机构登记库有其执业许可"
    for kind, words in _NAME_WORDS:
        found = words.search(name)
        if found is None:
            continue
        if kind is SubjectKind.MEDICAL_INSTITUTION and answer is Existence.ABSENT:
            return SubjectKind.UNKNOWN, f"名称含“{found[0]}”，但医疗机构登记库无此机构"
        return kind, f"名称含“{found[0]}”，判为 {kind}"
    if any(finding.type == _SALON_TYPE for finding in assessment.findings):
        return SubjectKind.BEAUTY_SALON, "研判认为是生活美容机构宣传医疗美容"
    return SubjectKind.UNKNOWN, "没有足以确定主体类别的依据"


def _region(
    document: Document, numbers: _Numbers, source_region: str, record: Registered | None
) -> tuple[str, str]:
    """The credit code comes last: it tells the registering authority, not the place (law D.2)."""
    psb = [i for i in document.identifiers if i.kind is IdentifierKind.PSB]
    filings = {i.value[:6] for i in psb if i.valid is not False}
    candidates: Iterable[tuple[str, str]] = (
        (record.region if record else "", "医疗机构登记库"),
        ((numbers.licence or "")[_LICENCE_DIVISION], "医疗机构登记号"),
        (filings.pop() if len(filings) == 1 else "", "公安备案号"),
        (source_region, "监测对象的登记区划"),
        ((numbers.usci or "")[_USCI_DIVISION], "统一社会信用代码（登记机关所在地）"),
    )
    for region, ground in candidates:
        if _DIVISION.fullmatch(region):
            return region, f"区划 {region} 取自{ground}"
    return "", "所在区划不明"


def _key(document: Document, numbers: _Numbers, name: str) -> tuple[str, str]:
    if numbers.usci:
        return f"usci:{numbers.usci}", "以统一社会信用代码认定同一主体"
    if numbers.licence:
        return f"licence:{numbers.licence}", "以医疗机构登记号认定同一主体"
    plain = _KEY_NOISE.sub("", normalise(name).text)
    if plain:
        return f"name:{plain}", "以名称认定同一主体"
    host = document.site or urlsplit(document.url).hostname or document.url
    return f"host:{host}", "以网站认定同一主体"


def _phones(document: Document) -> tuple[str, ...]:
    found = (i.value for i in document.identifiers if i.kind is IdentifierKind.PHONE)
    return tuple(dict.fromkeys(found))
