"""What an office answers about a case (反馈): a coded outcome, and what it says of the finding."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum

from attrs import Attribute, field, fields, frozen

from domain.errors import PermanentError

_DAY = re.compile(r"([0-9]{4})[-/.年]([0-9]{1,2})[-/.月]([0-9]{1,2})")
_LONGEST_NUMBER = 100
_YUAN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,2})?")


class Bearing(StrEnum):
    """What an outcome says about whether the finding was right."""

    CONFIRMS = "属实"
    REFUTES = "不属实"
    SILENT = "未表明"


def _money(_: object, attribute: Attribute[str], value: str) -> None:
    if value and not _YUAN.fullmatch(value):
        raise PermanentError(f"{attribute.metadata['title']}“{value}”不是金额（元）")


def _counted(_: object, attribute: Attribute[int | None], value: int | None) -> None:
    if value is not None and value < 1:
        raise PermanentError(f"{attribute.metadata['title']}须为正数")


def _short(_: object, attribute: Attribute[str], value: str) -> None:
    if len(value) > _LONGEST_NUMBER:
        raise PermanentError(f"{attribute.metadata['title']}超过 {_LONGEST_NUMBER} 字")


def _titled(title: str) -> dict[str, str]:
    return {"title": title}


@frozen(kw_only=True)
class Particulars:
    """What an outcome is stated with; each code says which of it it needs. `fine` is in yuan, as
    a decimal number; `target` is what the measure strikes (links, account, departments, number of
    the approval); `person` identifies a natural person and is never stored as given."""

    case_no: str = field(default="", validator=_short, metadata=_titled("立案号"))
    decision_no: str = field(default="", validator=_short, metadata=_titled("文号"))
    fine: str = field(default="", validator=_money, metadata=_titled("罚没金额"))
    since: date | None = field(default=None, metadata=_titled("起始日期"))
    until: date | None = field(default=None, metadata=_titled("截止日期"))
    target: str = field(default="", metadata=_titled("对象"))
    count: int | None = field(default=None, validator=_counted, metadata=_titled("数量"))
    transfer_to: str = field(default="", metadata=_titled("移送机关"))
    person: str = field(default="", repr=False, metadata=_titled("自然人证件号"))
    words: str = field(default="", metadata=_titled("措施及说明"))

    def given(self) -> dict[str, object]:
        """The fields that are stated, by name, in order."""
        return {
            one.name: value
            for one in fields(Particulars)
            if (value := getattr(self, one.name)) not in ("", None)
        }


PARTICULAR_TITLES: dict[str, str] = {one.name: one.metadata["title"] for one in fields(Particulars)}
"""Field of `Particulars` → what forms call it where a code has no word of its own."""


def read_particulars(texts: Mapping[str, str]) -> Particulars:
    """Particulars from texts, as forms and spreadsheets give them. Raises PermanentError."""
    given = {name: text.strip() for name, text in texts.items()}
    return Particulars(
        case_no=given.get("case_no", ""),
        decision_no=given.get("decision_no", ""),
        fine=given.get("fine", "").replace(",", "").replace("，", "").removesuffix("元"),
        since=_day(given.get("since", "")),
        until=_day(given.get("until", "")),
        target=given.get("target", ""),
        count=_whole(given.get("count", "")),
        transfer_to=given.get("transfer_to", ""),
        person=given.get("person", ""),
        words=given.get("words", ""),
    )


def _day(text: str) -> date | None:
    """A day as forms (2026-03-02), people (2026/3/2) and spreadsheets (with a time) write it."""
    if not text:
        return None
    parts = _DAY.match(text)
    try:
        if parts is not None:
            return date(int(parts[1]), int(parts[2]), int(parts[3]))
    except ValueError:  # the 31st of February
        parts = None
    raise PermanentError(f"“{text}”不是日期")


def _whole(text: str) -> int | None:
    if not text:
        return None
    try:
        return int(text)
    except ValueError:
        raise PermanentError(f"“{text}”不是整数") from None


@frozen(kw_only=True)
class CaseOutcome:
    """One outcome of a ticket as it is kept; `sequence` is its entry in the ticket's history.

    `reason` is the coded reason, "" where the code has none. `office` is who gave the outcome.
    """

    id: str
    ticket_id: str
    sequence: int
    code: str
    reason: str
    bearing: Bearing
    office: str
    actor: str
    at: datetime
    particulars: Particulars
