"""Short letters: word of a recall (撤回通知) or correction (更正通知), and requests for help."""

from __future__ import annotations

from datetime import datetime

from domain.clues import Clue
from domain.tickets import Ticket, TicketEvent
from tickets.assistance import Assistance
from tickets.letter_file import Letter, cut, moment
from tickets.letters import Sender
from tickets.offices import Office
from tickets.outbox import DeliveryKind
from tickets.request_forms import FORMS, TITLES

_ASKS = {
    DeliveryKind.RECALL: "请停止办理并销毁或退回随附材料，已采取的措施请书面告知。",
    DeliveryKind.CORRECTION: "请以更正后的内容为准，此前材料中与之不符的部分不再使用。",
}


def notice(
    *,
    kind: DeliveryKind,
    ticket: Ticket,
    clue: Clue,
    event: TicketEvent,
    recipient: Office,
    sender: Sender,
    at: datetime,
) -> bytes:
    """The notice to one office as DOCX; `event` is the recall or correction that it reports."""
    letter = Letter(title=f"线索移送{kind}", author=sender.name, at=at)
    letter.paragraph(f"编号：{ticket.number}")
    letter.paragraph(f"{recipient.name}：")
    letter.paragraph(
        f"我单位此前移送的线索（工单 {ticket.number}）现予{kind.value[:2]}。{_ASKS[kind]}"
    )
    letter.fields(
        [
            ("线索编号", clue.number),
            ("当事人", cut(clue.subject.name)),
            ("原由及内容", cut(event.note) or "未说明"),
            ("决定人", event.actor),
            ("决定时间", moment(event.at)),
            ("移送单位", sender.name),
            ("联系人及方式", sender.contact),
        ]
    )
    return letter.to_bytes()


def request_letter(
    *,
    request: Assistance,
    ticket: Ticket,
    clue: Clue,
    asking: Office,
    recipient: Office,
    sender: Sender,
    at: datetime,
) -> bytes:
    """The letter that asks another office for help, with the form for its answer, as DOCX."""
    title = TITLES[request.kind]
    provisional = "（暂定）" if request.provisional else ""
    letter = Letter(title=f"{title}函", author=sender.name, at=at)
    letter.paragraph(f"编号：{request.number}")
    letter.paragraph(f"{recipient.name}：")
    letter.paragraph(f"{asking.name}办理工单 {ticket.number}，需请你单位{title}：")
    letter.paragraph(cut(request.question))
    letter.fields(
        [
            ("当事人", cut(clue.subject.name)),
            ("统一社会信用代码", clue.subject.usci or "未见"),
            ("答复期限", f"{request.due}{provisional}"),
            ("转送单位", f"{sender.name}，{sender.contact}"),
        ]
    )
    letter.heading("答复（逐项填写）")
    letter.fields([(name, "　") for name in FORMS[request.kind]])
    return letter.to_bytes()
