"""Platforms and landing builders that keep their words in scripts; identity without click ids."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from crawlers.pages import read
from domain.outcomes import Outcome
from domain.pages import BlockPage, ParsedPage, Reading

_AT = datetime(2026, 3, 2, tzinfo=UTC)
_WORDS = "青禾焕肤中心玻尿酸面诊日记，医生说一次定型永不反弹"


def _read(script: str, url: str = "https://note.test/explore/0123") -> Reading:
    html = f'<html><title></title><body><div id="app"></div>{script}</body></html>'
    return read(body=html.encode(), url=url, headers=(), captured_at=_AT)


_NOTE = {"id": "n1", "title": "面诊日记", "desc": _WORDS, "user": {"nickname": "小禾"},
         "time": 1769905800000, "imageList": [{"urlDefault": "http://pic.test/1.jpg"}]}  # fmt: skip


@pytest.mark.parametrize(
    ("script", "extractor"),
    [
        (
            "<script>window.__INITIAL_STATE__={user:undefined,i18n:{ok:'确定并继续访问本站内容页面吗'},"
            f"note:{{noteDetailMap:{{n1:{{note:{json.dumps(_NOTE)}}}}}}}}}</script>",
            "__INITIAL_STATE__",
        ),
        (
            f"<script>window._ROUTER_DATA = {json.dumps({'video_(id)/page': _NOTE})};</script>",
            "_ROUTER_DATA",
        ),
        (
            f'<script id="RENDER_DATA" type="application/json">{quote(json.dumps(_NOTE))}</script>',
            "RENDER_DATA",
        ),
        (
            f'<script id="js-initialData" type="text/json">{json.dumps(_NOTE)}</script>',
            "js-initialData",
        ),
        (
            f"<script>var $render_data = [{json.dumps(_NOTE)}][0] || {{}};</script>",
            "$render_data",
        ),
    ],
    ids=lambda value: value if len(value) < 20 else "",
)
def test_a_post_is_read_from_its_state(script: str, extractor: str) -> None:
    page = _read(script)
    assert isinstance(page, ParsedPage), page
    assert page.extractor == extractor
    assert page.text.splitlines() == ["面诊日记", "面诊日记", _WORDS, "小禾"]
    assert (page.title, page.author) == ("面诊日记", "小禾")
    assert page.published_at == datetime(2026, 2, 1, 0, 30, tzinfo=UTC)
    assert [link.url for link in page.links] == ["http://pic.test/1.jpg"]
    assert all(page.text[block.start : block.end] == block.text for block in page.blocks)


@pytest.mark.parametrize(
    "script",
    [
        "<script>window.__INITIAL_STATE__={note:{}}</script>",
        f"<script>window.other={{desc:'{_WORDS}'}}</script>",
        f"<script>window.__INITIAL_STATE__={{i18n:{{ok:'{_WORDS}'}}}}</script>",
        f"<script>window.__INITIAL_STATE__={{desc:'{_WORDS}'</script>",
    ],
)
def test_a_shell_without_content_stays_a_gap(script: str) -> None:
    page = _read(script)
    assert isinstance(page, BlockPage)
    assert page.outcome is Outcome.EMPTY_SHELL


@pytest.mark.parametrize(
    ("url", "identity", "note"),
    [
        (
            "https://isite.test/site/wjzab12c/0123-4567-89ab?fid=1&bd_vid=2&ch=4#bd-1",
            "https://isite.test/site/wjzab12c/0123-4567-89ab",
            "landing:jimuyu:wjzab12c/0123-4567-89ab",
        ),
        (
            "https://tetris.test/tetris/page/7012345678901234567/?clickid=__CLICKID__&ad_id=1",
            "https://tetris.test/tetris/page/7012345678901234567",
            "landing:chengzi:7012345678901234567",
        ),
        (
            "https://xj.test/xjviewer/nemo/112233/9/8?_wv=1&click_ext=e30",
            "https://xj.test/xjviewer/nemo/112233",
            "landing:xijing:112233",
        ),
    ],
)
def test_a_landing_page_is_one_page_however_it_is_advertised(
    url: str, identity: str, note: str
) -> None:
    data = json.dumps({"bricks": [{"type": "text", "content": _WORDS}]})
    page = _read(f"<script>window.__pData = {data}</script>", url)
    assert isinstance(page, ParsedPage)
    assert page.canonical_url == identity
    assert note in page.notes
    assert ("ad_macros" in page.notes) is ("__CLICKID__" in url)
    assert _WORDS in page.text
