"""The letter that hands a case over (线索移送函), with its receipt page (回执): law.md D.5."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import frozen

from domain.captures import Seal
from domain.clues import Clue, Subject, SubjectKind
from domain.facts import FACT_TITLES
from domain.findings import Finding
from domain.tickets import OfficeRole, Opinion, Ticket
from tickets.calendar import CHINA
from tickets.letter_file import Letter, cut, moment
from tickets.offices import Office, Offices
from tickets.outward import outward_phones
from tickets.proof import TO_COLLECT, base_set
from tickets.routes import Exchange

QUOTES_PRINTED = 100
SIGHTINGS_PRINTED = 50
_BLANK = "　"

KIND_TITLES: dict[SubjectKind, str] = {
    SubjectKind.MEDICAL_INSTITUTION: "医疗机构",
    SubjectKind.BEAUTY_SALON: "生活美容机构",
    SubjectKind.MANUFACTURER: "药械生产企业",
    SubjectKind.COMPANY: "企业",
    SubjectKind.PERSON: "个人",
    SubjectKind.MEDIA: "媒体",
    SubjectKind.UNKNOWN: "待查明",
}


@frozen(kw_only=True)
class Sender:
    """Who hands the case over: the agency of the settings, which answers for the letter."""

    name: str
    contact: str
    legal_basis: str


def transfer_letter(
    *,
    ticket: Ticket,
    clue: Clue,
    recipient: Office,
    offices: Offices,
    sender: Sender,
    titles: Mapping[str, str],
    seal: Seal | None,
    bundle_digest: str | None,
    opinion: Opinion | None,
    exchange: Exchange,
    origins: Sequence[str],
    at: datetime,
) -> bytes:
    """The letter to one office as DOCX; the same input gives the same bytes.

    `titles` are the Chinese names of the violation types, `bundle_digest` the root digest of the
    evidence bundle that goes with it, `opinion` the lead's characterisation if there is one
    (`opinions.latest`): the takedown office acts on nothing else; `exchange` is what was declared
    for the recipient's branch, `origins` where complaints of it came in. Long text is cut with a
    note; the bundle has all of it.
    """
    letter = Letter(title="涉嫌违法线索移送函", author=sender.name, at=at)
    named = "、".join(titles.get(slug, slug) for slug in ticket.types)
    letter.paragraph(f"编号：{ticket.number}{_BLANK * 4}密级：{exchange.secrecy}")
    _opening(letter, ticket, clue, recipient, named)
    _case(letter, ticket, clue, named, origins)
    _party(letter, clue.subject)
    _quotes(letter, ticket, clue, titles)
    _facts(letter, clue)
    _evidence(letter, clue, seal, bundle_digest)
    _proof(letter, clue, seal, recipient)
    _handling(letter, ticket, offices, opinion, exchange)
    _closing(letter, sender, at)
    letter.page_break()
    _receipt(letter, ticket, recipient, sender)
    return letter.to_bytes()


def _opening(letter: Letter, ticket: Ticket, clue: Clue, recipient: Office, named: str) -> None:
    role = next((a.role for a in ticket.assignments if a.office == recipient.id), OfficeRole.COPY)
    letter.paragraph(f"{recipient.name}：")
    letter.paragraph(
        f"经网络监测，发现{clue.subject.name}涉嫌{named}。依照职责分工，现将线索移送你单位"
        f"（{role}），请依法处理，并将回执和处理结果反馈我单位。"
    )


def _case(letter: Letter, ticket: Ticket, clue: Clue, named: str, origins: Sequence[str]) -> None:
    letter.heading("一、线索情况")
    letter.fields(
        [
            ("线索编号", clue.number),
            ("来源", "、".join(("监测", *origins))),
            ("发现时间", moment(clue.raised_at)),
            ("网址", cut(clue.url)),
            ("标题", cut(clue.title)),
            ("涉嫌类型", f"{named}（{'、'.join(ticket.types)}）"),
            ("严重度 / 置信度", f"{clue.severity}（1–5）/ {clue.score:.2f}"),
            ("关联案件", f"案件组 {ticket.case_group}（一案多查）"),
        ]
    )


def _party(letter: Letter, subject: Subject) -> None:
    phones = outward_phones(subject)
    letter.heading("二、当事人")
    letter.fields(
        [
            ("名称", cut(subject.name)),
            ("主体类别", KIND_TITLES[subject.kind]),
            ("统一社会信用代码", subject.usci or "未见"),
            ("医疗机构登记号", subject.licence_no or "未见"),
            ("法定代表人", "待查"),
            ("地址", cut(subject.address) or "未查明"),
            ("区划", subject.region or "未查明"),
            ("电话", "、".join(phones) or "未见"),
            ("广告主、经营者、发布者、代言人", "待查（页面运营者如上）"),
            ("认定依据", "；".join(subject.grounds) or "无"),
        ]
    )


def _quotes(letter: Letter, ticket: Ticket, clue: Clue, titles: Mapping[str, str]) -> None:
    found = [finding for finding in clue.findings if finding.type in ticket.types]
    letter.heading("三、违法摘要与原文摘录")
    letter.paragraph(
        "偏移为存档文本中的字符位置（起含、止不含），可据证据包核对；"
        "图中文字另注图片网址、原件摘要与像素位置（左、上、右、下）。"
    )
    letter.table(
        ("序号", "类型", "原文", "偏移", "依据条款", "判定来源"),
        [
            (
                str(place),
                titles.get(finding.type, finding.type),
                cut(finding.quote),
                _where(finding),
                _articles(finding),
                f"{finding.origin}\n置信度 {finding.score:.2f}",
            )
            for place, finding in enumerate(found[:QUOTES_PRINTED], start=1)
        ],
        widths=(1.1, 2.4, 5.0, 2.5, 2.9, 1.9),
    )
    _omitted(letter, len(found) - QUOTES_PRINTED)


def _facts(letter: Letter, clue: Clue) -> None:
    letter.heading("四、许可比对")
    if not clue.facts:
        letter.paragraph("未比对（未核实）。")
        return
    letter.table(
        ("比对项目", "结果", "说明", "数据来源（截至）"),
        [
            (
                FACT_TITLES.get(fact.name, fact.name),
                fact.answer.value,
                cut(fact.detail),
                f"{fact.source}（{fact.as_of or '日期不明'}）",
            )
            for fact in clue.facts
        ],
        widths=(3.2, 1.8, 6.8, 4.0),
    )


def _evidence(letter: Letter, clue: Clue, seal: Seal | None, bundle_digest: str | None) -> None:
    letter.heading("五、证据清单")
    pairs = [("固证状态", (seal.status if seal else clue.seal).value)]
    if seal is not None:
        pairs += [
            ("未完成原因", cut(seal.reason))
            if seal.reason
            else ("采集方式", "浏览器现场采集" if seal.live else "由存档字节离线还原"),
            ("采集时间", moment(seal.sealed_at)),
            ("清单摘要", seal.manifest_digest or "无"),
        ]
    letter.fields([*pairs, ("证据包根摘要", bundle_digest or "未随附证据包")])
    if seal is not None and seal.files:
        letter.table(
            ("文件", "大小（字节）", "SHA-256"),
            [(file.name, str(file.size), file.sha256) for file in seal.files],
            widths=(4.0, 2.4, 9.4),
        )
    letter.paragraph("出现记录：")
    letter.table(
        ("时间", "网址", "快照编号"),
        [
            (moment(seen.seen_at), cut(seen.url), seen.snapshot_id)
            for seen in clue.sightings[:SIGHTINGS_PRINTED]
        ],
        widths=(3.6, 7.4, 4.8),
    )
    _omitted(letter, len(clue.sightings) - SIGHTINGS_PRINTED)


def _proof(letter: Letter, clue: Clue, seal: Seal | None, recipient: Office) -> None:
    letter.heading("六、证据要素核对")
    pairs = [(point.title, point.content) for point in base_set(clue, seal)]
    letter.fields([*pairs, ("请补充收集", TO_COLLECT.get(recipient.kind, "无"))])


def _handling(
    letter: Letter,
    ticket: Ticket,
    offices: Offices,
    opinion: Opinion | None,
    exchange: Exchange,
) -> None:
    def names(role: OfficeRole) -> str:
        found = [offices.get(a.office).name for a in ticket.assignments if a.role is role]
        return "、".join(found) or "无"

    letter.heading("七、办理")
    characterised = (
        f"{opinion.number}：{cut(opinion.words)}（{opinion.signer}，{moment(opinion.at)}）"
        if opinion
        else "尚未定性"
    )
    letter.fields(
        [
            *((role.value, names(role)) for role in OfficeRole),
            ("主办机关定性", characterised),
            ("再犯", f"办结后第 {ticket.recurrence} 次再现" if ticket.recurrence else "否"),
            ("交换范围与方式", f"{exchange.scope}；{exchange.way}"),
            ("反馈频次", exchange.frequency),
        ]
    )
    letter.table(
        ("办理期限", "截止日期", "依据"),
        [
            (d.title, f"{d.due:%Y-%m-%d}{'（暂定）' if d.provisional else ''}", d.source)
            for d in ticket.deadlines
        ],
        widths=(5.0, 3.8, 7.0),
    )


def _closing(letter: Letter, sender: Sender, at: datetime) -> None:
    letter.heading("八、移送单位")
    letter.fields(
        [
            ("移送单位", sender.name),
            ("联系人及方式", sender.contact),
            ("职权依据", sender.legal_basis),
            ("签批", _BLANK),
            ("日期（盖章）", f"{at.astimezone(CHINA):%Y年%m月%d日}"),
        ]
    )


def _receipt(letter: Letter, ticket: Ticket, recipient: Office, sender: Sender) -> None:
    letter.title("回执")
    letter.paragraph(f"{sender.name}：")
    letter.paragraph(f"你单位移送的线索（编号：{ticket.number}）已收悉，处理情况如下：")
    letter.fields(
        [
            ("收件单位", recipient.name),
            ("受理情况", f"□受理{_BLANK}□退回（□无管辖权{_BLANK}□材料不全）"),
            ("退回理由", _BLANK),
            ("承办人及电话", _BLANK),
            ("签收日期", _BLANK),
            ("立案号", _BLANK),
            ("处罚文号", _BLANK),
            ("罚没金额（元）", _BLANK),
            ("其他措施", _BLANK),
            ("反馈日期（盖章）", _BLANK),
        ]
    )


def _where(finding: Finding) -> str:
    place = f"{finding.start}–{finding.end}\n文档 {finding.document_id}"
    picture = finding.picture
    if picture is None:
        return place
    box = "、".join(map(str, picture.box))
    return f"{place}\n图片 {cut(picture.url)}\n{picture.file}\n位置 {box}"


def _articles(finding: Finding) -> str:
    return "\n".join(article.citation for article in finding.articles) or "无"


def _omitted(letter: Letter, count: int) -> None:
    if count > 0:
        letter.paragraph(f"其余 {count} 条从略，全部列于证据包。")
