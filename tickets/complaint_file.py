"""Exports of hotlines and platforms (12345, 12315, 962223, grid workers) as complaints."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from attrs import frozen

from domain.errors import PermanentError
from tickets.calendar import CHINA
from tickets.complaints import ComplaintSource, Incoming
from tickets.vault import Reporter

_TITLES: dict[str, tuple[str, ...]] = {
    "external_no": ("工单编号", "登记编号", "投诉编号", "举报编号", "受理编号", "编号"),
    "received_at": ("受理时间", "登记时间", "来电时间", "接收时间", "投诉时间", "举报时间"),
    "party": ("被投诉人", "被举报人", "被反映单位", "涉诉主体", "企业名称", "被举报主体", "当事人"),
    "words": ("诉求内容", "投诉内容", "举报内容", "问题描述", "反映内容", "主要内容"),
    "address": ("被投诉人地址", "经营地址", "事发地址", "地址"),
    "region": ("行政区划代码", "区划代码", "区划"),
    "urls": ("网址", "链接", "商品链接"),
    "reporter_name": ("举报人", "投诉人", "来电人", "联系人", "诉求人", "姓名"),
    "reporter_phone": ("联系电话", "来电号码", "手机号码", "电话"),
    "reporter_address": ("联系地址", "投诉人地址"),
    "reporter_id": ("身份证号", "证件号码"),
}
_NAMES = {title: name for name, titles in _TITLES.items() for title in titles}
_NEEDED = frozenset({"external_no", "received_at", "words"})
_URL = re.compile(r"https?://[^\s\"'<>，。；、（）\u4e00-\u9fff]+", re.IGNORECASE)
_FORMATS = (
    "%Y-%m-%d %H:%M:%S",
    "%Y-%m-%d %H:%M",
    "%Y-%m-%d",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y年%m月%d日",
)
_LONGEST = 20_000


@frozen(kw_only=True)
class Row:
    """One row: the complaint and its reporter, or what is wrong with it."""

    row: int
    incoming: Incoming | None = None
    reporter: Reporter | None = None
    error: str | None = None


def read(rows: Iterable[Sequence[str]], source: ComplaintSource) -> Iterator[Row]:
    """The complaints of an export; lines above its head and empty rows are passed over.

    A wrong row is reported and the others are read. Raises PermanentError without a head that
    names number, time and content.
    """
    numbered = enumerate(rows, start=1)
    for _, head in numbered:
        names = [_NAMES.get(_plain(cell)) for cell in head]
        if set(names) >= _NEEDED:
            break
    else:
        raise PermanentError(
            "没有找到表头：须有编号、时间和内容三列（如 工单编号、登记时间、诉求内容）"
        )
    for place, cells in numbered:
        values: dict[str, str] = {}
        for name, cell in zip(names, cells, strict=False):
            if name is not None and cell.strip():
                values.setdefault(name, cell.strip()[:_LONGEST])
        if values:
            yield _row(place, values, source)


def addresses_in(text: str) -> tuple[str, ...]:
    """The web addresses that a text names, in order, each once."""
    return tuple(dict.fromkeys(found.rstrip(".,;)") for found in _URL.findall(text)))


def _row(place: int, values: dict[str, str], source: ComplaintSource) -> Row:
    missing = sorted(_NEEDED - values.keys())
    if missing:
        titles = "、".join(_TITLES[name][0] for name in missing)
        return Row(row=place, error=f"缺少 {titles}")
    received = _moment(values["received_at"])
    if received is None:
        return Row(row=place, error=f"时间“{values['received_at']}”无法识别")
    region = values.get("region", "")
    if region and not re.fullmatch(r"\d{6}", region):
        return Row(row=place, error=f"区划代码“{region}”不是六位数字")
    incoming = Incoming(
        source=source,
        external_no=values["external_no"][:100],
        received_at=received,
        party=values.get("party", "")[:200],
        words=values["words"],
        region=region,
        address=values.get("address", "")[:400],
        urls=addresses_in(f"{values.get('urls', '')} {values['words']}"),
    )
    return Row(row=place, incoming=incoming, reporter=_reporter(values))


def _reporter(values: dict[str, str]) -> Reporter | None:
    reporter = Reporter(
        name=values.get("reporter_name", ""),
        phone=values.get("reporter_phone", ""),
        address=values.get("reporter_address", ""),
        identity_no=values.get("reporter_id", ""),
    )
    return reporter if reporter != Reporter(name="") else None


def _moment(text: str) -> datetime | None:
    for form in _FORMATS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=CHINA)
        except ValueError:
            continue
    return None


def _plain(text: str) -> str:
    return re.sub(r"[\s*：:（(].*|\s", "", unicodedata.normalize("NFKC", text).strip())
