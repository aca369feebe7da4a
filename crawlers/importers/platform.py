"""JSON from platforms: data handed over on demand, and saved answers of public accounts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path

from crawlers.canonical import split
from crawlers.importers.records import MAX_BODY, TOO_LONG, ImportOptions, ImportRecord, imported
from crawlers.importers.saved import file_time
from crawlers.importers.scrub import scrub
from crawlers.pages.dates import moment_of, unix_moment
from crawlers.pages.wechat_lists import ArticleList, article_list
from domain.captures import Acquisition
from domain.pages import BlockPage
from language.charset import to_text

_WECHAT = "https://mp.weixin.qq.com/"
_JSON = (("Content-Type", "application/json; charset=utf-8"),)
_ADDRESSES = ("url", "link", "landing_url", "page_url", "content_url", "share_url", "网址", "链接",
              "落地页", "落地页链接", "投放链接")  # fmt: skip
_MOMENTS = ("captured_at", "seen_at", "publish_time", "published_at", "create_time", "created_at",
            "time", "采集时间", "投放时间", "发布时间")  # fmt: skip
_LISTS = ("data", "list", "items", "records", "rows", "result", "ads", "notes", "articles")
_MOST = 100_000
_UNKNOWN = "JSON 文件，但不是 HAR、JSON Feed 或带网址的平台数据；整份导入请用 --url 说明来源"


def read_platform(path: Path, *, options: ImportOptions) -> Iterator[ImportRecord]:
    """Each record of a JSON file, or of JSON lines, that has an address, as a capture of itself.

    Lists of public accounts (albums, back office and app answers) give the addresses of their
    articles. With `options.url` the whole file is one capture of that address.
    """
    text, _, _ = to_text(path.read_bytes())
    if options.url:
        moment = options.captured_at or file_time(path)
        yield _capture(options.url, text, path.name, moment, f"平台数据文件 {path.name}")
        return
    listed = article_list(text, _WECHAT)
    if isinstance(listed, BlockPage):
        yield ImportRecord(record=path.name, error=f"{path.name}：{listed.reason}")
    elif isinstance(listed, ArticleList):
        yield from listed_articles(listed, path.name)
        if not listed.articles:
            yield ImportRecord(record=path.name, error=f"{path.name}：公众号列表里没有文章")
    else:
        yield from _records(text, path, options)


def listed_articles(listed: ArticleList, name: str) -> Iterator[ImportRecord]:
    """The articles of a list as addresses to visit; one that the list calls deleted is an error."""
    for number, article in enumerate(listed.articles, start=1):
        place = f"{name} 第 {number} 条"
        url = scrub(article.url, ()).url
        if article.gone:
            reason = f"{place}：列表注明此文已删除，不再采集（{article.title[:40]}）"
            yield ImportRecord(record=place, url=url, error=reason)
        else:
            yield ImportRecord(record=place, url=url, request=True)


def _records(text: str, path: Path, options: ImportOptions) -> Iterator[ImportRecord]:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    origin = f"摘自平台数据文件 {path.name}（SHA-256 {digest}）"
    found = False
    for number, value in enumerate(_values(text), start=1):
        place = f"{path.name} 第 {number} 条"
        if number > _MOST:
            yield ImportRecord(record=place, error=f"{path.name}：超过 {_MOST} 条，其余未读")
            return
        found = True
        if not isinstance(value, dict):
            yield ImportRecord(record=place, error=f"{place}：不是一条完整的 JSON 记录")
            continue
        url = next((str(value[key]) for key in _ADDRESSES if value.get(key)), "")
        if split(url) is None:
            reason = f"{place}：没有可用的网址（需要 url、link 或“网址”一列）"
            yield ImportRecord(record=place, error=reason)
            continue
        moment = options.captured_at or _moment(value) or file_time(path)
        yield _capture(url, json.dumps(value, ensure_ascii=False), place, moment, origin)
    if not found:
        yield ImportRecord(record=path.name, error=f"{path.name}：{_UNKNOWN}")


def _values(text: str) -> Iterator[object]:
    """The records of an array, of the one list in an object, or of JSON lines."""
    try:
        value = json.loads(text)
    except RecursionError:
        yield None
        return
    except ValueError:
        yield from _lines(text)
        return
    if isinstance(value, dict) and any(value.get(key) for key in _ADDRESSES):
        value = [value]
    if isinstance(value, dict):
        value = next((value[key] for key in _LISTS if isinstance(value.get(key), list)), [])
    if isinstance(value, list):
        yield from value


def _lines(text: str) -> Iterator[object]:
    for line in text.splitlines():
        if line.strip():
            try:
                yield json.loads(line)
            except (ValueError, RecursionError):
                yield None


def _moment(value: Mapping[str, object]) -> datetime | None:
    for key in _MOMENTS:
        written = str(value.get(key) or "")
        moment = unix_moment(written) or moment_of(written)
        if moment is not None:
            return moment
    return None


def _capture(url: str, text: str, place: str, moment: datetime, origin: str) -> ImportRecord:
    if split(url) is None:
        return ImportRecord(record=place, url=url, error=f"{place}：网址无效（{url[:200]}）")
    clean = scrub(url, _JSON, text.encode("utf-8", "replace"))
    if len(clean.body) > MAX_BODY:
        return ImportRecord(record=place, url=clean.url, error=f"{place}：{TOO_LONG}")
    capture = imported(
        url=clean.url,
        captured_at=moment,
        acquisition=Acquisition.PLATFORM,
        body=clean.body,
        headers=clean.headers,
        note="；".join(note for note in (origin, clean.note) if note),
    )
    return ImportRecord(record=place, url=clean.url, capture=capture)
