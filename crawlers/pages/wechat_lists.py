"""Lists of articles and accounts that public accounts answer as JSON (sources.md §1.1–1.2)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import frozen

from crawlers.canonical import canonical_url
from crawlers.pages.addresses import absolute
from crawlers.pages.blocks import Piece, joined, piece
from domain.outcomes import Outcome
from domain.pages import (
    BlockPage,
    Identifier,
    IdentifierKind,
    Link,
    Origin,
    PageKind,
    ParsedPage,
    StatusPage,
)
from language.identifiers import identifiers

PAGE = "wechat_list@1"
_PROFILE = "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz="
_REFUSALS = {
    200003: (Outcome.LOGIN_WALL, "会话已过期"),
    200013: (Outcome.THROTTLED, "操作过于频繁"),
    200040: (Outcome.LOGIN_WALL, "会话无效"),
}
_MOST = 2_000


@frozen(kw_only=True)
class Listed:
    """One article in a list. `gone`: the list itself says that it was deleted."""

    title: str
    url: str
    digest: str = ""
    gone: bool = False


@frozen(kw_only=True)
class Account:
    """One account in the answer to a search for accounts."""

    name: str
    biz: str
    alias: str
    signature: str


@frozen(kw_only=True)
class ArticleList:
    """What such an answer holds; `more` is the address of the next part."""

    articles: tuple[Listed, ...] = ()
    accounts: tuple[Account, ...] = ()
    account: str | None = None
    title: str = ""
    more: str | None = None


def article_list(text: str, url: str) -> ArticleList | StatusPage | BlockPage | None:
    """The list in an answer; None for JSON that is no list of a public account.

    Known: albums, homepage templates, and saved answers of the account owner's back office
    (`appmsgpublish`, `searchbiz`) and of the app (`getmsg`), which come by import alone.
    """
    value = _object(text)
    for reader in (_album, _homepage, _published, _searched, _messages):
        found = reader(value, url)
        if found is not None:
            return found
    if "base_resp" in value:
        return _refused(_member(value, "base_resp"))
    return None


def read_list(
    *, text: str, url: str, charset: str, notes: Sequence[str]
) -> ParsedPage | StatusPage | BlockPage | None:
    """The same as a page of its own: titles and digests as text, articles as links."""
    found = article_list(text, url)
    if not isinstance(found, ArticleList):
        return found
    if not found.articles and not found.accounts:
        return StatusPage(outcome=Outcome.OK, reason="公众号列表是空的")
    whole, blocks = joined(_pieces(found))
    known = {found.title} if found.title else set()
    return ParsedPage(
        page=PAGE,
        canonical_url=canonical_url(url),
        kind=PageKind.LISTING,
        title=" ".join([*known, found.account or ""]).strip() or "公众号列表",
        text=whole,
        blocks=blocks,
        links=tuple(list_links(found)),
        identifiers=(
            *identifiers(whole),
            *(
                Identifier(kind=IdentifierKind.WECHAT, value=one.alias)
                for one in found.accounts
                if one.alias
            ),
        ),
        account=found.account,
        charset=charset,
        extractor="json",
        notes=tuple(notes),
    )


def list_links(found: ArticleList) -> Iterator[Link]:
    """Articles ("article", or "deleted" where the list says so), accounts, and the next part."""
    for one in found.articles:
        yield Link(url=one.url, text=one.title, rel="deleted" if one.gone else "article")
    for account in found.accounts:
        url = absolute(_PROFILE + account.biz, "")
        if url:
            yield Link(url=url, text=account.name, rel="account")
    if found.more:
        yield Link(url=found.more, rel="next")


def _pieces(found: ArticleList) -> Iterator[Piece]:
    rows = [(one.title, one.digest) for one in found.articles]
    rows += [(one.name, one.signature) for one in found.accounts]
    for number, row in enumerate(rows):
        for name, words in zip(("title", "digest"), row, strict=True):
            made = piece(words, Origin.JS_STATE, f"[{number}].{name}", linked=name == "title")
            if made is not None:
                yield made


def _album(value: dict[str, object], url: str) -> ArticleList | None:
    album = _member(value, "getalbum_resp")
    if not album:
        return None
    about = _member(album, "base_info")
    # The list of an album with one article is that article itself, not a list.
    listed = _items(album, "article_list") or [_member(album, "article_list")]
    last = listed[-1]
    goes_on = _text(album, "continue_flag") == "1" and _text(last, "msgid")
    return ArticleList(
        articles=_articles(listed, url, link="url"),
        account=_text(about, "nickname") or None,
        title=_text(about, "title"),
        more=_next_part(url, last) if goes_on else None,
    )


def _next_part(url: str, last: dict[str, object]) -> str:
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    query |= {"begin_msgid": _text(last, "msgid"), "begin_itemidx": _text(last, "itemidx") or "1"}
    return canonical_url(parts._replace(query=urlencode(query), fragment="").geturl())


def _homepage(value: dict[str, object], url: str) -> ArticleList | None:
    listed = _items(value, "appmsg_list")
    return ArticleList(articles=_articles(listed, url, link="link")) if listed else None


def _published(value: dict[str, object], url: str) -> ArticleList | None:
    if "publish_page" not in value:
        return None
    sent = _items(_inner(value, "publish_page"), "publish_list")
    entries = (_items(_inner(one, "publish_info"), "appmsgex") for one in sent)
    return ArticleList(articles=_articles([x for some in entries for x in some], url, link="link"))


def _searched(value: dict[str, object], _url: str) -> ArticleList | None:
    listed = [one for one in _items(value, "list") if "fakeid" in one]
    accounts = tuple(
        Account(
            name=_text(one, "nickname"),
            biz=_text(one, "fakeid"),
            alias=_text(one, "alias"),
            signature=_text(one, "signature"),
        )
        for one in listed
    )
    return ArticleList(accounts=accounts) if accounts else None


def _messages(value: dict[str, object], url: str) -> ArticleList | None:
    if "general_msg_list" not in value:
        return None
    listed: list[dict[str, object]] = []
    for message in _items(_inner(value, "general_msg_list"), "list"):
        head = _member(message, "app_msg_ext_info")
        listed += [head, *_items(head, "multi_app_msg_item_list")]
    return ArticleList(articles=_articles(listed, url, link="content_url"))


def _articles(listed: Sequence[dict[str, object]], url: str, *, link: str) -> tuple[Listed, ...]:
    found: dict[str, Listed] = {}
    for one in listed[:_MOST]:
        target = absolute(_text(one, link).replace("&amp;", "&"), url)
        if target is None:
            continue
        found.setdefault(
            target,
            Listed(
                title=_text(one, "title"),
                url=target,
                digest=_text(one, "digest"),
                gone=_text(one, "is_deleted") in ("1", "True") or _text(one, "del_flag") == "4",
            ),
        )
    return tuple(found.values())


def _refused(answer: dict[str, object]) -> BlockPage | None:
    code = _text(answer, "ret")
    if code in ("", "0"):
        return None
    outcome, words = _REFUSALS.get(
        int(code) if code.lstrip("-").isdigit() else 0, (Outcome.SOFT_BLOCK, "接口拒绝")
    )
    return BlockPage(outcome=outcome, reason=f"公众号接口：{words}（ret {code[:20]}）")


def _object(text: str) -> dict[str, object]:
    text = text.lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return {}
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _inner(value: dict[str, object], key: str) -> dict[str, object]:
    """A member that is an object, or the text of one."""
    member = value.get(key)
    return _object(member) if isinstance(member, str) else _member(value, key)


def _member(value: dict[str, object], key: str) -> dict[str, object]:
    member = value.get(key)
    return member if isinstance(member, dict) else {}


def _items(value: dict[str, object], key: str) -> list[dict[str, object]]:
    member = value.get(key)
    items = member if isinstance(member, list) else []
    return [one for one in items if isinstance(one, dict)]


def _text(value: dict[str, object], key: str) -> str:
    member = value.get(key)
    return str(member).strip() if isinstance(member, str | int) else ""
