"""Pages of platforms: numbers, times, copies under other hosts, and pages that are nothing."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crawlers.pages import read
from crawlers.pages.amounts import amount
from crawlers.pages.dates import told_moment
from domain.pages import IdentifierKind, PageKind, ParsedPage, Reading

NOW = datetime(2026, 3, 5, 2, 0, tzinfo=UTC)
HERE = Path(__file__).parent


def reading(case: str, url: str | None = None, *, without: str = "") -> Reading:
    meta = json.loads((HERE / case / "meta.json").read_text("utf-8"))
    body = (HERE / case / "body.html").read_text("utf-8")
    return read(
        body=(body.replace(without, "") if without else body).encode(),
        url=url or meta["url"],
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        captured_at=NOW,
    )


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("1.2万", 12_000),
        ("10万+", 100_000),
        ("999+", 999),
        ("86", 86),
        ("3.5w", 35_000),
        ("赞", None),
    ],
)
def test_rounded_numbers_are_lower_bounds(text: str, number: int | None) -> None:
    assert amount(text) == number


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("刚刚", NOW),
        ("3分钟前", NOW - timedelta(minutes=3)),
        ("2小时前 浙江", NOW - timedelta(hours=2)),
        ("昨天 21:10", NOW - timedelta(days=1)),
        ("编辑于 03-01", datetime(2026, 2, 28, 16, tzinfo=UTC)),
        ("12-30", datetime(2025, 12, 29, 16, tzinfo=UTC)),
        ("1772500000000", datetime(2026, 3, 3, 1, 6, 40, tzinfo=UTC)),
        ("Wed Mar 04 21:15:00 +0800 2026", datetime(2026, 3, 4, 13, 15, tzinfo=UTC)),
        ("13-45", None),
        ("很久以前", None),
    ],
)
def test_times_are_told_from_the_capture(text: str, moment: datetime | None) -> None:
    assert told_moment(text, NOW) == moment


@given(st.text(max_size=40))
def test_no_words_break_the_readers_of_numbers_and_times(text: str) -> None:
    amount(text)
    told_moment(text, NOW)


def test_a_share_link_and_its_copy_elsewhere_are_read_alike() -> None:
    shared = reading("xiaohongshu_note")
    copy = reading("xiaohongshu_note", "http://copy.test/explore/64b2f0c1000000001203a4d5?x=1")
    assert isinstance(shared, ParsedPage)
    assert isinstance(copy, ParsedPage)
    assert copy.text == shared.text
    assert shared.canonical_url == "https://www.xiaohongshu.com/explore/64b2f0c1000000001203a4d5"
    assert copy.canonical_url == "http://copy.test/explore/64b2f0c1000000001203a4d5"


def test_a_page_with_the_path_alone_is_a_page_of_any_site() -> None:
    text = "本院周六照常开诊，请携带身份证件按预约的时间前来，停车请走东门。" * 2
    page = read(
        body=f"<html><title>通知</title><p>{text}</p></html>".encode(),
        url="http://clinic.test/p/123",
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        captured_at=NOW,
    )
    assert isinstance(page, ParsedPage)
    assert page.page.startswith("site@")


def test_a_field_that_moved_does_not_take_its_words_with_it() -> None:
    page = reading("baixing_ad", without='class="viewad-text"')
    assert isinstance(page, ParsedPage)
    assert page.kind is PageKind.POST
    assert "无效退款，微信同号。" in page.text


def test_a_full_number_counts_and_a_masked_one_does_not() -> None:
    page = reading("baixing_ad")
    assert isinstance(page, ParsedPage)
    phones = [one.value for one in page.identifiers if one.kind is IdentifierKind.PHONE]
    assert phones == ["4000000123"]
    masked = reading("baixing_ad", without=' data-contact="4000000123"')
    assert isinstance(masked, ParsedPage)
    assert not [one for one in masked.identifiers if one.kind is IdentifierKind.PHONE]


def test_glyphs_of_a_private_font_are_named_and_not_cracked() -> None:
    page = reading("dianping_shop")
    assert isinstance(page, ParsedPage)
    assert "obfuscated_fields:d.num,e.address" in page.notes
    assert not any(0xE000 <= ord(c) <= 0xF8FF for c in page.text)
    assert page.subject_hint == "某某医疗美容诊所"
