"""Bytes to text in the order that real Chinese pages need (sources.md §3.5)."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator, Sequence

_META_WINDOW = 4096
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"'\s]*([\w.:-]{2,40})", re.IGNORECASE)
_XML = re.compile(rb"\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([\w.:-]{2,40})", re.IGNORECASE)
_HEADER = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
_MARKS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"),
          (codecs.BOM_UTF16_BE, "utf-16-be"))  # fmt: skip
# Pages that declare gb2312 or gbk use the characters of the larger set; so do those that
# declare a Western set and are Chinese all the same.
_WIDER = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "big5hkscs", "ascii": "utf-8"}
_HAN = re.compile("[\u3000-\u303f\u4e00-\u9fff\uff01-\uff5e]")
_TWO_BYTES = re.compile("[\u0080-\u07ff]")
_WESTERN = frozenset({"iso8859-1", "cp1252", "latin_1"})


def to_text(
    body: bytes, headers: Sequence[tuple[str, str]] = ()
) -> tuple[str, str, tuple[str, ...]]:
    """Text, the charset it was read in, and notes on what was odd.

    Order: HTTP header, byte order mark, metas of the first 4 KB, strict UTF-8, GB18030, Big5. The
    first that decodes without loss wins; if none does, the first declared one decodes with the
    lossy bytes replaced (U+FFFD) and a note that counts them.
    """
    declared = list(_declared(body, headers))
    notes = _contradiction(declared)
    first = ["utf-8"] if _is_chinese_utf8(body) else []
    for charset in dict.fromkeys([*first, *declared, "utf-8", "gb18030", "big5hkscs"]):
        text = _strictly(body, charset)
        if text is not None:
            if declared and charset != declared[0]:
                notes = (*notes, f"charset:declared {declared[0]}, read as {charset}")
            return text, charset, notes
    return _lossy(body, declared, notes)


def _lossy(
    body: bytes, declared: list[str], notes: tuple[str, ...]
) -> tuple[str, str, tuple[str, ...]]:
    candidates = dict.fromkeys([*declared[:1], "utf-8", "gb18030"])
    readings = [(_decode(body, charset, "replace"), charset) for charset in candidates]
    text, charset = min(readings, key=lambda reading: reading[0].count("\ufffd"))
    return text, charset, (*notes, f"charset:{text.count(chr(0xFFFD))} lossy bytes replaced")


def _declared(body: bytes, headers: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Usable charsets in the order of trust, the same one perhaps repeatedly."""
    named: list[str] = []
    for name, value in headers:
        found = _HEADER.search(value) if name.lower() == "content-type" else None
        if found:
            named.append(found[1])
    named.extend(charset for mark, charset in _MARKS if body.startswith(mark))
    head = body[:_META_WINDOW]
    named.extend(found.decode("ascii") for found in _XML.findall(head) + _META.findall(head))
    for name in named:
        charset = _known(name)
        if charset:
            yield charset


def _known(name: str) -> str | None:
    name = {"utf8": "utf-8", "gb-2312": "gb2312"}.get(name.lower(), name)
    try:
        info = codecs.lookup(name)
    except LookupError:
        return None
    charset = _WIDER.get(info.name, info.name)
    return None if charset in _WESTERN or not info._is_text_encoding else charset


def _is_chinese_utf8(body: bytes) -> bool:
    """Whether the bytes are UTF-8 whatever they declare.

    Bytes of GBK may pass as UTF-8 by chance, but then as letters of two bytes, hardly as Han.
    """
    text = _strictly(body, "utf-8")
    if text is None or text.isascii():
        return False
    return len(_HAN.findall(text)) > len(_TWO_BYTES.findall(text))


def _contradiction(declared: list[str]) -> tuple[str, ...]:
    different = list(dict.fromkeys(declared))
    return (f"charset:contradicting declarations {', '.join(different)}",) if different[1:] else ()


def _strictly(body: bytes, charset: str) -> str | None:
    try:
        return _decode(body, charset, "strict")
    except UnicodeError:
        return None


def _decode(body: bytes, charset: str, errors: str) -> str:
    for mark, marked in _MARKS:
        if charset == marked and body.startswith(mark):
            body = body[len(mark) :]
    return body.decode(charset, errors).replace("\x00", "")
