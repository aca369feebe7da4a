"""Word to every office that got a case: it was recalled (撤回通知), or is corrected (更正通知)."""

from __future__ import annotations

from datetime import datetime

from domain.clues import Clue
from domain.tickets import Ticket, TicketEvent
from tickets.letter_file import Letter, cut, moment
from tickets.letters import Sender
from tickets.offices import Office
from tickets.outbox import DeliveryKind

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
