"""Ways to reach whoever advertises: telephones, WeChat and QQ names, targets of QR codes.

Advertisers write them so that platforms do not see them: 薇, V❤, ➕V, digits in Chinese or in
circles. All expressions read the normalised text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from attrs import frozen

from domain.pages import IdentifierKind
from language.digits import plain_digits

_GAP = r"[-—–_. ·•*~]{0,2}"
_MOBILE = rf"1[3-9]\d{_GAP}\d{{4}}{_GAP}\d{{4}}"
_HOTLINE = (
    rf"[48]00(?:{_GAP}\d{{3}}{_GAP}\d{{4}}|{_GAP}\d{{4}}{_GAP}\d{{3}}|\d[-—. ]\d{{3}}[-—. ]\d{{3}})"
)
_AREA = r"0(?:10|2[0-57-9]|(?:3[13-579]|4[1-35-8]|5[1-9]|6[369]|7[0-79]|8[1-35789]|9[0134579])\d)"
_LANDLINE = (
    rf"(?:\({_AREA}\)\s?|{_AREA}[-—– ]{{0,3}})"
    r"(?:\d{4}[- ]\d{3,4}|\d{3}[- ]\d{4}|\d{7,8})(?:转\d{1,5})?"
)
_PHONE = re.compile(
    r"(?:(?<![0-9a-z_=/#%])(?<!\d[-.—])|(?<=\d)(?=\()|(?<=\d/)|(?<=[vw]x))"
    rf"(?P<id>(?:\+?86[- ]?)?(?:{_MOBILE}|{_HOTLINE}|{_LANDLINE}))(?![0-9a-z_%@])(?![-.]\d)"
)
_HEARTS = "❤♥♡💗💓💕💖💚💌"
_HEART = f"[{_HEARTS}]"
_SPLIT = rf"[\s.·*~_/|{_HEARTS}-]{{0,2}}"
_NAMED = (
    rf"(?:微{_SPLIT}(?:信|x|{_HEART})|[薇溦]{_SPLIT}(?:信|x|{_HEART})|v{_SPLIT}(?:信|{_HEART})"
    r"|(?:[wv]x|weixin|wechat)(?![a-z0-9])|[wv]x(?=1[3-9]\d))"
)
# These are words of their own, so a colon or 号 must say that a name follows.
_HOMOPHONE = r"(?:威信|徽信|维信|卫星|绿泡泡|[v微薇])(?=\s*(?:号|[:=]))"
_CALLED = r"\s*(?:公众号|客服|助理|号码?|id|账号|同号|/电话|/手机)?\s*[:=]?\s*"
_NAME = rf"(?P<id>{_MOBILE}(?!\d)|[a-z][a-z0-9_-]{{5,19}}(?![a-z0-9_-]))"
_ADDED = r"(?:[加+➕╋]|添加|扫码加|搜索?)\s*(?:我|院长|医生|客服|助理|老师)?\s*(?:个)?"
_WECHAT = tuple(
    re.compile(expression)
    for expression in (
        rf"(?<![a-z0-9])(?:{_NAMED}|{_HOMOPHONE}){_CALLED}{_NAME}",
        rf"{_ADDED}[v微薇威徽溦]{_CALLED}{_NAME}",
        rf"(?<!\d)(?P<id>{_MOBILE})\s*[(,]?\s*(?:微信|薇信?|v信|vx?|wx)\s*同(?:号|步)?",
    )
)
_QQ = re.compile(
    r"(?<![a-z0-9])(?:q{2}|扣扣|企鹅|[加+➕]q|抠抠)\s*(?:号码?|群号?|咨询|客服)?\s*[:=]?\s*"
    r"(?P<id>[1-9]\d{4,10})(?![0-9])"
)
_TARGET = r"[^\s\"'<>()（）【】“”，。；、\u4e00-\u9fff]"
_QR = re.compile(
    r"(?P<id>(?:https?://)?(?:u\.wechat\.com/|weixin\.qq\.com/[rqg]/"
    r"|work\.weixin\.qq\.com/(?:ca|kfid|gm)/|(?:qm|jq)\.qq\.com/|qr\.alipay\.com/|qr\.dingtalk\.com/)"
    rf"{_TARGET}{{2,200}}|(?:weixin|wxp|mqqapi|alipays)://{_TARGET}{{2,200}})"
    r"|二维码(?:的?(?:内容|链接|地址|指向|解析结果|识别结果))\s*(?:为|是)?\s*[:=]?\s*"
    rf"(?P<told>https?://{_TARGET}{{4,200}})"
)
_NOT_A_NAME = ("weixin", "wechat", "http", "www")


@frozen(kw_only=True)
class Contact:
    """A contact at `[start, end)` of the normalised text; `value` None: as the raw text has it."""

    kind: IdentifierKind
    value: str | None
    valid: bool | None
    start: int
    end: int


def contacts(text: str) -> Iterator[Contact]:
    """Every contact in normalised text, kind by kind."""
    yield from _phones(text)
    for expression in _WECHAT:
        for match in expression.finditer(text):
            name = match["id"]
            if not name.startswith(_NOT_A_NAME) and text[match.end("id") :][:1] not in (".", "@"):
                value = re.sub(r"\D", "", name) if name[0].isdigit() else name
                yield _contact(IdentifierKind.WECHAT, value, None, match.span("id"))
    for match in _QQ.finditer(text):
        yield _contact(IdentifierKind.QQ, match["id"], None, match.span("id"))
    for match in _QR.finditer(text):
        group = "id" if match["id"] else "told"
        yield _contact(IdentifierKind.QR, None, True, match.span(group))


def _phones(text: str) -> Iterator[Contact]:
    """Telephones in digits, then those that only their digits in other scripts had hidden."""
    taken: list[tuple[int, int]] = []
    for view in dict.fromkeys((text, plain_digits(text))):
        for match in _PHONE.finditer(view):
            start, end = match.span("id")
            if any(start < last and first < end for first, last in taken):
                continue
            if view[start - 1 : start] == "/" and all(start - 1 != last for _, last in taken):
                continue  # part of an address, not the second of two numbers
            taken.append((start, end))
            number = re.sub(r"[^\d转]", "", match["id"].removeprefix("+86")).replace("转", "-")
            yield _contact(IdentifierKind.PHONE, number, True, (start, end))


def _contact(
    kind: IdentifierKind, value: str | None, valid: bool | None, span: tuple[int, int]
) -> Contact:
    return Contact(kind=kind, value=value, valid=valid, start=span[0], end=span[1])
