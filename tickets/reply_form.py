"""The form that offices fill in (回执), and the exports of other systems that say the same."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from enum import StrEnum

from attrs import frozen

from domain.errors import PermanentError

_BRACKETS = str.maketrans({"(": "（", ")": "）"})


class Result(StrEnum):
    """What an office may say has become of a ticket."""

    ACCEPTED = "受理"
    RETURNED_JURISDICTION = "退回（无管辖权）"
    RETURNED_MATERIAL = "退回（材料不全）"
    NOT_FILED = "不予立案"
    FILED = "立案"
    PENALISED = "处罚决定"
    ORDERED = "责令改正"
    INTERVIEWED = "行政约谈"
    TO_POLICE = "移送公安"
    CLOSED = "办结"


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
    Column(name="case_no", title="立案号", others=("案件编号", "立案编号")),
    Column(name="decision_no", title="处罚文号", others=("处罚决定书文号", "决定书文号")),
    Column(name="fine", title="罚没金额（元）", others=("罚没金额", "罚款金额")),
    Column(name="measures", title="措施及说明", others=("措施", "处理意见", "备注", "理由")),
    Column(name="handler", title="承办人", others=("经办人", "办案人员")),
    Column(name="signer", title="签批人", others=("审批人",)),
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
    case_no: str = ""
    decision_no: str = ""
    fine: str = ""
    measures: str = ""
    handler: str = ""
    signer: str = ""

    @property
    def note(self) -> str:
        """What the office says besides the result, in words."""
        told = {
            "立案号": self.case_no,
            "处罚文号": self.decision_no,
            "罚没金额": self.fine,
            "": self.measures,
        }
        return "；".join(f"{name}{'：' if name else ''}{v}" for name, v in told.items() if v)


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


def result_of(words: str) -> Result:
    """The result that a cell names, whatever the brackets' width. Raises ValueError."""
    return Result(unicodedata.normalize("NFKC", words).translate(_BRACKETS))


def _plain(text: str) -> str:
    return re.sub(r"[\s*：:]+", "", unicodedata.normalize("NFKC", text)).translate(_BRACKETS)
