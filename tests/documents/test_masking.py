"""Private persons vanish, the business stays, and not one character moves."""

from __future__ import annotations

import re

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from documents.masking import mask, masked
from domain.pages import Identifier, IdentifierKind, Link
from language.identifiers import identifiers
from tests.documents.pages import page

# Area code of no place in use (999999 is invalid), so that no real person's number is formed.
CARD = "99999919900307001"


def card(body: str = CARD) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True))
    return body + "10X98765432"[total % 11]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("患者张三，恢复良好", "患者张*，恢复良好"),
        ("患者：李桂芬 女", "患者：李** 女"),
        ("患者姓名：赵六", "患者姓名：赵*"),
        ("患者（王建国）来自外地", "患者（王**）来自外地"),
        ("家长欧阳小花说孩子好了", "家长欧阳**说孩子好了"),
        ("宝妈周媛分享", "宝妈周*分享"),
        ("小朋友王小明今年8岁", "小朋友王**今年8岁"),
        ("谢谢，张小明同学！", "谢谢，张**同学！"),
        ("患者方建国在我院", "患者方**在我院"),
        ("住院号：20240012", "住院号：********"),
        ("病历号 A-12345，", "病历号 *******，"),
        ("门诊号码ｚｙ８８８８", "门诊号码******"),
        ("患者张三\n电话：13800000000", "患者张*\n电话：13800000000"),
        (
            "患者张三，手机13800000000，好评",
            "患者张*，手机1380000****，好评",
        ),
    ],
)
def test_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "患者高血压，需住院治疗",
        "患者安全。",
        "患者：黄色的那种",
        "祝您的宝宝健康",
        "患者张口困难",
        "患者周围的人",
        "患者焦虑，失眠",
        "患者黄疸。",
        "患者何时复诊？",
        "患者张女士表示满意",
        "患者李某某，",
        "小朋友许多，家长任何时候",
        "王建国主任医师出诊",
        "我和包子宝宝",
        "高中同学聚会",
        "院长张三，从医三十年",
        "预约电话：13800000000",
        "患者咨询电话：13800000000",
        "患者热线 400-000-0123",
        "客服微信同号13800000000",
        "门诊时间 8001700",
        "检查项目号召",
        "统一社会信用代码 91110000802100433B",
    ],
)
def test_left_alone(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("gap", ["", " ", "-"])
def test_an_identity_card_keeps_its_region_only(gap: str) -> None:
    number = card()
    written = gap.join((number[:6], number[6:14], number[14:]))
    assert mask(f"身份证{written}。") == f"身份证999999{'*' * (len(written) - 6)}。"


def test_a_credit_code_that_passes_for_a_card_stays() -> None:
    assert mask("统一社会信用代码123201194001012579") == "统一社会信用代码123201194001012579"


def test_wide_digits_are_digits() -> None:
    wide = "".join(chr(ord(c) + 0xFEE0) for c in card())
    assert mask(wide) == wide[:6] + "*" * 12


def test_numbers_that_only_look_like_a_card_stay() -> None:
    wrong_check = card()[:-1] + ("1" if card()[-1] != "1" else "2")
    no_such_day = card("99999919901332001")
    longer = card() + "5"
    for number in (wrong_check, no_such_day, longer):
        assert mask(number) == number


PIECES = st.sampled_from(
    [
        *("患者", "家长", "小朋友", "张三", "李桂芬", "欧阳娜娜", "同学", "王", "高血压", "安家长"),
        *("，", "：", ":", " ", "（", "\n", "。", "*", "的", "说", "手机", "电话", "住院号"),
        *("病历号", "13800000000", "400-000-0123", "A-12345", "-", "１２３４", card(), "9" * 18),
        *("\x00", "\ud800", "😀"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=12).map("".join))


@settings(max_examples=400, deadline=None)
@given(TEXTS)
def test_length_stays_and_masking_twice_is_masking_once(text: str) -> None:
    once = mask(text)
    assert len(once) == len(text)
    assert mask(once) == once
    changed = [after for before, after in zip(text, once, strict=True) if before != after]
    assert set(changed) <= {"*", "\ufffd"}


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["咨询电话", "预约热线", "联系我们", "电话", "客服", "地址：某路1号 电话"]),
    st.from_regex(r"(400-000-[0-9]{4}|010-0000[0-9]{4}|1380000[0-9]{4})", fullmatch=True),
    TEXTS,
)
def test_the_phones_of_a_business_stay_clear(label: str, phone: str, before: str) -> None:
    line = f"{label}：{phone}"
    text = f"{before}\n{line}\n"
    assert mask(text).endswith(f"\n{line}\n")
    kept = {re.sub(r"\D", "", phone)}
    assert kept <= {found.value for found in identifiers(mask(text))}


def test_a_masked_telephone_is_no_identifier_and_no_target() -> None:
    own, business = "13800000000", "13900000001"
    text = f"患者张三，手机{own}，好评\n预约电话：{business}"
    found = tuple(
        evolve(one, start=text.index(one.value), end=text.index(one.value) + 11)
        for one in (
            Identifier(kind=IdentifierKind.PHONE, value=own, valid=True),
            Identifier(kind=IdentifierKind.PHONE, value=business, valid=True),
        )
    )
    links = tuple(Link(url=f"tel:{number}", text="拨打") for number in (own, business))
    kept = masked(evolve(page(text), identifiers=found, links=links))
    assert [one.value for one in kept.identifiers] == [business]
    assert [link.url for link in kept.links] == [f"tel:{business}"]
    assert masked(kept) == kept
