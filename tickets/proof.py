"""What a ticket has to prove and what of it is there (law.md E.3), for letters and pages."""

from __future__ import annotations

from attrs import frozen

from domain.captures import Seal, SealStatus
from domain.clues import Clue
from domain.findings import Existence
from tickets.offices import OfficeKind

_MISSING = "未取得"

TO_COLLECT: dict[OfficeKind, str] = {
    OfficeKind.MARKET_SUPERVISION: (
        "广告费线索（合同、投放报价、销量、收据）、现场笔录、询问笔录、主体资格材料、广告图片、"
        "审查证明及成品样件"
    ),
    OfficeKind.HEALTH: "诊疗行为证据（价目、病历、药械、术者）",
    OfficeKind.MEDICAL_INSURANCE: "定点编码、参保人陈述、传单",
    OfficeKind.DRUG_ADMINISTRATION: "产品标签、批号",
    OfficeKind.PUBLIC_SECURITY: "资金流、人员、被害人",
    OfficeKind.CYBERSPACE: "账号与链接清单、主管部门定性文书",
}
"""What the office itself must add, by branch; branches without an entry add nothing special."""


@frozen(kw_only=True)
class Proof:
    """One point of the base set: what it is and what we have, 未取得 when nothing."""

    title: str
    content: str


def base_set(clue: Clue, seal: Seal | None) -> tuple[Proof, ...]:
    """The nine points of the base set, in the order of the law; nothing counts as proven that
    was not obtained."""
    subject = clue.subject
    files = seal.files if seal is not None and seal.status is SealStatus.SEALED else ()
    pictures = [file.name for file in files if file.media_type.startswith("image/")]
    numbers = [number for number in (subject.usci, subject.licence_no) if number]
    contacts = [clue.url, *subject.phones]
    points = (
        ("载体截图（含网址、时间）", "、".join(pictures)),
        ("违法语句原文及偏移", f"{len(clue.findings)} 处" if clue.findings else ""),
        ("主体证据", "、".join(numbers) or (f"名称“{subject.name}”，无登记号码")),
        ("资质比对结果", _answer(clue, "institution_licence")),
        ("广告审查文号比对", _answer(clue, "medical_ad_approval")),
        ("传播量（阅读、点赞、销量）", ""),
        ("落地页、联系方式、交易链接", f"{len([c for c in contacts if c])} 项"),
        ("摘要清单", (seal.manifest_digest if seal and files else "") or ""),
        ("采集日志", f"{len(clue.sightings)} 次采集" if clue.sightings else ""),
    )
    return tuple(Proof(title=title, content=content or _MISSING) for title, content in points)


def _answer(clue: Clue, name: str) -> str:
    answers = [fact.answer.value for fact in clue.facts if fact.name == name]
    return "、".join(answers) or Existence.UNVERIFIED.value
