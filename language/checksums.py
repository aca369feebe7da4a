"""Check characters of Chinese registration numbers (GB 32100-2015, GB 11714, law.md C)."""

from __future__ import annotations

import re

_USCI_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_USCI = re.compile(rf"[{_USCI_ALPHABET}]{{2}}\d{{6}}[{_USCI_ALPHABET}]{{10}}")
_USCI_WEIGHTS = tuple(pow(3, place, 31) for place in range(17))
_ORGANISATION_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_INSTITUTION = re.compile(r"(?P<body>[0-9A-Z]{8}[0-9X])(?P<region>\d{6})\d{2}[A-Z]\d{4}")
_UNASSIGNED = "PDY"

PROVINCES = {
    "京": "11", "津": "12", "冀": "13", "晋": "14", "蒙": "15", "辽": "21", "吉": "22",
    "黑": "23", "沪": "31", "苏": "32", "浙": "33", "皖": "34", "闽": "35", "赣": "36",
    "鲁": "37", "豫": "41", "鄂": "42", "湘": "43", "粤": "44", "桂": "45", "琼": "46",
    "渝": "50", "川": "51", "蜀": "51", "贵": "52", "黔": "52", "云": "53", "滇": "53",
    "藏": "54", "陕": "61", "秦": "61", "甘": "62", "陇": "62", "青": "63", "宁": "64",
    "新": "65",
}  # fmt: skip
"""One-character names of provinces and the first two digits of their division codes."""

_REGIONS = frozenset(PROVINCES.values())


def usci_valid(code: str) -> bool:
    """Whether an 18-character unified social credit code has both its check characters right."""
    code = code.upper()
    if not _USCI.fullmatch(code) or not _organisation_valid(code[8:17]):
        return False
    total = sum(
        _USCI_ALPHABET.index(character) * weight
        for character, weight in zip(code, _USCI_WEIGHTS, strict=False)
    )
    return _USCI_ALPHABET[-total % 31] == code[17]


def institution_number_valid(number: str) -> bool:
    """Whether a 22-character 医疗机构执业许可证登记号 has its form, region and check right.

    Numbers that begin with PDY have no organisation code and so nothing to check there.
    """
    match = _INSTITUTION.fullmatch(number.upper())
    if match is None or match["region"][:2] not in _REGIONS:
        return False
    return match["body"].startswith(_UNASSIGNED) or _organisation_valid(match["body"])


def _organisation_valid(code: str) -> bool:
    total = sum(
        int(character, 36) * weight
        for character, weight in zip(code, _ORGANISATION_WEIGHTS, strict=False)
    )
    return "0123456789X0"[11 - total % 11] == code[8]
