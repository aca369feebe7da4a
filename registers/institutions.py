"""One row of an institution list, read strictly: what is wrong is said, never guessed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from attrs import frozen

from language.identifiers import institution_number_valid, usci_valid
from language.normalise import normalise
from registers.files import Cells

NAME_KEY_LENGTH = 200

_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?: 0?0:00(?::00)?)?")
_UNLIMITED = ("长期", "永久", "无固定期限")
_DEPARTMENT_MARKS = re.compile(r"[、,，;；/\n]+(?![^（(]*[)）])")
_PHONE = re.compile(r"\d[\d\- ()]{5,}\d")
_OFFICIAL = re.compile(r"(?:官方网站|官网|官方账号|官方旗舰店|旗舰店|官方)$")
_LONGEST = {"name": 200, "level": 100, "legal_representative": 100, "address": 1000}


@frozen(kw_only=True)
class Institution:
    """A 医疗机构 as the register states it. `region` is "" when the register tells none.

    `phones` are digits only. `valid_until` None: the register states no end.
    """

    name: str
    usci: str | None = None
    licence_no: str | None = None
    region: str = ""
    level: str = ""
    departments: tuple[str, ...] = ()
    address: str = ""
    legal_representative: str = ""
    phones: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None


def name_key(name: str) -> str:
    """The same for every writing of one name: width, script, blanks, marks and 官网 aside."""
    letters = "".join(c for c in normalise(name).text if c.isalnum())
    return _OFFICIAL.sub("", letters)[:NAME_KEY_LENGTH]


def read_institution(cells: Cells, columns: Mapping[str, int]) -> Institution:
    """The institution that a row states. Raises ValueError with the reasons, in Chinese."""
    values = {field: cells[place] if place < len(cells) else "" for field, place in columns.items()}
    reasons: list[str] = []
    institution = _Row(values, reasons).institution()
    if reasons:
        raise ValueError("；".join(reasons))
    return institution


class _Row:
    """Reads the fields of one row and collects what is wrong with them."""

    def __init__(self, values: Mapping[str, str], reasons: list[str]) -> None:
        self._values = values
        self._reasons = reasons

    def institution(self) -> Institution:
        """The row, as far as it can be read."""
        licence_no = self._licence_no()
        valid_from = self._date("valid_from", "有效期起")
        valid_until = self._date("valid_until", "有效期止")
        if valid_from and valid_until and valid_until < valid_from:
            self._reasons.append("有效期止早于有效期起")
        departments = _DEPARTMENT_MARKS.split(self._values.get("departments", ""))
        return Institution(
            name=self._name(),
            usci=self._usci(),
            licence_no=licence_no,
            region=self._region(licence_no),
            level=self._text("level"),
            departments=tuple(part.strip() for part in departments if part.strip()),
            address=self._text("address"),
            legal_representative=self._text("legal_representative"),
            phones=_phones(self._values.get("phone", "")),
            valid_from=valid_from,
            valid_until=valid_until,
        )

    def _text(self, field: str) -> str:
        value = self._values.get(field, "").replace("\0", "")
        if len(value) > _LONGEST[field]:
            self._reasons.append(f"{field} 超过 {_LONGEST[field]} 字")
        return value

    def _name(self) -> str:
        name = self._text("name")
        if not name_key(name):
            self._reasons.append("没有名称")
        return name

    def _usci(self) -> str | None:
        code = _code(self._values.get("usci", ""))
        if code and not usci_valid(code):
            self._reasons.append(f"统一社会信用代码“{code}”的格式或校验位不符")
        return code or None

    def _licence_no(self) -> str | None:
        number = _code(self._values.get("licence_no", ""))
        if number and not institution_number_valid(number):
            self._reasons.append(f"登记号“{number}”的格式或校验位不符")
            return None
        return number or None

    def _region(self, licence_no: str | None) -> str:
        """Six digits; longer codes (streets) are cut, a missing one is read from the 登记号."""
        stated = _code(self._values.get("region", ""))
        if not stated:
            return licence_no[9:15] if licence_no else ""
        if re.fullmatch(r"\d{6}(?:\d{3}|\d{6})?", stated, re.ASCII) is None:
            self._reasons.append(f"行政区划“{stated}”应为六位代码")
        return stated[:6]

    def _date(self, field: str, heading: str) -> date | None:
        value = normalise(self._values.get(field, "")).text.strip()
        if not value or value in _UNLIMITED:
            return None
        match = _DATE.fullmatch(value)
        try:
            if match is not None:
                return date(int(match[1]), int(match[2]), int(match[3]))
        except ValueError:
            pass
        self._reasons.append(f"{heading}“{value}”不是日期")
        return None


def _code(value: str) -> str:
    return re.sub(r"\s", "", normalise(value).text).upper()


def _phones(value: str) -> tuple[str, ...]:
    found = (re.sub(r"\D", "", match) for match in _PHONE.findall(normalise(value).text))
    return tuple(dict.fromkeys(found))
