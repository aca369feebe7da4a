"""Identifiers: what is read, in which spelling, and what is not taken for one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.pages import IdentifierKind as Kind
from language.approvals import MedicalAdNumber, Standing, days_left, last_day, read_medical_ad
from language.identifiers import identifiers, institution_number_valid, usci_valid


def read(text: str) -> list[tuple[Kind, str, bool | None]]:
    return [(found.kind, found.value, found.valid) for found in identifiers(text)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("（苏）医广〔2026〕第01-02-003号", Kind.MEDICAL_AD, "（苏）医广〔2026〕第01-02-003号"),
        ("(苏) 醫廣【2026】第01-02-G03號", Kind.MEDICAL_AD, "（苏）医广〔2026〕第01-02-G03号"),
        ("（连云） 医广[2026]第3-320701号", Kind.MEDICAL_AD, "（连云）医广〔2026〕第3-320701号"),
        ("（苏）医广（2026）（网络）第12号", Kind.MEDICAL_AD, "（苏）医广〔2026〕（网络）第12号"),
        ("（苏）（宁）医广〔2026〕第1-2-3号", Kind.MEDICAL_AD, "（苏）（宁）医广〔2026〕第1-2-3号"),
        ("（苏）中医广〔2026〕第03-20-101号", Kind.MEDICAL_AD, "（苏）中医广〔2026〕第03-20-101号"),
        ("苏医广【2026】第123456号", Kind.MEDICAL_AD, "苏医广〔2026〕第123456号"),
        ("信用代码91110000802100433b", Kind.USCI, "91110000802100433B"),
        ("（９１１１００００８０２１００４３３Ｂ）", Kind.USCI, "91110000802100433B"),
        ("登记号PDY00001632070011D1102", Kind.INSTITUTION, "PDY00001632070011D1102"),
        ("苏ICP备12345678号-1", Kind.ICP, "苏ICP备12345678号-1"),
        ("蘇icp備2026000001號", Kind.ICP, "苏ICP备2026000001号"),
        ("苏ICP证123456号", Kind.ICP, "苏ICP证123456号"),
        ("增值电信业务经营许可证：苏B2-20260001", Kind.ICP, "苏B2-20260001"),
        ("苏公网安备 32070002000001号", Kind.PSB, "苏公网安备32070002000001号"),
        ("公网安备32070002000001", Kind.PSB, "公网安备32070002000001号"),
        ("（苏）—非经营性—2026—0001", Kind.DRUG_INFO, "（苏）-非经营性-2026-0001"),
        ("(苏)-经营性-2026-0001", Kind.DRUG_INFO, "（苏）-经营性-2026-0001"),
        ("国药准字Z20260001", Kind.DRUG_APPROVAL, "国药准字Z20260001"),
        ("國藥準字ＨＪ20260001", Kind.DRUG_APPROVAL, "国药准字HJ20260001"),
        ("苏械注准20262190001", Kind.DEVICE_APPROVAL, "苏械注准20262190001"),
        ("国械注进20263130001", Kind.DEVICE_APPROVAL, "国械注进20263130001"),
        ("苏连械备20260001号", Kind.DEVICE_APPROVAL, "苏连械备20260001号"),
        ("苏械广审（文）第281231-00001号", Kind.AD_APPROVAL, "苏械广审（文）第281231-00001号"),
        ("苏药广审(视)第2026010001号", Kind.AD_APPROVAL, "苏药广审（视）第2026010001号"),
        ("电话400-000-0123", Kind.PHONE, "4000000123"),
        ("电话４００－００００－１２３", Kind.PHONE, "4000000123"),
        ("4000 000 123", Kind.PHONE, "4000000123"),
        ("Tel:010-00000000", Kind.PHONE, "01000000000"),
        ("（0518）0000-0000", Kind.PHONE, "051800000000"),
        ("0518 0000000转12", Kind.PHONE, "05180000000-12"),
        ("+86 138 0000 0000", Kind.PHONE, "13800000000"),
        ("①③⑧⓪⓪⓪⓪⓪⓪⓪⓪", Kind.PHONE, "13800000000"),
        ("138-0000-0000", Kind.PHONE, "13800000000"),
    ],
)  # fmt: skip
def test_valid_ones_in_one_spelling(text: str, kind: Kind, value: str) -> None:
    assert read(text) == [(kind, value, True)]


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("微信：Abc_12345", Kind.WECHAT, "abc_12345"),
        ("加V：abc-12345", Kind.WECHAT, "abc-12345"),
        ("➕微abc12345", Kind.WECHAT, "abc12345"),
        ("vx abc12345", Kind.WECHAT, "abc12345"),
        ("薇信号:abc12345", Kind.WECHAT, "abc12345"),
        ("微信公众号：abc12345", Kind.WECHAT, "abc12345"),
        ("QQ：10000001", Kind.QQ, "10000001"),
        ("扣扣号 10000001", Kind.QQ, "10000001"),
    ],
)
def test_names_without_a_check(text: str, kind: Kind, value: str) -> None:
    assert read(text) == [(kind, value, None)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("（苏）医广第01-02-003号", Kind.MEDICAL_AD),
        ("统一社会信用代码：91110000802100433A", Kind.USCI),
        ("医疗机构登记号：12345678932070011D1102", Kind.INSTITUTION),
        ("ICP备12345678号", Kind.ICP),
        ("苏ICP备12345号", Kind.ICP),
        ("苏公网安备3207000200号", Kind.PSB),
        ("沪公网安备32070002000001号", Kind.PSB),
        ("国药准字Z2026001", Kind.DRUG_APPROVAL),
        ("苏械注准20263190001", Kind.DEVICE_APPROVAL),
        ("国械注准20262190001", Kind.DEVICE_APPROVAL),
        ("苏械广审（文）第281331-00001号", Kind.AD_APPROVAL),
    ],
)
def test_broken_ones_are_reported_as_such(text: str, kind: Kind) -> None:
    assert [(found, valid) for found, _, valid in read(text)] == [(kind, False)]


@pytest.mark.parametrize(
    "text",
    [
        "订单号20260101000000123456",
        "订单1380000000012",
        "113800000000",
        "4000000123456",
        "3.13800000000",
        "2026-0101-12345678",
        "0860-00000000",
        "http://a.test/13800000000.html",
        "a13800000000",
        "价格4000元",
        "身份证样例110101199001010000",
        "91110000802100433A",
        "微信支付",
        "微信 weixin.qq.com",
        "wxabcdef123",
        "医广告知书第3号文件",
        "QQ音乐 1000",
        "版本号1.400.000.0123",
    ],
)
def test_not_taken_for_an_identifier(text: str) -> None:
    assert read(text) == []


def test_a_phone_that_is_a_wechat_name_too() -> None:
    expected = [(Kind.PHONE, "13800000000", True), (Kind.WECHAT, "13800000000", None)]
    assert read("微信/电话：13800000000") == expected
    assert read("13800000000（微信同号）") == expected


def test_offsets_are_those_of_the_raw_text() -> None:
    text = "致電\u200b：４００\u200b－０００－０１２３。"
    (phone,) = identifiers(text)
    assert text[phone.start : phone.end] == "４００\u200b－０００－０１２３"


def test_several_in_order() -> None:
    text = "苏ICP备12345678号 电话010-00000000、138 0000 0000 微信abc12345"
    assert [kind for kind, _, _ in read(text)] == [Kind.ICP, Kind.PHONE, Kind.PHONE, Kind.WECHAT]


ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@pytest.mark.parametrize("code", ["52370502MJE2784531", "91110000802100433B", "91440300708461136T"])
def test_any_other_character_breaks_a_credit_code(code: str) -> None:
    assert usci_valid(code)
    assert usci_valid(code.lower())
    for place, old in enumerate(code):
        for new in ALPHABET:
            if new != old:
                assert not usci_valid(code[:place] + new + code[place + 1 :])


@pytest.mark.parametrize("code", ["", "9111", "91110000802100433BB", "I1110000802100433B"])
def test_what_has_not_the_form_is_no_credit_code(code: str) -> None:
    assert not usci_valid(code)


@pytest.mark.parametrize(
    ("number", "valid"),
    [
        ("80210043332070011D1102", True),
        ("80210043432070011D1102", False),
        ("PDY00001632070011D1102", True),
        ("PDY00001699070011D1102", False),
        ("PDY00001632070011D110", False),
        ("PDY0000163207001111102", False),
    ],
)
def test_institution_numbers(number: str, valid: bool) -> None:
    assert institution_number_valid(number) is valid


@given(
    st.lists(
        st.sampled_from("微信加v:138400-0000 1234567890（苏）医广第号icp备abcXx国药准字qq")
        | st.characters(),
        max_size=80,
    ).map("".join)
)
def test_any_text_is_read_and_offsets_fit(text: str) -> None:
    for found in identifiers(text):
        assert 0 <= found.start < found.end <= len(text)


@pytest.mark.parametrize("seed", ["1", "(", "-", "0 ", "微信", "医广", "a", "1-", "(苏)", "400-"])
@pytest.mark.timeout(20)
def test_no_text_takes_quadratic_time(seed: str) -> None:
    identifiers(seed * (200_000 // len(seed)))


@pytest.mark.parametrize(
    ("text", "regions", "year", "serial"),
    [
        ("(苏)(宁)医广〔2026〕第01-02-003号", ("苏", "宁"), 2026, "01-02-003"),
        ("苏中医广【2026】(网络)第12号", ("苏",), 2026, "12"),
        ("医广第12号", (), None, "12"),
    ],
)
def test_parts_of_a_medical_ad_number(
    text: str, regions: tuple[str, ...], year: int | None, serial: str
) -> None:
    parts = read_medical_ad(text)
    assert parts is not None
    assert (parts.regions, parts.year, parts.serial) == (regions, year, serial)


def test_no_medical_ad_number() -> None:
    assert read_medical_ad("本院依法发布广告") is None


def numbered(*regions: str, year: int | None = 2026) -> MedicalAdNumber:
    return MedicalAdNumber(
        regions=regions, chinese_medicine=False, year=year, medium=None, serial="1"
    )


@pytest.mark.parametrize(
    ("day", "standing"),
    [
        (date(2025, 12, 31), Standing.PREMATURE),
        (date(2026, 1, 1), Standing.POSSIBLE),
        (date(2027, 12, 30), Standing.POSSIBLE),
        (date(2027, 12, 31), Standing.EXPIRED),
    ],
)
def test_what_the_year_says_about_a_day(day: date, standing: Standing) -> None:
    assert numbered().standing(day) is standing
    assert numbered(year=None).standing(day) is Standing.UNDATED


@given(st.dates(date(2015, 1, 1), date(2030, 12, 31)))
def test_a_certificate_lasts_a_year(issued: date) -> None:
    end = last_day(issued)
    assert days_left(issued, issued) in (365, 366)
    assert days_left(issued, end) == 1
    assert days_left(issued, end + timedelta(days=1)) == 0
    assert numbered(year=issued.year).standing(end) is Standing.POSSIBLE


@pytest.mark.parametrize(
    ("regions", "division", "place", "fits"),
    [
        (("苏",), "320706", "江苏省连云港市海州区", True),
        (("苏", "宁"), "320102", "江苏省南京市玄武区", True),
        (("浙",), "320706", "江苏省连云港市海州区", False),
        (("浙", "杭"), "330110", "浙江省杭州市余杭区", True),
        (("浙", "杭"), "330203", "浙江省宁波市海曙区", False),
        (("成青",), "510105", "四川省成都市青羊区", True),
        (("成青",), "510100", "四川省成都市", None),
        (("呼市",), "150102", "内蒙古自治区呼和浩特市新城区", True),
        (("宁",), "450103", "广西壮族自治区南宁市青秀区", False),
        ((), "320706", "江苏省连云港市海州区", None),
    ],
)
def test_whether_a_region_reviewed_an_institution(
    regions: tuple[str, ...], division: str, place: str, fits: bool | None
) -> None:
    assert numbered(*regions).fits(division, place) is fits
