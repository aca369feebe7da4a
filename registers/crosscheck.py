"""What a page offers against what its institution is registered for (许可数据交叉比对)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from domain.findings import Existence, Fact
from registers.answers import Answer, absence, stated, unverified
from registers.kinds import kind_of
from registers.lookup import MOST, Version, find
from registers.matching import Inquiry
from registers.names import name_key
from registers.projects import Claims, Cover, Project, project_table
from registers.readers import Entry

SCOPE = "project_scope"
LEAD = "lead_physician"

_MOST_PROJECTS = 20


def project_facts(
    tx: Connection, claims: Claims, licence: Answer, asked: Inquiry, held: frozenset[str]
) -> Iterator[Fact]:
    """`project_scope` when the page names projects; `lead_physician` when some need one and the
    register of doctors is held."""
    offered = list(claims.projects.items())[:_MOST_PROJECTS]
    if not offered:
        return
    yield _scope(licence, offered)
    leads = tuple(dict.fromkeys(project.lead for project, _ in offered if project.lead))
    if leads and licence.version is not None and "doctor" in held:
        yield _lead(tx, licence.version, leads, asked)


def allowed_grade(one: Entry) -> int | None:
    """The highest grade of surgical projects that an institution of this sort may offer at all
    (《医疗美容项目分级管理目录》机构条款，待核); None when the record does not tell."""
    name, level = name_key(one.name), one.detail("level")
    departments = one.detail("departments")
    if "诊所" in name:
        return 1
    if "门诊部" in name:
        return 2 if "麻醉" in departments else 1
    if "医院" not in name:
        return None
    if "三级" in level:
        return 4
    if "整形" in name or "美容" in name:
        return 3
    return 2 if "二级" in level else 1 if "一级" in level else None


def _scope(licence: Answer, offered: Sequence[tuple[Project, tuple[str, ...]]]) -> Fact:
    version = licence.version
    kind = kind_of("institution")
    needed = "；".join(_need(project, words) for project, words in offered)
    if version is None and licence.fact.answer is Existence.ABSENT:
        detail = f"没有医疗机构登记，下列项目均无相应诊疗科目：{needed}"
        return Fact(
            name=SCOPE,
            answer=Existence.ABSENT,
            detail=detail,
            source=licence.fact.source,
            as_of=licence.fact.as_of,
        )
    if version is None or not version.entry.details.get("departments"):
        return unverified(SCOPE, f"登记的诊疗科目未知，须核对：{needed}", source=kind.title)
    gaps = [gap for project, words in offered for gap in _gaps(project, words, version.entry)]
    missing = [words for answer, words in gaps if answer is Existence.ABSENT]
    open_ = [words for answer, words in gaps if answer is Existence.UNVERIFIED]
    if licence.fact.answer is Existence.UNVERIFIED:
        open_, missing = [licence.fact.detail, *missing, *open_], []
    answer = Existence.ABSENT if missing else Existence.UNVERIFIED if open_ else Existence.PRESENT
    fine = f"页面所称 {len(offered)} 个项目均在登记的诊疗科目之内"
    detail = "；".join((*missing, *open_)) or fine
    return stated(SCOPE, answer, detail, version, kind)


def _gaps(project: Project, words: Sequence[str], one: Entry) -> Iterator[tuple[Existence, str]]:
    registered = one.details["departments"]
    cover = project_table().cover(project, registered)
    if cover is Cover.MISSING:
        listed = "、".join(registered)
        yield Existence.ABSENT, f"{_need(project, words)}，登记的科目是“{listed}”"
    elif cover is Cover.PARENT_ONLY:
        listed = "、".join(registered)
        yield Existence.UNVERIFIED, f"{_need(project, words)}，登记簿只载一级科目“{listed}”"
    allowed = allowed_grade(one)
    if project.grade is not None and allowed is not None and project.grade > allowed:
        said = f"“{'、'.join(words[:3])}”属 {project.grade} 级项目（{project.source}）"
        yield Existence.ABSENT, f"{said}，该机构类别至多可开展 {allowed} 级"


def _need(project: Project, words: Sequence[str]) -> str:
    needs = "或".join(project.needs[:3])
    return f"“{'、'.join(words[:3])}”（{project.name}）须有{needs}（{project.source}）"


def _lead(tx: Connection, version: Version, leads: Sequence[str], asked: Inquiry) -> Fact:
    """Whether the institution has a registered 主诊医师 of every specialty that is needed."""
    kind, one = kind_of("doctor"), version.entry
    licence_no = one.numbers.get("licence_no")
    by = {"institution": [name_key(one.name)], "licence_no": [licence_no] if licence_no else []}
    doctors = find(tx, kind, by, day=asked.day)
    specialties = {s for v in doctors for s in v.entry.details.get("lead_specialties", ())}
    missing = [lead for lead in leads if not any(lead in s for s in specialties)]
    words = "、".join(missing or leads)
    if not missing:
        detail = f"{one.name}登记有{words}主诊医师"
        return stated(LEAD, Existence.PRESENT, detail, doctors[0], kind)
    if len(doctors) >= MOST:
        return unverified(LEAD, f"{one.name}的医师过多，未能逐一核对{words}", source=kind.title)
    return absence(tx, kind, LEAD, asked, subject=f"{one.name}的{words}主诊医师")
