"""Numbers and names in a text that tell who stands behind it (law.md C)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import chain

from attrs import frozen

from domain.pages import Identifier, IdentifierKind
from language import approvals
from language.approvals import medical_ad_parts
from language.checksums import PROVINCES, institution_number_valid, usci_valid
from language.contacts import contacts
from language.normalise import Normalised, normalise

__all__ = ["identifiers", "institution_number_valid", "usci_valid"]

# All expressions read the normalised text: lower case, ASCII digits, ( ) : for （ ） ：.
_Reading = tuple[str, bool | None]
_P = "".join(PROVINCES)
_HAN = "一-龥"
_DASH = r"\s*[-—–―]+\s*"
_ALONE = r"(?<![0-9a-z])"
_END = r"(?![0-9a-z])"
_LABEL_REACH = 16
# 化学药 H, 中药 Z, 生物 S, 体外诊断 T, 辅料 F, 进口分装 J, 保健 B; J and C: made abroad, in HK etc.
_DRUG_LETTERS = re.compile("[hzs][jc]?|[tfjb]")


@frozen(kw_only=True)
class _Form:
    kind: IdentifierKind
    expression: re.Pattern[str]
    read: Callable[[re.Match[str]], _Reading | None]


def filing_of(icp: str) -> str:
    """The ICP filing behind the number of one of its sites (…号-1, …号-2A)."""
    return _SITE_OF_FILING.sub("", icp)


def identifiers(text: str) -> tuple[Identifier, ...]:
    """Every identifier in `text`, by place; offsets are those of `text` as given.

    `value` is in one spelling however it was written: codes in capitals, telephone numbers as
    digits alone. `valid` is False for a number that names itself but is broken, None where there
    is nothing to check (WeChat and QQ names).
    """
    whole = normalise(text)
    numbers = (one for form in _FORMS for one in _matches(form, whole))
    found = {
        (identifier.start, identifier.end, identifier.kind): identifier
        for identifier in chain(numbers, _contacts(whole))
    }
    return tuple(found[key] for key in sorted(found))


def _matches(form: _Form, whole: Normalised) -> Iterator[Identifier]:
    for match in form.expression.finditer(whole.text):
        reading = form.read(match)
        if reading is None:
            continue
        start, end = whole.raw_span(*match.span("id"))
        yield Identifier(kind=form.kind, value=reading[0], valid=reading[1], start=start, end=end)


def _contacts(whole: Normalised) -> Iterator[Identifier]:
    for one in contacts(whole.text):
        start, end = whole.raw_span(one.start, one.end)
        value = whole.raw[start:end] if one.value is None else one.value
        yield Identifier(kind=one.kind, value=value, valid=one.valid, start=start, end=end)


def _squeezed(match: re.Match[str]) -> str:
    return re.sub(r"\s+", "", match["id"]).upper()


def _medical_ad(match: re.Match[str]) -> _Reading:
    parts = medical_ad_parts(match)
    if not parts.complete:
        return _squeezed(match).translate(str.maketrans("[【]】()", "〔〔〕〕（）")), False
    regions = "".join(f"（{region}）" for region in parts.regions)
    if not match["id"].startswith("("):
        regions = "".join(parts.regions)
    medium = f"（{parts.medium}）" if parts.medium else ""
    series = "中医广" if parts.chinese_medicine else "医广"
    return f"{regions}{series}〔{parts.year}〕{medium}第{parts.serial}号", True


def _usci(match: re.Match[str]) -> _Reading | None:
    return _checked(match, usci_valid, ("信用代码", "税号", "注册号"))


def _institution(match: re.Match[str]) -> _Reading | None:
    return _checked(match, institution_number_valid, ("登记号", "许可证", "执业"))


def _checked(
    match: re.Match[str], valid: Callable[[str], bool], labels: tuple[str, ...]
) -> _Reading | None:
    """A code that passes, or one that fails although the words before it say what it is."""
    code = _squeezed(match)
    if valid(code):
        return code, True
    before = match.string[max(0, match.start("id") - _LABEL_REACH) : match.start("id")]
    return (code, False) if any(label in before for label in labels) else None


def _filing(match: re.Match[str]) -> _Reading:
    return _squeezed(match), match["province"] is not None and 8 <= len(match["number"]) <= 10


def _licence(match: re.Match[str]) -> _Reading:
    return _squeezed(match), True


def _police_filing(match: re.Match[str]) -> _Reading:
    number, province = match["number"], match["province"]
    valid = len(number) == 14 and number[:2] in PROVINCES.values()
    valid = valid and (province is None or PROVINCES[province] == number[:2])
    return f"{province or ''}公网安备{number}号", valid


def _drug_info(match: re.Match[str]) -> _Reading:
    kind = "非经营性" if match["non"] else "经营性"
    return f"（{match['province']}）-{kind}-{match['year']}-{match['number']}", True


def _drug(match: re.Match[str]) -> _Reading:
    letters, number = match["letters"], match["number"]
    return _squeezed(match), len(number) == 8 and _DRUG_LETTERS.fullmatch(letters) is not None


def _imported_drug(match: re.Match[str]) -> _Reading:
    return _squeezed(match), len(match["number"]) == 8


def _device(match: re.Match[str]) -> _Reading:
    number, mode = match["number"], match["mode"]
    grade, well_formed = number[4:5], number.startswith("20") and 11 <= len(number) <= 13
    if match["place"] != "国":
        return _squeezed(match), well_formed and grade == "2" and mode == "准"
    return _squeezed(match), well_formed and grade in ("3" if mode == "准" else "23")


def _device_filing(match: re.Match[str]) -> _Reading:
    number = match["number"]
    return _squeezed(match), number.startswith("20") and len(number) == 8


def _ad_approval(match: re.Match[str]) -> _Reading:
    value = _squeezed(match).replace("(", "（").replace(")", "）")
    until = match["until"]
    if until is None:
        return value, True
    try:
        date(2000 + int(until[:2]), int(until[2:4]), int(until[4:]))
    except ValueError:
        return value, False
    return value, True


_SITE_OF_FILING = re.compile(r"-\d{1,3}[A-Z]?$")
_ID = IdentifierKind


def _form(
    kind: IdentifierKind, read: Callable[[re.Match[str]], _Reading | None], expression: str
) -> _Form:
    return _Form(kind=kind, expression=re.compile(expression), read=read)


_FORMS = (
    _form(_ID.MEDICAL_AD, _medical_ad, rf"(?P<id>{approvals.PATTERN})"),
    _form(_ID.USCI, _usci, rf"{_ALONE}(?P<id>[0-9a-z]{{2}}(?: ?[0-9a-z]){{16}}){_END}"),
    _form(
        _ID.USCI,
        _usci,
        rf"信用代码[^0-9a-z]{{0,6}}(?P<id>[0-9a-z]{{15,17}}|[0-9a-z]{{19,20}}){_END}",
    ),
    _form(
        _ID.INSTITUTION,
        _institution,
        rf"{_ALONE}(?P<id>[0-9a-z]{{9}}\d{{8}}[a-z]\d{{4}}){_END}",
    ),
    _form(
        _ID.INSTITUTION,
        _institution,
        rf"登记号[^0-9a-z]{{0,6}}(?P<id>[0-9a-z]{{19,21}}|[0-9a-z]{{23,24}}){_END}",
    ),
    _form(
        _ID.ICP,
        _filing,
        rf"(?P<id>(?P<province>[{_P}])?\s*icp\s*备案?\s*(?P<number>\d{{4,12}})\s*号?"
        r"(?:-\d{1,3}[a-z]?(?![0-9a-z]))?)",
    ),
    _form(
        _ID.ICP,
        _licence,
        rf"(?P<id>[{_P}]\s*icp证\s*\d{{6,8}}\s*号|{_ALONE}[{_P}]?b2-\d{{8}})(?!\d)",
    ),
    _form(
        _ID.PSB,
        _police_filing,
        rf"(?P<id>(?P<province>[{_P}])?\s*公网安备\s*(?P<number>\d{{8,18}})\s*号?)",
    ),
    _form(
        _ID.DRUG_INFO,
        _drug_info,
        rf"(?P<id>\(\s*(?P<province>[{_P}])\s*\)(?:{_DASH})?\s*(?P<non>非)?经营性{_DASH}"
        rf"(?P<year>20\d{{2}}){_DASH}(?P<number>\d{{4}}))(?!\d)",
    ),
    _form(
        _ID.DRUG_APPROVAL,
        _drug,
        r"(?P<id>国药准字\s*(?P<letters>[a-z]{0,2})\s*(?P<number>\d{5,12}))(?![0-9a-z])",
    ),
    _form(
        _ID.DRUG_APPROVAL,
        _imported_drug,
        r"进口药品注册证号?\s*[:=]?\s*(?P<id>[hzs]c?(?P<number>\d{6,10}))(?![0-9a-z])",
    ),
    _form(
        _ID.DEVICE_APPROVAL,
        _device,
        rf"(?P<id>(?P<place>[国{_P}])械注(?P<mode>[准进许])字?\s*(?P<number>\d{{6,16}}))(?!\d)",
    ),
    _form(
        _ID.DEVICE_APPROVAL,
        _device_filing,
        rf"(?P<id>(?:国|[{_P}][{_HAN}]{{0,2}}?)械备\s*(?P<number>\d{{6,12}})\s*号?)(?!\d)",
    ),
    _form(
        _ID.DEVICE_APPROVAL,
        _licence,
        rf"(?P<id>[国{_P}]食药监械\([准进许]\)字\s*20\d{{2}}第[123]\d{{6}}号)",
    ),
    _form(
        _ID.AD_APPROVAL,
        _ad_approval,
        rf"(?P<id>[国{_P}]?(?:药|械|食健|食特)广审\s*\([视声文]\)\s*第?\s*"
        r"(?:(?P<until>\d{6})-\d{5}|\d{10})\s*号)",
    ),
)
