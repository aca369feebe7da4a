"""String literals of scripts, read without running anything."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from urllib.parse import unquote

_STRING = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`"
_TOKEN = re.compile(
    rf"(?P<string>{_STRING})|//[^\n]*|/\*.*?(?:\*/|\Z)"
    r"|(?P<write>\bdocument\s*\.\s*write(?:ln)?\s*\()|(?P<html>\.(?:inner|outer)HTML\s*\+?=)"
    r"|(?P<decode>\b(?:unescape|decodeURIComponent|atob)\s*\()|(?P<mark>[()=;])",
    re.DOTALL,
)
_ESCAPE = re.compile(
    r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|(\r?\n)|(.))", re.DOTALL
)
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "v": "\v", "0": ""}
_PERCENT_U = re.compile(r"%u([0-9a-fA-F]{4})")
_SURROGATES = re.compile("[\ud800-\udbff][\udc00-\udfff]|[\ud800-\udfff]")
_PAGE = re.compile(
    r"\A(?:https?://[\w.:-]+|\.{0,2})/?[\w/.%~-]*"
    r"(?:\.(?:s?html?|php|aspx?|jsp)(?:\?[^\s\"'<>]*)?|/)\Z",
    re.ASCII,
)
_MAX_ADDRESS = 500


def literal(source: str) -> str:
    """The text of a quoted JS string literal (quotes included in `source`)."""
    body = source[1:-1]
    if "\\" not in body:
        return body
    return paired(_ESCAPE.sub(_character, body))


def paired(text: str) -> str:
    """UTF-16 surrogate pairs written as two escapes become one character; lone halves go."""
    return _SURROGATES.sub(_join, text)


def written_markup(code: str) -> str:
    """The HTML that a script writes by literals: document.write(ln) and innerHTML, joined.

    Literals wrapped in `unescape`, `decodeURIComponent` or `atob` are decoded; whatever is not
    a literal is left out. "" when the script writes nothing.
    """
    if "document" not in code and "HTML" not in code:
        return ""
    writing = _Writing()
    for token in _TOKEN.finditer(code):
        if writing.until:
            writing.take(token)
        elif token.lastgroup in ("write", "html"):
            writing.begin(token.lastgroup)
    return "".join(writing.out)


def page_addresses(code: str) -> Iterator[str]:
    """Literals that are by their form addresses of pages, as written."""
    for token in _TOKEN.finditer(code):
        if token.lastgroup == "string" and len(token[0]) <= _MAX_ADDRESS:
            text = literal(token[0])
            if _PAGE.match(text) and ("/" in text[1:] or "." in text[1:]):
                yield text


class _Writing:
    """Literals between the start of a write and the mark that ends it ("" when none is open)."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.until = ""
        self._depth = 0
        self._decoder = ""

    def begin(self, kind: str) -> None:
        self.until = ")" if kind == "write" else ";"
        self._depth, self._decoder = 1, ""

    def take(self, token: re.Match[str]) -> None:
        if token.lastgroup == "string":
            self.out.append(_decoded(literal(token[0]), self._decoder))
            self._decoder = ""
        elif token.lastgroup == "decode":
            self._decoder = token[0].split("(")[0].strip()
            self._depth += 1
        elif token.lastgroup == "mark":
            self._depth += {"(": 1, ")": -1}.get(token[0], 0)
            if token[0] == self.until and (self.until == ";" or self._depth == 0):
                self.until = ""
                self.out.append("\n")


def _character(match: re.Match[str]) -> str:
    code = match[1] or match[2] or match[3]
    if code:
        number = int(code, 16)
        return chr(number) if number <= 0x10FFFF else ""
    if match[4]:
        return ""
    return _PLAIN.get(match[5], match[5])


def _join(match: re.Match[str]) -> str:
    if len(match[0]) == 1:
        return ""
    return match[0].encode("utf-16-le", "surrogatepass").decode("utf-16-le")


def _decoded(text: str, decoder: str) -> str:
    if decoder == "unescape":
        return paired(_PERCENT_U.sub(lambda m: chr(int(m[1], 16)), unquote(text, "latin-1")))
    if decoder == "decodeURIComponent":
        return unquote(text, errors="replace")
    if decoder == "atob":
        try:
            return base64.b64decode(text, validate=True).decode("utf-8", "replace")
        except (binascii.Error, ValueError):
            return ""
    return text
