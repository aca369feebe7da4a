"""Numbers of private persons: identity documents, patients' numbers, telephones with an owner.

All expressions read text whose wide characters were made plain. A telephone is private when the
words before it say whose it is; that of a business says what it is for, and stays.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

from language.identifiers import usci_valid

Span = tuple[int, int]

_CARD = re.compile(
    r"(?<![0-9A-Za-z])(?P<region>[1-9]\d{5})(?P<rest>[ -]?(?P<year>(?:19|20)\d{2})(?P<month>\d{2})"
    r"(?P<day>\d{2})[ -]?\d{3}[0-9Xx])(?![0-9A-Za-z])",
    re.ASCII,
)
_WEIGHTS = tuple(pow(2, 17 - place, 11) for place in range(17))
_CHECKS = "10X98765432"
_IS = r"(?:号码?)?(?:\([^()\n]{1,6}\))?[\s:是为]{0,3}"
_NUMBER = r"(?P<number>[0-9A-Za-z][0-9A-Za-z-]{3,31})(?![0-9A-Za-z])"
_LABELLED = tuple(
    re.compile(expression, re.ASCII | re.IGNORECASE)
    for expression in (
        # Cards of fifteen digits have no check digit; a mistyped one is personal too.
        rf"身份(?:证|号码?){_IS}[1-9]\d{{5}}(?P<number>[ -]?\d{{6,8}}[ -]?\d{{3}}[0-9x]?)(?!\d)",
        r"身份证号?码?(?:后|末|尾)(?:[四五六八4568]位|号)[\s:是为]{0,3}(?P<number>\d{3,7}[\dx])(?!\d)",
        rf"(?:护照|通行证|军官证|士官证|居住证|回乡证|台胞证){_IS}{_NUMBER}",
        r"(?:病历|病案|住院|门诊|就诊|挂号单?|处方|检查单?|检验单?|影像|标本|病理|条码|超声|B超|CT|MRI?"
        r"|手术|就诊卡|诊疗卡|健康卡|登记卡|医保卡|社保卡|就诊流水|住院流水)"
        rf"(?:编?号码?|编码)[\s:是为]{{0,3}}{_NUMBER}",
        rf"(?:就诊|诊疗|健康|医保|社保)卡[\s:是为]{{0,3}}(?=[A-Z-]*\d){_NUMBER}",
        rf"(?:患者|病人|病患|患儿)(?:编号|ID号?|序号)[\s:是为]{{0,3}}{_NUMBER}",
        # Behind 医疗机构 or 许可证 it is a licence; without them a licence has 22 characters.
        r"(?<![\u4e00-\u9fff])登记号[\s:是为]{0,3}(?P<number>\d{5,14})(?![0-9A-Za-z])",
    )
)
MOBILE = r"(?<!\d)1[3-9]\d[ -]?\d{4}[ -]?(?P<tail>\d{4})(?!\d)"
_LANDLINE = r"(?<!\d)0\d{2,3}[- ]?\d{3,4}(?P<line>\d{4})(?!\d)"
_OWNED = re.compile(
    r"(?:患者|病人|病患|患儿|家属|家长|本人|我|会员|用户|顾客|客户|就诊人|预约人|紧急联系人|投诉人"
    r"|举报人|监护人|收货人|报名人|求美者|消费者|家庭|(?<!公司)个人|私人)(?:家属|家长|本人)?的?"
    rf"(?:联系)?(?:电话|手机|联系方式)(?:号码?)?[\s:是为]{{0,3}}(?:{MOBILE}|{_LANDLINE})"
)


def private_numbers(plain: str) -> Iterator[Span]:
    """Spans of what must not be read of each number: the region of an identity card stays."""
    for match in _CARD.finditer(plain):
        digits = re.sub("[ -]", "", match[0]).upper()
        # A company's credit code may look like one by chance, and it must stay readable.
        if _checked(digits) and _is_date(match) and not usci_valid(digits):
            yield match.span("rest")
    for form in _LABELLED:
        for match in form.finditer(plain):
            if any(character.isdigit() for character in match["number"]):
                yield match.span("number")
    for match in _OWNED.finditer(plain):
        yield match.span("tail" if match["tail"] else "line")


def _checked(digits: str) -> bool:
    total = sum(int(digit) * weight for digit, weight in zip(digits[:17], _WEIGHTS, strict=True))
    return _CHECKS[total % 11] == digits[17]


def _is_date(match: re.Match[str]) -> bool:
    try:
        date(int(match["year"]), int(match["month"]), int(match["day"]))
    except ValueError:
        return False
    return True
