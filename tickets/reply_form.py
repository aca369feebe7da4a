"""The form that offices fill in (回执), and the exports of other systems that say the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

from attrs import field, frozen

from domain.errors import PermanentError

_BRACKETS = str.maketrans({"(": "（", ")": "）"})


@frozen(kw_only=True)
class Column:
    """A column of the form, and what other systems call it."""

    name: str
    title: str
    others: tuple[str, ...] = ()


COLUMNS = (
    Column(name="number", title="编号", others=("工单编号", "线索编号", "移送编号", "来文编号")),
    Column(name="key", title="投递编号"),
    Column(
        name="subject", title="当事人", others=("当事人名称", "被举报人", "被投诉人", "主体名称")
    ),
    Column(name="types", title="涉嫌类型"),
    Column(name="about", title="事项"),
    Column(name="due", title="办理期限"),
    Column(
        name="result", title="办理结果", others=("处理结果", "办理状态", "受理情况", "处置结果")
    ),
    Column(name="reason", title="原因", others=("不予立案原因", "误报原因")),
    Column(name="case_no", title="立案号", others=("案件编号", "立案编号")),
    Column(name="decision_no", title="处罚文号", others=("处罚决定书文号", "决定书文号")),
    Column(name="fine", title="罚没金额（元）", others=("罚没金额", "罚款金额")),
    Column(name="since", title="起始日期", others=("开始日期",)),
    Column(name="until", title="截止日期", others=("整改期限", "改正期限")),
    Column(name="target", title="对象", others=("处置对象",)),
    Column(name="count", title="数量", others=("分值", "记分分值")),
    Column(name="transfer_to", title="移送机关"),
    Column(name="person", title="自然人证件号"),
    Column(name="measures", title="措施及说明", others=("措施", "处理意见", "备注", "理由")),
    Column(name="handler", title="承办人", others=("经办人", "办案人员")),
    Column(name="signer", title="签批人", others=("审批人",)),
)
_STATED = (
    "case_no",
    "decision_no",
    "fine",
    "since",
    "until",
    "target",
    "count",
    "transfer_to",
    "person",
)
_TITLES = {title: c.name for c in COLUMNS for title in (c.title, *c.others)}


@frozen(kw_only=True)
class Reply:
    """One row that an office sent; `row` is its number in the sheet, for errors."""

    row: int
    number: str = ""
    key: str = ""
    subject: str = ""
    result: str = ""
    reason: str = ""
    case_no: str = ""
    decision_no: str = ""
    fine: str = ""
    since: str = ""
    until: str = ""
    target: str = ""
    count: str = ""
    transfer_to: str = ""
    person: str = field(default="", repr=False)
    measures: str = ""
    handler: str = ""
    signer: str = ""

    @property
    def fields(self) -> dict[str, str]:
        """What the outcome is stated with, as typed, by field of `domain.feedback.Particulars`."""
        stated = {name: getattr(self, name) for name in _STATED}
        return {**stated, "words": self.measures}


def replies(rows: Iterable[Sequence[str]]) -> list[Reply]:
    """The replies of a sheet whose first row that names the result is the head.

    Rows above it and empty rows are passed over; unknown columns do not matter. Raises
    PermanentError without such a head.
    """
    numbered = enumerate(rows, start=1)
    for _, head in numbered:
        names = [_TITLES.get(_plain(cell)) for cell in head]
        if "result" in names and ("number" in names or "key" in names):
            break
    else:
        raise PermanentError("没有找到表头：须有“编号”和“办理结果”两列")
    wanted = {f for f in Reply.__annotations__ if f != "row"}
    found = []
    for place, cells in numbered:
        values: dict[str, str] = {}
        for name, cell in zip(names, cells, strict=False):
            if name in wanted and cell.strip():
                values.setdefault(name, cell.strip())
        if values.keys() - {"number", "key", "subject"}:
            found.append(Reply(row=place, **values))
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\s*：:]+", "", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)
