"""Lists of penalties that other regions send, read into the counter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from domain.errors import CluewatchError, PermanentError
from domain.feedback import read_particulars
from domain.findings import Family
from language.identifiers import usci_valid
from tickets.desk import Desk
from tickets.offices import OfficeKind
from tickets.penalties import Penalty
from tickets.persons import person_key

_HEADINGS = {
    "decision_no": ("处罚文号", "决定书文号", "文号", "处罚决定书文号"),
    "decided_on": ("决定日期", "处罚日期", "处罚决定日期"),
    "branch": ("机关类别", "处罚机关类别"),
    "region": ("行政区划", "区划代码"),
    "usci": ("统一社会信用代码", "信用代码"),
    "person": ("自然人证件号", "身份证号", "证件号"),
    "type": ("违法类型", "案由代码"),
}
_NAMES = {heading: name for name, headings in _HEADINGS.items() for heading in headings}
_NEEDED = ("decision_no", "decided_on", "branch", "type")
_BRANCHES = {
    "卫健": OfficeKind.HEALTH,
    "卫生健康": OfficeKind.HEALTH,
    "市场监管": OfficeKind.MARKET_SUPERVISION,
}
_REGION = 6


def penalties(rows: Iterable[Sequence[str]], *, desk: Desk) -> Iterator[tuple[int, Penalty | str]]:
    """Each row of the list with its number (from 1): a penalty, or what is wrong with it in words.

    The first row is the head. Raises PermanentError when it lacks a column that is needed.
    """
    numbered = enumerate(rows, start=1)
    _, head = next(numbered, (0, ()))
    names = [_NAMES.get(cell.strip(), "") for cell in head]
    missing = [_HEADINGS[name][0] for name in _NEEDED if name not in names]
    if missing or not {"usci", "person"} & set(names):
        wanted = "、".join((*missing, "统一社会信用代码或自然人证件号"))
        raise PermanentError(f"处罚名单缺少列：{wanted}")
    for number, cells in numbered:
        given = dict(zip(names, (cell.strip() for cell in cells), strict=False))
        values = {name: given.get(name, "") for name in _HEADINGS}
        if any(values.values()):
            try:
                yield number, _penalty(values, desk)
            except CluewatchError as error:
                yield number, str(error)


def _penalty(values: dict[str, str], desk: Desk) -> Penalty:
    read = read_particulars({"since": values["decided_on"], "decision_no": values["decision_no"]})
    usci, person, region = values["usci"].upper(), values["person"], values["region"]
    if read.since is None or not read.decision_no:
        raise PermanentError("须有处罚文号和决定日期")
    if not (usci or person) or (usci and not usci_valid(usci)):
        raise PermanentError("须有校验相符的统一社会信用代码，或自然人证件号")
    kind = desk.routes.type_of(values["type"])
    return Penalty(
        subject_id="",
        usci=usci,
        person=person_key(person) if person else "",
        ticket_id="",
        sequence=0,
        family=kind.family,
        unlicensed=kind.slug in desk.handover.unlicensed and kind.family is Family.PRACTICE,
        branch=_branch(values["branch"]),
        region=region if len(region) == _REGION and region.isdecimal() else "",
        decision_no=read.decision_no,
        decided_on=read.since,
    )


def _branch(words: str) -> OfficeKind:
    if words in _BRANCHES:
        return _BRANCHES[words]
    try:
        return OfficeKind(words)
    except ValueError:
        known = "、".join((*_BRANCHES, *OfficeKind))
        raise PermanentError(f"机关类别“{words}”无法识别，应为：{known}") from None
