"""The saved real pages are read in place: each has text, or says why it has none."""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest

from crawlers.importers import ImportOptions, read_file
from crawlers.pages import navigation, read
from crawlers.pages.addresses import absolute
from domain.captures import Capture
from domain.outcomes import Outcome
from domain.pages import PageKind, ParsedPage, StatusPage
from language.charset import to_text

_SHARED = Path(__file__).parents[2] / "../shared/real_pages"
_AT = datetime(2026, 3, 2, tzinfo=UTC)
pytestmark = pytest.mark.skipif(
    not (_SHARED / "index.csv").exists(), reason="no ../shared/real_pages beside the checkout"
)


@pytest.fixture(scope="module")
def captures() -> dict[str, Capture]:
    found: dict[str, Capture] = {}
    for path in sorted(_SHARED.glob("*.warc.gz")):
        for record in read_file(path, options=ImportOptions()):
            assert record.error is None, record.error
            assert record.capture is not None
            assert record.url is not None
            found[record.url] = record.capture
    return found


def _rows() -> list[dict[str, str]]:
    index = _SHARED / "index.csv"
    return list(csv.DictReader(index.read_text("utf-8").splitlines())) if index.exists() else []


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row["url"][-40:])
def test_record_is_read_as_the_index_says(
    row: dict[str, str], captures: dict[str, Capture]
) -> None:
    capture = captures[row["url"]]
    assert len(capture.body) == int(row["bytes"])
    reading = read(
        body=capture.body,
        url=capture.url,
        headers=capture.headers,
        captured_at=capture.captured_at,
    )
    status = row["what"].removeprefix("status: ").split(" ")[0]
    if row["what"].startswith("status: "):
        assert isinstance(reading, StatusPage)
        assert reading.outcome is Outcome(status)
        assert reading.reason
        return
    assert isinstance(reading, ParsedPage), reading
    assert len(reading.text) > 100
    assert all(reading.text[b.start : b.end] == b.text for b in reading.blocks)
    assert "\ufffd" not in reading.text
    _check(row["what"], reading)
    navigation(body=capture.body, url=capture.url, headers=capture.headers)


def _check(what: str, page: ParsedPage) -> None:
    if what.startswith("wechat type"):
        kind = PageKind.ARTICLE if "type 0" in what else PageKind.POST
        assert (page.kind, page.page) == (kind, "wechat@2")
        assert page.account
        assert page.published_at
        assert "__biz=" in page.canonical_url
    elif what.startswith("account page"):
        assert page.kind is PageKind.ACCOUNT
        assert page.subject_hint
    elif "results" in what:
        assert page.kind is PageKind.SEARCH_RESULTS
        assert {"organic:10", "ads:0"} <= set(page.notes)
    elif "dental" in what:
        assert any(one.value.startswith("400") for one in page.identifiers)
    elif "consult widget" in what:
        assert any(one.value.startswith("swt:") for one in page.identifiers)
    elif "weibo" in what:
        # The copy holds a few posts and a request to log in for the rest; both must be told.
        assert "login_for_more" in page.notes


class _Written(HTMLParser):
    """Addresses of anchors and pictures as another parser sees them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        wanted = {"a": ("href",), "img": ("data-original", "data-src", "src")}.get(tag, ())
        values = (dict(attrs).get(name) for name in wanted)
        first = next((one for one in values if one and not one.startswith("data:")), None)
        if first:
            self.found.add(first)


def test_hospital_pages_lose_no_link_and_no_picture(captures: dict[str, Capture]) -> None:
    written = missing = 0
    for url, capture in captures.items():
        if "kangbeijia" not in url and "decoration" not in url:
            continue
        text, _, _ = to_text(capture.body, capture.headers)
        other = _Written()
        other.feed(text)
        expected = {target for one in other.found if (target := absolute(one, url))}
        page = read(body=capture.body, url=url, headers=capture.headers, captured_at=_AT)
        assert isinstance(page, ParsedPage)
        written += len(expected)
        missing += len(expected - {link.url for link in page.links})
    assert written > 500
    assert missing <= written // 100
