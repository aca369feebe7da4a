"""What of a name, an address or a number decides that two writings mean the same."""

from __future__ import annotations

import re
from functools import cache

from language.normalise import normalise
from storage.datafiles import Strict, read, shipped

KEY_LENGTH = 200
_NEIGHBOURLY = (4, 30)

_OFFICIAL = re.compile(r"(?:官方网站|官网|官方账号|官方旗舰店|旗舰店|官方)$")
_DIVISION = re.compile(
    r"^(?:中国)?[一-龥]{2,4}?(?:省|自治区|特别行政区|市|自治州|地区|盟|区|县|旗)(?=[一-龥]{4})"
)
_STREET = re.compile(
    r"(?P<street>[一-龥]{1,8}?(?:大道|大街|路|街|巷|弄|里|道))(?P<number>\d{1,5})(?:号|弄)(?P<building>\d{1,3}(?:号楼|幢|栋))?"
)
_PLACE_END = re.compile(r".*(?:省|自治区|市|自治州|地区|盟|区|县|旗|镇|乡|街道)")
_PHONE = re.compile(r"\d[\d\- ()]{5,}\d")


class _NameWords(Strict):
    """name_words.yml: words that many names share."""

    kinds: list[str]
    trades: list[str]
    companies: list[str]


def name_key(name: str) -> str:
    """The same for every writing of one name: width, script, blanks, marks and 官网 aside."""
    letters = "".join(c for c in normalise(name).text if c.isalnum())
    return _OFFICIAL.sub("", letters)[:KEY_LENGTH]


def core(key: str) -> str:
    """What is a name's own: without the division before it, and the trade, kind and company form
    after it. 江城市蓝天口腔门诊部有限公司 gives 蓝天. The whole key where nothing would be left."""
    own = _words().sub("", _without_division(key))
    return own if len(own) >= 2 else key


def plain_key(key: str) -> str:
    """A name without the division before it and the company form after it."""
    return _companies().sub("", _without_division(key))


def grams(text: str) -> frozenset[str]:
    """All pairs of neighbouring characters."""
    return frozenset(text[i : i + 2] for i in range(len(text) - 1))


def neighbours(text: str) -> frozenset[str]:
    """The text, and it with any one character left out; two texts that differ by one wrong,
    missing or swapped character have one of these in common (deletion neighbourhood, SymSpell).
    Very short and very long texts have no neighbours."""
    if not _NEIGHBOURLY[0] <= len(text) <= _NEIGHBOURLY[1]:
        return frozenset({text})
    return frozenset({text, *(text[:i] + text[i + 1 :] for i in range(len(text)))})


def place_key(address: str) -> str:
    """Street and house number, as the same house is written by everyone; "" if it has none."""
    found = _STREET.search(_PLACE_END.sub("", _squeezed(address)) or _squeezed(address))
    return f"{found['street']}{found['number']}" if found else ""


def phone_keys(text: str) -> tuple[str, ...]:
    """The telephone numbers in a cell, as digits alone."""
    found = (re.sub(r"\D", "", match) for match in _PHONE.findall(normalise(text).text))
    return tuple(dict.fromkeys(found))


def number_key(number: str) -> str:
    """A number in one spelling: width, brackets, blanks and case aside."""
    squeezed = re.sub(r"\s", "", normalise(number).text)
    return squeezed.translate(str.maketrans("[【]】〔〕（）", "(())()()")).upper()


def _without_division(key: str) -> str:
    while (shorter := _DIVISION.sub("", key)) != key:
        key = shorter
    return key


def _squeezed(text: str) -> str:
    return re.sub(r"\s", "", normalise(text).text)


@cache
def _words() -> re.Pattern[str]:
    words = _name_words()
    return _any_of([*words.kinds, *words.trades, *words.companies])


@cache
def _companies() -> re.Pattern[str]:
    return _any_of(_name_words().companies)


def _any_of(words: list[str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(words, key=len, reverse=True))))


def _name_words() -> _NameWords:
    return read(shipped("registers", "name_words.yml")).validated(_NameWords)
