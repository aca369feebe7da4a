"""Bytes to a reading: decode, tell what sort of thing it is, hand it to its parser."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from crawlers.pages.attachments import read_attachment
from crawlers.pages.data import read_data
from crawlers.pages.feeds import is_feed, read_feed_page
from crawlers.pages.landing import as_landing
from crawlers.pages.media import content_type, unreadable
from crawlers.pages.pictures import read_picture
from crawlers.pages.platforms import read_platform
from crawlers.pages.script_state import read_state
from crawlers.pages.search_results import as_search_results
from crawlers.pages.site import read_site
from crawlers.pages.wechat import is_wechat, read_wechat
from crawlers.pages.wechat_lists import read_list
from domain.outcomes import Outcome
from domain.pages import BlockPage, ParsedPage, Reading
from language.charset import to_text
from language.decoding import BadContent, decode_body


def read(
    *, body: bytes, url: str, headers: Sequence[tuple[str, str]], captured_at: datetime
) -> Reading:
    """What a capture says. Pure; `body` is the payload before content decoding.

    A page without readable text never comes back as an empty page: it is a block page or a
    status page with the reason, or a page with a note (`image_only`, `little_text`).
    """
    decoded = decode_body(headers, body)
    if isinstance(decoded, BadContent):
        return BlockPage(outcome=Outcome.BAD_CONTENT, reason=decoded.reason)
    other = (
        read_picture(decoded, url) or read_attachment(decoded, url) or unreadable(decoded, headers)
    )
    if other is not None:
        return other
    text, charset, notes = to_text(decoded, headers)
    media = content_type(headers)
    reading = _of_form(text=text, url=url, media=media, charset=charset, notes=notes)
    if reading is not None:
        return reading
    platform = read_platform(
        text=text, url=url, captured_at=captured_at, charset=charset, notes=notes
    )
    if platform is not None:
        return platform
    page = read_site(text=text, url=url, captured_at=captured_at, charset=charset, notes=notes)
    if isinstance(page, BlockPage) and page.outcome is Outcome.EMPTY_SHELL:
        page = read_state(text=text, url=url, charset=charset, notes=notes) or page
    if isinstance(page, ParsedPage):
        page = as_landing(as_search_results(page, text, url), url)
    return page


def _of_form(
    *, text: str, url: str, media: str, charset: str, notes: tuple[str, ...]
) -> Reading | None:
    """A body whose form tells what it is; None for a page of any site."""
    if is_feed(text):
        return read_feed_page(text=text, url=url, charset=charset, notes=notes)
    reading = read_list(text=text, url=url, charset=charset, notes=notes) or read_data(
        text=text, url=url, media=media, charset=charset, notes=notes
    )
    if reading is None and is_wechat(text, url):
        reading = read_wechat(text=text, url=url, charset=charset, notes=notes)
    return reading
