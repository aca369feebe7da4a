"""What a WeChat article page keeps in its scripts, in the forms of 2018 to 2026."""

from __future__ import annotations

import html
import re

from attrs import frozen

from crawlers.pages.literals import JsValue, NotLiteral, read_literal

_CURRENT = re.compile(r"\bwindow\.cgiDataNew\s*=(?!=)")
# Older pages set one variable a value; the names on the right are those of the current form.
_LEGACY = {
    "biz": "bizuin",
    "mid": "mid",
    "idx": "idx",
    "sn": "sn",
    "ct": "ori_create_time",
    "publish_time": "create_time",
    "nickname": "nick_name",
    "user_name": "user_name",
    "msg_title": "title",
    "msg_desc": "desc",
    "msg_cdn_url": "cdn_url",
    "msg_source_url": "source_url",
    "item_show_type": "item_show_type",
}
_VARIABLE = re.compile(rf"(?:\bvar\s+|\bwindow\.)({'|'.join(_LEGACY)})\s*=(?!=)")


@frozen(kw_only=True)
class State:
    """The variables of an article. `extractor` names the form they were read from."""

    values: dict[str, JsValue]
    extractor: str

    def text(self, *path: str) -> str:
        """The value at a path as text: entities resolved, "" where it is missing or empty."""
        value = self.value(*path)
        if isinstance(value, float):
            return f"{value:.15g}" if value else ""
        return html.unescape(value).strip() if isinstance(value, str) else ""

    def number(self, *path: str) -> int:
        """The value at a path as a whole number, 0 where it is none."""
        text = self.text(*path)
        return int(text) if text.isdecimal() and len(text) < 16 else 0

    def items(self, *path: str) -> list[dict[str, JsValue]]:
        """The objects in the array at a path."""
        value = self.value(*path)
        members = value if isinstance(value, list) else []
        return [member for member in members if isinstance(member, dict)]

    def value(self, *path: str) -> JsValue:
        """The value at a path as it was written, None where it is missing."""
        value: JsValue = self.values
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return value


def article_state(page: str) -> State | None:
    """The state of an article page; None for a page that carries none."""
    found = _CURRENT.search(page)
    if found:
        try:
            value = read_literal(page, found.end())
        except NotLiteral:
            value = None
        if isinstance(value, dict):
            return State(values=value, extractor="cgiDataNew")
    return _legacy(page)


def _legacy(page: str) -> State | None:
    values: dict[str, JsValue] = {}
    for match in _VARIABLE.finditer(page):
        name = _LEGACY[match[1]]
        if values.get(name):
            continue
        try:
            value = read_literal(page, match.end())
        except NotLiteral:
            continue
        if isinstance(value, str | float) and value:
            values[name] = value
    return State(values=values, extractor="var") if values.get("bizuin") else None
