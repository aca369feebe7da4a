"""Numbers and names in a text that tell who stands behind it (law.md C)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date

from attrs import frozen

from domain.pages import Identifier, IdentifierKind
from language.checksums import PROVINCES, institution_number_valid, usci_valid
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


@frozen(kw_only=True)
class _Form:
    kind: IdentifierKind
    expression: re.Pattern[str]
    read: Callable[[re.Match[str]], _Reading | None]


def identifiers(text: str) -> tuple[Identifier, ...]:
    """Every identifier in `text`, by place; offsets are those of `text` as given.

    `value` is in one spelling however it was written: codes in capitals, telephone numbers as
    digits alone. `valid` is False for a number that names itself but is broken, None where there
    is nothing to check (WeChat and QQ names).
    """
    whole = normalise(text)
    found = {
        (identifier.start, identifier.end, identifier.kind): identifier
        for form in _FORMS
        for identifier in _matches(form, whole)
    }
    return tuple(found[key] for key in sorted(found))


def _matches(form: _Form, whole: Normalised) -> Iterator[Identifier]:
    for match in form.expression.finditer(whole.text):
        reading = form.read(match)
        if reading is None:
            continue
        start, end = whole.raw_span(*match.span("id"))
        yield Identifier(kind=form.kind, value=reading[0], valid=reading[1], start=start, end=end)


def _squeezed(match: re.Match[str]) -> str:
    return re.sub(r"\s+", "", match["id"]).upper()


def _medical_ad(match: re.Match[str]) -> _Reading:
    value = _squeezed(match).translate(str.maketrans("[【]】()", "〔〔〕〕（）"))
    value = re.sub(r"医广（(\d{4})）", r"医广〔\1〕", value)
    return value, match["year"] is not None and match["serial"] is not None


def _usci(match: re.Match[str]) -> _Reading | None:
    return _checked(match, usci_valid, ("信用代码", "税号", "注册号"))


def _institution(match: re.Match[str]) -> _Reading | None:
    return _checked(match, institution_number_valid, ("登记号", "许可证", "执业"))


def _checked(
    match: re.Match[str], valid: Callable[[str], bool], labels: tuple[str, ...]
) -> _Reading | None:
    """A code that passes, or one that fails although the words before it say what it is."""
    code = match["id"].upper()
    if valid(code):
        return code, True
    before = match.string[max(0, match.start() - _LABEL_REACH) : match.start()]
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
    return _squeezed(match), len(match["number"]) == 8


def _device(match: re.Match[str]) -> _Reading:
    grade = match["grade"]
    if match["place"] == "国":
        return _squeezed(match), grade == "3" if match["mode"] == "准" else grade in "23"
    return _squeezed(match), grade == "2" and match["mode"] == "准"


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


def _phone(match: re.Match[str]) -> _Reading:
    return re.sub(r"[^\d转]", "", match["id"].removeprefix("+86")).replace("转", "-"), True


def _wechat(match: re.Match[str]) -> _Reading | None:
    name = match["id"]
    if name.startswith(_NOT_WECHAT) or match.string[match.end("id") :][:1] in (".", "@"):
        return None
    return re.sub(r"[- ]", "", name) if name[0].isdigit() else name, None


def _qq(match: re.Match[str]) -> _Reading:
    return match["id"], None


_NOT_WECHAT = ("weixin", "wechat", "http", "www")
_MOBILE = r"1[3-9]\d[-. ·]?\d{4}[-. ·]?\d{4}"
_HOTLINE = (
    r"[48]00(?:[-—. ·]?\d{3}[-—. ·]?\d{4}|[-—. ·]?\d{4}[-—. ·]?\d{3}|\d[-—. ]\d{3}[-—. ]\d{3})"
)
_AREA = r"0(?:10|2[0-57-9]|(?:3[13-579]|4[1-35-8]|5[1-9]|6[369]|7[0-79]|8[1-35789]|9[0134579])\d)"
_LANDLINE = (
    rf"(?:\({_AREA}\)\s?|{_AREA}[-—– ]{{0,3}})"
    r"(?:\d{4}[- ]\d{3,4}|\d{3}[- ]\d{4}|\d{7,8})(?:转\d{1,5})?"
)
_PHONE_START = r"(?:(?<![0-9a-z_=/#%])(?<!\d[-.—])|(?<=\d)(?=\())"
_PHONE_END = r"(?![0-9a-z_%])(?![-.]\d)"
_WECHAT_LABEL = (
    r"(?:微\s*信|薇信|威信|徽信|微x|[加+➕]\s*(?:v|微)"
    r"|(?<![a-z0-9])(?:v信|(?:vx|wx|weixin|wechat)(?![a-z0-9])|v(?=\s*[:：])))"
)
_ID = IdentifierKind


def _form(
    kind: IdentifierKind, read: Callable[[re.Match[str]], _Reading | None], expression: str
) -> _Form:
    return _Form(kind=kind, expression=re.compile(expression), read=read)


_FORMS = (
    _form(
        _ID.MEDICAL_AD,
        _medical_ad,
        rf"(?P<id>(?:(?:\(\s*[{_HAN}]{{1,4}}\s*\)\s*){{1,2}}|[{_P}]\s*)?中?医广\s*(?:审\s*)?"
        r"(?:[〔\[【(]\s*(?P<year>20\d{2})\s*年?\s*[〕\]】)]\s*)?"
        rf"(?:\([{_HAN}]{{2,4}}\)\s*)?第?\s*"
        r"(?:(?P<serial>[0-9a-z]{1,6}(?:\s?-\s?[0-9a-z]{1,10}){0,3})|[0-9a-z-]{1,40})\s*号)",
    ),
    _form(_ID.USCI, _usci, rf"{_ALONE}(?P<id>[0-9a-z]{{18}}){_END}"),
    _form(
        _ID.INSTITUTION,
        _institution,
        rf"{_ALONE}(?P<id>[0-9a-z]{{9}}\d{{8}}[a-z]\d{{4}}){_END}",
    ),
    _form(
        _ID.ICP,
        _filing,
        rf"(?P<id>(?P<province>[{_P}])?\s*icp备案?\s*(?P<number>\d{{4,12}})\s*号?"
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
        r"(?P<id>国药准字\s*[hzsbtfj][cj]?\s*(?P<number>\d{5,12}))(?!\d)",
    ),
    _form(
        _ID.DEVICE_APPROVAL,
        _device,
        rf"(?P<id>(?P<place>[国{_P}])械注(?P<mode>[准进许])\s*20\d{{2}}(?P<grade>\d)\d{{2}}"
        r"\d{4,6})(?!\d)",
    ),
    _form(
        _ID.DEVICE_APPROVAL,
        _licence,
        rf"(?P<id>(?:国|[{_P}][{_HAN}]{{0,2}}?)械备\s*20\d{{6}}\s*号?)(?!\d)",
    ),
    _form(
        _ID.AD_APPROVAL,
        _ad_approval,
        rf"(?P<id>[国{_P}]?(?:药|械|食健|食特)广审\s*\([视声文]\)\s*第?\s*"
        r"(?:(?P<until>\d{6})-\d{5}|\d{10})\s*号)",
    ),
    _form(
        _ID.PHONE,
        _phone,
        rf"{_PHONE_START}(?P<id>(?:\+?86[- ]?)?(?:{_MOBILE}|{_HOTLINE}|{_LANDLINE})){_PHONE_END}",
    ),
    _form(
        _ID.WECHAT,
        _wechat,
        rf"{_WECHAT_LABEL}\s*(?:公众号|客服|号码?|id|账号|/电话|/手机)?\s*[:=]?\s*"
        rf"(?P<id>{_MOBILE}(?!\d)|[a-z][a-z0-9_-]{{5,19}}(?![a-z0-9_-]))",
    ),
    _form(_ID.WECHAT, _wechat, rf"(?<!\d)(?P<id>{_MOBILE})\s*[(,]?\s*(?:微信|v信|vx)同号"),
    _form(
        _ID.QQ,
        _qq,
        r"(?<![a-z0-9])(?:qq|扣扣)\s*(?:号码?|群号?|咨询|客服)?\s*[:=]?\s*(?P<id>[1-9]\d{4,10})(?![0-9])",
    ),
)
