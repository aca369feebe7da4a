"""JavaScript literals as data: objects, arrays, strings and the few operators that pages put
between them. Nothing is evaluated that the page could choose."""

from __future__ import annotations

import math
import re
from typing import Final

from crawlers.pages.scripts import literal

JsValue = str | float | bool | None | list["JsValue"] | dict[str, "JsValue"]

_MAX_DEPTH: Final = 64
_TOKEN = re.compile(
    r"(?:\s+|//[^\n]*|/\*.*?\*/)*+(?:"
    r"(?P<string>\"(?:[^\"\\]+|\\.)*+\"|'(?:[^'\\]+|\\.)*+'|`(?:[^`\\]+|\\.)*+`)"
    r"|(?P<number>0[xX][0-9a-fA-F]{1,12}|\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)"
    r"|(?P<name>[A-Za-z_$][\w$]*)"
    r"|(?P<mark>\|\||&&|[{}\[\](),:;*+?.!-]))",
    re.DOTALL,
)
_WORDS: dict[str, JsValue] = {
    "true": True,
    "false": False,
    "null": None,
    "undefined": None,
    "NaN": math.nan,
}


class NotLiteral(ValueError):
    """The source is no literal of the known forms at this place."""


def read_literal(source: str, start: int) -> JsValue:
    """The value that begins at `start`. Raises NotLiteral.

    Understood: strings, numbers, arrays, objects with bare or quoted keys, comments, trailing
    commas, `x * 1` (text to number; not a number is 0), `a || b`, `a + b`, `a ? b : c`, and calls
    such as `JsDecode('…')` or `'…'.html(false)`, which stand for the text they are given.
    """
    return _Reader(source, start).value()


class _Reader:
    def __init__(self, source: str, start: int) -> None:
        self._source = source
        self._at = start
        self._depth = 0
        self._token: re.Match[str] | None = None
        self._next()

    def value(self) -> JsValue:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise NotLiteral("nested too deeply")
        value = self._primary()
        while self._mark() in ("*", "||", "&&", "+", "?", "."):
            value = self._continued(value)
        self._depth -= 1
        return value

    def _continued(self, value: JsValue) -> JsValue:
        mark = self._mark()
        self._next()
        if mark == "?":
            chosen = self.value()
            self._expect(":")
            other = self.value()
            return chosen if _true(value) else other
        if mark == ".":
            return self._method(value)
        right = self._primary()
        if mark == "||":
            return value if _true(value) else right
        if mark == "&&":
            return right if _true(value) else value
        if mark == "*":
            return _number(value) * _number(right)
        return _text(value) + _text(right)

    def _method(self, value: JsValue) -> JsValue:
        self._next()
        if self._mark() == "(":
            self._next()
            self._items(")")
        return value

    def _primary(self) -> JsValue:
        token = self._token
        if token is None:
            raise NotLiteral("unexpected end")
        if token.lastgroup == "string":
            self._next()
            return literal(token["string"])
        if token.lastgroup == "number":
            self._next()
            text = token["number"]
            return float(int(text, 16)) if text[:2] in ("0x", "0X") else float(text)
        if token.lastgroup == "name":
            return self._named(token["name"])
        return self._compound(token["mark"])

    def _named(self, name: str) -> JsValue:
        self._next()
        if self._mark() == "(":
            self._next()
            arguments = self._items(")")
            return arguments[0] if arguments else None
        return _WORDS.get(name)

    def _compound(self, mark: str) -> JsValue:
        self._next()
        if mark == "{":
            return self._object()
        if mark == "[":
            return self._items("]")
        if mark == "(":
            value = self.value()
            self._expect(")")
            return value
        if mark in ("-", "+"):
            return _number(self.value()) * (-1 if mark == "-" else 1)
        if mark == "!":
            return not _true(self.value())
        raise NotLiteral(f"unexpected {mark}")

    def _object(self) -> dict[str, JsValue]:
        found: dict[str, JsValue] = {}
        while self._mark() != "}":
            key = self._key()
            self._expect(":")
            found[key] = self.value()
            self._skip_comma("}")
        self._next()
        return found

    def _key(self) -> str:
        token = self._token
        if token is None or token["mark"]:
            raise NotLiteral("a key is missing")
        self._next()
        return literal(token["string"]) if token["string"] else token["name"] or token["number"]

    def _items(self, end: str) -> list[JsValue]:
        found: list[JsValue] = []
        while self._mark() != end:
            found.append(self.value())
            self._skip_comma(end)
        self._next()
        return found

    def _skip_comma(self, end: str) -> None:
        if self._mark() == ",":
            self._next()
        elif self._mark() != end:
            raise NotLiteral(f"expected , or {end}")

    def _expect(self, mark: str) -> None:
        if self._mark() != mark:
            raise NotLiteral(f"expected {mark}")
        self._next()

    def _mark(self) -> str | None:
        return self._token["mark"] if self._token is not None else None

    def _next(self) -> None:
        self._token = _TOKEN.match(self._source, self._at)
        if self._token is not None:
            self._at = self._token.end()


def _true(value: JsValue) -> bool:
    if isinstance(value, float):
        return value != 0 and not math.isnan(value)
    return value not in (None, "", False)


def _number(value: JsValue) -> float:
    if isinstance(value, str | float | bool):
        try:
            number = float(value or 0)
        except ValueError:
            return 0.0
        return number if math.isfinite(number) else 0.0
    return 0.0


def _text(value: JsValue) -> str:
    if isinstance(value, float):
        return f"{value:.15g}"
    return value if isinstance(value, str) else ""
