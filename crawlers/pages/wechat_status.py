"""WeChat pages that are no article: ends of articles (lifecycle) and the page about an account."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from selectolax.lexbor import LexborHTMLParser, LexborNode

from crawlers.canonical import canonical_url
from crawlers.pages import markup
from crawlers.pages.blocks import joined, piece
from crawlers.pages.signals import refusal
from domain.outcomes import Outcome
from domain.pages import (
    BlockPage,
    Identifier,
    IdentifierKind,
    Origin,
    PageKind,
    ParsedPage,
    StatusPage,
)
from language.identifiers import identifiers

_STATES = (
    (Outcome.DELETED_BY_AUTHOR, r"已被(?:发布者|作者)删除|deleted by the (?:author|publisher)"),
    (
        Outcome.REMOVED_VIOLATION,
        r"违(?:规|反).{0,30}(?:无法查看|停止访问)|被投诉.{0,30}(?:无法查看|停止访问)|"
        r"涉嫌.{0,30}(?:停止访问|无法查看)|发送失败.{0,10}无法查看|"
        r"(?:violat|complain).{0,80}(?:view|access)|(?:view|access).{0,80}(?:violat|complain)",
    ),
    (Outcome.EXPIRED_LINK, r"链接已过期|link (?:has )?expired"),
    (
        Outcome.ACCOUNT_GONE,
        r"(?:[帐账]号|公众号).{0,12}(?:已.{0,4}注销|被冻结|已冻结|迁移|被封|被屏蔽|已停用)|自主注销|"
        r"account.{0,40}(?:cancel|frozen|migrated|blocked|suspended)",
    ),
    (
        Outcome.TEMPORARILY_UNAVAILABLE,
        r"暂时无法查看|temporarily unavailable|系统出错|系统繁忙|未知错误",
    ),
    (Outcome.DELETED, r"内容(?:不存在|已删除)|参数错误|页面不存在"),
)
_COMPILED = tuple((outcome, re.compile(words, re.IGNORECASE)) for outcome, words in _STATES)
_MESSAGE = ".weui-msg, .mesg-block, .weui_msg, .icon_msg, .page_msg, .global_error_msg"
_TITLE = ".weui-msg__title, .weui_msg_title, .mesg-block, .global_error_msg"
_REASON = ".weui-msg__desc, .weui_msg_desc, .tips"
_SUBJECT = ("认证主体", "账号主体", "帐号主体", "主体名称", "主体")
_ACCOUNT_ID = "微信号"
_RENAMES = ("名称记录", "曾用名", "更名记录")


def status_of(text: str, url: str) -> StatusPage | BlockPage | None:
    """What a message page says about its article (markup without scripts). All come with 200."""
    tree = markup.parse(text)
    message = tree.css_first(_MESSAGE)
    title = _words(tree.css_first("title"))
    whole = _words(message) or title
    refused = refusal(url=url, title=title, markup=text, words=_words(tree.body))
    if isinstance(refused, BlockPage):
        return refused
    for outcome, expression in _COMPILED:
        if message is not None and expression.search(whole):
            return StatusPage(outcome=outcome, reason=_reason(tree) or whole[:200])
    if message is not None:
        return BlockPage(outcome=Outcome.SOFT_BLOCK, reason=f"微信提示页：{whole[:200]}")
    return None


def account_page(
    text: str, *, page: str, url: str, charset: str, notes: Sequence[str]
) -> ParsedPage | None:
    """The page 关于公众号 (markup without scripts): who stands behind an account, former names."""
    about = markup.parse(text).css_first(".about-page")
    if about is None:
        return None
    facts = list(_facts(about))
    pieces = [
        made
        for name, value in facts
        if (made := piece(f"{name}：{value}" if value else name, Origin.DOM, f".about-page>{name}"))
    ]
    whole, blocks = joined(pieces)
    stated = dict(reversed(facts))
    wechat = stated.get(_ACCOUNT_ID, "")
    subject = next((stated[name] for name in _SUBJECT if stated.get(name)), None)
    own = (Identifier(kind=IdentifierKind.WECHAT, value=wechat),) if wechat else ()
    found = tuple(one for one in identifiers(whole) if one.value.lower() != wechat.lower())
    renames = tuple(f"renamed:{value}" for name, value in facts if name in _RENAMES and value)
    return ParsedPage(
        page=page,
        canonical_url=canonical_url(url),
        kind=PageKind.ACCOUNT,
        title=f"关于公众号 {wechat}".strip(),
        text=whole,
        blocks=blocks,
        identifiers=(*own, *found),
        account=stated.get("名称") or wechat or None,
        subject_hint=subject,
        charset=charset,
        extractor="about-page",
        notes=(*notes, *renames),
    )


def _facts(about: LexborNode) -> Iterator[tuple[str, str]]:
    """Pairs (name, one line of its value) of the page, in order; a name alone has value ""."""
    heading = ""
    for item in about.css(".item-info"):
        name = _words(item.css_first(".item-title")) or heading
        descriptions = item.css(".item-desc")
        lines = [line for one in descriptions for line in _lines(one)]
        if not lines:
            heading = name
            yield name, ""
        yield from ((name, line) for line in lines)


def _lines(node: LexborNode) -> Iterator[str]:
    paragraphs = node.css("p, li") or [node]
    return (words for one in paragraphs if (words := _words(one)))


def _reason(tree: LexborHTMLParser) -> str:
    parts = [_words(tree.css_first(selector)) for selector in (_TITLE, _REASON)]
    return "：".join(dict.fromkeys(part for part in parts if part))[:500]


def _words(node: LexborNode | None) -> str:
    return " ".join(node.text(deep=True, separator=" ").split()) if node is not None else ""
