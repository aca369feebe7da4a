"""From a page and a tick to the bytes that are served."""

from __future__ import annotations

import calendar
import json
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote

from attrs import frozen
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from sitefarm import adverts
from sitefarm.dice import digest
from sitefarm.records import Column, Kind, Page, Paragraph, Quirk, Seen, Sentence, Site, World

_TORN = "\ue000"
"""Stands where a lossy page has half a character; never served itself."""
_TEMPLATE_PERCENT = 97
_NEAR = 3
_DEDE_CHARSET = "gb2312"


@frozen(kw_only=True)
class Group:
    """A column with its newest articles, for home and hub pages."""

    column: Column
    pages: tuple[Page, ...]


def _marked(sentence: Sentence) -> Markup:
    """Every seventh sentence or so carries inline markup, whatever it says."""
    text = escape(sentence.text)
    if digest("mark", sentence.text) % 7 == 0:
        return Markup("<strong>{}</strong>").format(text)
    return text


def _hexed(text: str) -> Markup:
    """Text inside a quoted JS string as 公众号 pages write it: all but plain letters as \\xNN."""
    written = (f"\\x{ord(c):02x}" if c in "'\"\\<>&\n" else c for c in text)
    return Markup("".join(written))  # noqa: S704 - nothing that ends a string or a tag is left


def _json(value: Any) -> Markup:
    """A value as JSON that may stand in a script element."""
    written = json.dumps(value, ensure_ascii=False).replace("<", "\\u003c")
    return Markup(written)  # noqa: S704 - nothing that ends the element is left


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    environment.filters["marked"] = _marked
    environment.filters["hexed"] = _hexed
    environment.filters["percent_u"] = lambda text: "".join(f"%u{ord(c):04x}" for c in text)
    environment.filters["quoted"] = lambda text: quote(text, safe="")
    environment.filters["json"] = _json
    return environment


_JINJA = _environment()


def shows_template(site: Site, page: Page) -> bool:
    """Whether the site's repeated block stands on this page."""
    path = page.duplicate_of or page.path
    return bool(site.template) and digest("block", site.host, path) % 100 < _TEMPLATE_PERCENT


def articles(site: Site, column: Column, tick: int) -> list[Page]:
    """The living articles of a column, newest first."""
    found = [
        p
        for p in site.pages.values()
        if p.column == column.path
        and p.view == "article"
        and p.duplicate_of is None
        and p.alive(tick)
    ]
    return sorted(found, key=lambda p: (p.first, p.published, p.path), reverse=True)


def body(world: World, site: Site, page: Page, tick: int, *, mobile: bool = False) -> bytes:
    """The bytes of a page at a tick; a duplicate's are those of its original."""
    if page.duplicate_of is not None:
        page = site.pages[page.duplicate_of]
    if page.view == "swt":
        return _swt(world, site)
    context = _context(world, site, page, tick, mobile)
    return _encode(site, page, _JINJA.get_template(f"{site.layout}.html").render(context))


def shown(site: Site, page: Page, tick: int, *, mobile: bool) -> tuple[Paragraph, ...]:
    """What a visitor is told: the page's words, or its decoy."""
    seen = site.form(page).seen
    hidden = seen is Seen.NOBODY or (seen is Seen.MOBILE and not mobile)
    return page.decoy if hidden else page.body(tick)


def state(site: Site, page: Page, tick: int) -> bytes:
    """The data that the script of a bare page asks for."""
    words = {"title": page.title, "lines": _lines(page.body(tick)), "phone": site.entity.phone}
    return json.dumps(words, ensure_ascii=False).encode()


def ended(site: Site, page: Page) -> bytes:
    """The message (with status 200) in place of a page that has come to its end."""
    return _JINJA.get_template("ended.html").render(page=page).encode(site.charset)


def wall(site: Site, name: str) -> bytes:
    """A page that keeps a visitor out, by its name."""
    return _JINJA.get_template("wall.html").render(name=name, site=site).encode(site.charset)


def media(site: Site, page: Page) -> str:
    """The media type of a page: lists of a public account are data."""
    data = site.layout == "wechat" and page.kind is Kind.LIST
    return "application/json" if data else "text/html"


def _wechat(site: Site, page: Page, tick: int) -> str:
    turns = site.form(page).turns
    return f"{site.entity.wechat}_{tick % turns}" if turns else site.entity.wechat


def _lines(paragraphs: Sequence[Paragraph]) -> list[str]:
    return ["".join(sentence.text for sentence in paragraph) for paragraph in paragraphs]


def _context(world: World, site: Site, page: Page, tick: int, mobile: bool) -> dict[str, Any]:
    paragraphs = shown(site, page, tick, mobile=mobile)
    column = site.columns.get(page.column)
    siblings = articles(site, column, tick) if column and not column.children else []
    paths = [p.path for p in siblings]
    at = paths.index(page.path) if page.path in paths else -1
    pager = _pager(site, column) if page.kind is Kind.LIST and column else []
    return {
        "site": site,
        "page": page,
        "css": SimpleNamespace(**site.css),
        "column": column,
        "columns": [c for c in site.columns.values() if not c.children],
        "hubs": [c for c in site.columns.values() if c.children],
        "paragraphs": paragraphs,
        "lines": _lines(paragraphs),
        "results": list(adverts.results(world, site, page, tick)) if site.clicks else (),
        "origin": world.url(site.host, ""),
        "wechat": _wechat(site, page, tick),
        "block": site.template if shows_template(site, page) else (),
        "declared": None if page.quirk is Quirk.UNDECLARED else _DEDE_CHARSET,
        "torn": _TORN if page.quirk is Quirk.LOSSY else "",
        "number": digest(page.path) % 10_000,
        "before": siblings[at - 1] if at > 0 else None,
        "after": siblings[at + 1] if 0 <= at < len(siblings) - 1 else None,
        "related": _related(site, page, siblings),
        "groups": _groups(site, page, column, tick),
        "topics": [p for p in site.pages.values() if p.view == "article" and p.duplicate_of],
        "items": _items(page, column, siblings, len(pager)),
        "pager": pager,
        "total": len(siblings),
        "denied": f"{site.denied[0]}?from={digest(page.path) % 97}" if site.denied else None,
        "widget_script": f"{_widget(world, site)}/JS/LsJS.aspx?siteid=ABC12345678&float=1&lng=cn",
    }


def _pager(site: Site, column: Column) -> list[str]:
    return [
        p.path
        for p in site.pages.values()
        if p.kind is Kind.LIST and p.column == column.path and p.duplicate_of is None
    ]


def _items(
    page: Page, column: Column | None, siblings: Sequence[Page], pages: int
) -> Sequence[Page]:
    """One page of a list; the last one takes whatever is left, so late articles have a place."""
    if column is None or page.kind is not Kind.LIST:
        return ()
    start = (page.number - 1) * column.per_page
    return siblings[start:] if page.number == pages else siblings[start : start + column.per_page]


def _related(site: Site, page: Page, siblings: Sequence[Page]) -> list[Page]:
    """A few neighbours, and now and then an old address that redirects."""
    offset = digest("related", page.path) % max(1, len(siblings))
    near = [p for p in (*siblings[offset:], *siblings[:offset]) if p.path != page.path][:_NEAR]
    old = [p for p in site.redirects if p.startswith("/a/")]
    if old and digest("old", page.path) % 5 == 0:
        target = site.pages[site.redirects[old[offset % len(old)]]]
        near.append(
            Page(path=old[offset % len(old)], kind=Kind.STATUS, view="article", title=target.title)
        )
    return near


def _groups(site: Site, page: Page, column: Column | None, tick: int) -> list[Group]:
    if page.view == "hub" and column:
        chosen = [site.columns[path] for path in column.children]
    elif page.view == "home" and site.layout == "portal":
        chosen = list(site.columns.values())
    else:
        return []
    return [Group(column=c, pages=tuple(articles(site, c, tick)[:_NEAR])) for c in chosen]


def _widget(world: World, site: Site) -> str:
    return world.url(site.widget, "") if site.widget else ""


def _swt(world: World, site: Site) -> bytes:
    chat = f"{_widget(world, site)}/LR/Chatpre.aspx?id=ABC12345678&lng=cn"
    return _JINJA.get_template("swt.html").render(chat=chat).encode("gb18030")


def _encode(site: Site, page: Page, html: str) -> bytes:
    if page.quirk is Quirk.UTF8_INSIDE:
        return html.encode()
    before, mark, after = html.partition(_TORN)
    half = "版".encode("gb18030")[:1] if mark else b""
    return before.encode(site.charset) + half + after.encode(site.charset)


def absent(site: Site) -> bytes:
    """The words of a host that says "not found" with status 200."""
    return (
        _JINJA.get_template("absent.html")
        .render(css=SimpleNamespace(**site.css))
        .encode(site.charset)
    )


def month(site: Site, year: int, number: int) -> bytes:
    """One page of the endless calendar."""
    link = f"{site.calendar}?y={{}}&m={{}}"
    return (
        _JINJA.get_template("calendar.html")
        .render(
            site=site,
            year=year,
            month=number,
            weeks=calendar.monthcalendar(year, number),
            before=link.format(*((year, number - 1) if number > 1 else (year - 1, 12))),
            after=link.format(*((year, number + 1) if number < 12 else (year + 1, 1))),
        )
        .encode()
    )


def menu_script(site: Site) -> bytes:
    """The navigation of an old site, written line by line by a script."""
    links = [
        f'document.writeln("<li><a href=\\"{c.path}\\">{c.title}<\\/a><\\/li>");'
        for c in site.columns.values()
        if not c.hub
    ]
    lines = [
        f'document.writeln("<div class=\\"{site.css["nav"]}\\"><ul>");',
        'document.writeln("<li><a href=\\"/\\">首页<\\/a><\\/li>");',
        *links,
        'document.writeln("<\\/ul><\\/div>");',
    ]
    return "\n".join(lines).encode(site.charset)


def chat_script(world: World, site: Site) -> bytes:
    """The script that opens the consult window; its addresses must never be asked."""
    chat = f"{_widget(world, site)}/LR/Chatpre.aspx?id=ABC12345678&lng=cn"
    text = f'function openZoosUrl(w){{window.open("{chat}&r="+escape(document.referrer),w);}}\n'
    return text.encode(site.charset)
