"""Payloads as text: content codings with a limit, charsets, likeness of pages."""

from __future__ import annotations

import gzip

import pytest

from domain.errors import EvidenceError
from evidence import content

PAGE = "<html><body><p>青禾门诊部开展种植牙、正畸、美白等项目，欢迎前来咨询预约。</p></body></html>"


def test_a_payload_that_cannot_be_decoded_is_an_evidence_error() -> None:
    assert content.decoded(gzip.compress(b"x"), (("Content-Encoding", "gzip"),)) == b"x"
    with pytest.raises(EvidenceError, match="无法解码"):
        content.decoded(b"not gzip", (("Content-Encoding", "gzip"),))


def test_visible_text_leaves_out_what_is_not_shown() -> None:
    html = "<title>t</title><style>s</style><p>甲</p>\n<script>x</script><p>乙 丙</p><!-- c -->"
    assert content.visible_text(html) == "甲 乙 丙"
    assert content.visible_text("") == ""


def test_likeness() -> None:
    other = "<body>请先登录后再查看本页内容，登录即表示同意用户协议与隐私政策条款。</body>"
    assert content.likeness(PAGE, PAGE) == 1.0
    assert (content.likeness(PAGE, other) or 0) < 0.3
    assert (content.likeness(PAGE, PAGE.replace("<body>", "<body><h1>今日公告</h1>")) or 0) > 0.9
    assert content.likeness("", "") is None


def test_a_page_whose_words_are_in_its_scripts_is_compared_by_them() -> None:
    words = "青禾门诊部开展种植牙正畸美白等项目欢迎前来咨询预约"
    escaped = words.encode("ascii", "backslashreplace").decode()
    shell = f'<body><div id=app></div><script>render("{escaped}")</script></body>'
    assert content.likeness(shell, f"<body>{words}</body>") == 1.0
    wall = "<body>请完成验证码以继续访问此网站否则将无法显示任何内容谢谢配合</body>"
    assert content.likeness(shell, wall) == 0.0
