"""The number of a medical-advertisement review certificate (医疗广告审查证明文号), in its parts.

It names the reviewing region, the year and a serial, e.g. （苏）（宁）医广〔2026〕第01-02-003号; it
has no check digit. A certificate lasts one year from the day it was issued (医疗广告管理办法
art. 12), which the number itself does not give: only the year is sure.
"""

from __future__ import annotations

import re
from datetime import date, timedelta
from enum import StrEnum

from attrs import frozen

from language.checksums import PROVINCES

_HAN = "一-龥"
PATTERN = (
    rf"(?P<regions>(?:\(\s*[{_HAN}]{{1,4}}\s*\)\s*){{1,2}}|[{''.join(PROVINCES)}]\s*)?"
    r"(?P<tcm>中)?医广\s*(?:审|字)?\s*"
    r"(?:[〔\[【(]?\s*(?P<year>20\d{2})\s*年?\s*[〕\]】)]?\s*(?=[第(]))?"
    rf"(?:\((?P<medium>[{_HAN}]{{2,4}})\)\s*)?第?\s*"
    r"(?:(?P<serial>[0-9a-z]{1,6}(?:\s?-\s?[0-9a-z]{1,10}){0,3})|[0-9a-z-]{1,40})\s*号"
)
"""Expression over normalised text; its named groups are the parts."""

_NUMBER = re.compile(PATTERN)
_REGION = re.compile(rf"[{_HAN}]+")
# Cities whose short name is not part of their full name; some are also those of provinces.
_CITY_NAMES = {
    "宁": "南京", "甬": "宁波", "穗": "广州", "蓉": "成都", "鹏": "深圳", "鹭": "厦门",
    "榕": "福州", "邕": "南宁", "筑": "贵阳", "洪": "南昌", "庐": "合肥", "并": "太原",
    "泉": "济南", "青": "青岛", "新": "新乡", "黑": "黑河", "贵": "贵港", "吉": "吉林市",
}  # fmt: skip


class Standing(StrEnum):
    """What the year in a number says about a given day."""

    EXPIRED = "已过一年有效期"
    POSSIBLE = "可能仍在一年有效期内"
    PREMATURE = "年份晚于取证日"
    UNDATED = "未载年份"


@frozen(kw_only=True)
class MedicalAdNumber:
    """The parts of a number. `regions` are as written, the wider first; `serial` "" if garbled."""

    regions: tuple[str, ...]
    chinese_medicine: bool
    year: int | None
    medium: str | None
    serial: str

    @property
    def complete(self) -> bool:
        """Whether the number states both year and serial, without which none can be looked up."""
        return self.year is not None and bool(self.serial)

    def standing(self, day: date) -> Standing:
        """Whether a certificate of this year can still, or already, be in force on `day`."""
        if self.year is None:
            return Standing.UNDATED
        if day < date(self.year, 1, 1):
            return Standing.PREMATURE
        return Standing.EXPIRED if day > last_day(date(self.year, 12, 31)) else Standing.POSSIBLE

    def fits(self, division: str, place: str) -> bool | None:
        """Whether the reviewing region can be that of an institution there.

        `division` is its six-digit code (GB/T 2260), `place` the full name down to the district
        as far as it is known. None: the number names no region, or the place is too coarse.
        """
        answers = [_region_fits(region, division, place) for region in self.regions]
        if False in answers:
            return False
        return None if None in answers or not answers else True


def read_medical_ad(text: str) -> MedicalAdNumber | None:
    """The parts of the first number in normalised text, None where there is none."""
    match = _NUMBER.search(text)
    return None if match is None else medical_ad_parts(match)


def medical_ad_parts(match: re.Match[str]) -> MedicalAdNumber:
    """The parts of a match of PATTERN."""
    return MedicalAdNumber(
        regions=tuple(_REGION.findall(match["regions"] or "")),
        chinese_medicine=match["tcm"] is not None,
        year=int(match["year"]) if match["year"] else None,
        medium=match["medium"],
        serial=re.sub(r"\s", "", match["serial"] or "").upper(),
    )


def last_day(issued: date) -> date:
    """The last day on which a certificate issued on that day is in force (art. 12: one year)."""
    leap_day = (issued.month, issued.day) == (2, 29)
    anniversary = issued.replace(year=issued.year + 1, day=28 if leap_day else issued.day)
    return anniversary if leap_day else anniversary - timedelta(days=1)


def days_left(issued: date, day: date) -> int:
    """How many days from `day` on a certificate is in force, that day included; 0 when over."""
    return max(0, (last_day(issued) - max(day, issued)).days + 1)


def _region_fits(region: str, division: str, place: str) -> bool | None:
    if PROVINCES.get(region) == division[:2] or _CITY_NAMES.get(region, "\0") in place:
        return True
    short = region[:-1] if len(region) > 1 and region[-1] in "省市区县" else region
    if len(short) == 1:
        return short in place and short not in PROVINCES
    if short[0] not in place:
        return False
    return True if _in_order(short, place) else None


def _in_order(short: str, place: str) -> bool:
    rest = iter(place)
    return all(character in rest for character in short)
