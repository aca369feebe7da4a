"""What a body is by its first bytes, and why some kinds cannot be read yet."""

from __future__ import annotations

import codecs
import re
from collections.abc import Sequence

from domain.outcomes import Outcome
from domain.pages import BlockPage

_MAGIC = (
    (b"BM", "图片（BMP）：文件头不合规"),
    (b"\x00\x00\x01\x00", "图标文件：没有文字"),
    (b"PK\x03\x04", "压缩包：不读取，或解压后过大"),
    (b"PK\x05\x06", "空压缩包"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "旧式 Office 文件：暂不能读取文字"),
    (b"Rar!", "RAR 压缩包：暂不能读取"),
    (b"7z\xbc\xaf\x27\x1c", "7z 压缩包：暂不能读取"),
    (b"\x1f\x8b", "gzip 数据：未声明内容编码"),
    (b"ID3", "音频文件：暂不能读取语音"),
    (b"OggS", "音视频文件：暂不能读取"),
    (b"FLV\x01", "视频文件：暂不能读取"),
    (b"\x1aE\xdf\xa3", "视频文件：暂不能读取"),
    (b"CWS", "Flash 文件：暂不能读取"),
    (b"FWS", "Flash 文件：暂不能读取"),
    (b"wOF", "字体文件：没有文字"),
    (b"MZ", "可执行文件：不读取"),
)
_SHORT_MAGIC = 2
_DECLARED = (
    (re.compile(r"\Aimage/(?!svg)"), "图片：不是可以读取的格式"),
    (re.compile(r"\A(?:audio|video)/"), "音视频文件：暂不能读取"),
    (re.compile(r"\Aapplication/pdf"), "PDF 文件：暂不能读取文字"),
    (re.compile(r"\A(?:application/)?(?:x-)?font"), "字体文件：没有文字"),
)
_CONTROLS = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SAMPLE = 4096
_MARKUP = re.compile(rb"<\s*(?:!doctype|html|head|body|meta|title|div|p|a|script)\b", re.IGNORECASE)


def unreadable(body: bytes, headers: Sequence[tuple[str, str]]) -> BlockPage | None:
    """Why a body is no page that can be read, None when it may be one.

    The bytes decide; a declared type counts only when the bytes say nothing.
    """
    if not body.strip():
        return BlockPage(outcome=Outcome.EMPTY_SHELL, reason="应答没有正文")
    if _MARKUP.search(body[:_SAMPLE]):
        return None
    reason = _by_magic(body) or _by_type(content_type(headers)) or _by_noise(body[:_SAMPLE])
    return BlockPage(outcome=Outcome.BAD_CONTENT, reason=reason) if reason else None


def _by_magic(body: bytes) -> str | None:
    noisy = _CONTROLS.search(body[:_SAMPLE]) is not None
    for magic, reason in _MAGIC:
        if body.startswith(magic) and (len(magic) > _SHORT_MAGIC or noisy):
            return reason
    if body[4:8] == b"ftyp":
        return "视频文件：暂不能读取"
    return None


def _by_type(declared: str) -> str | None:
    return next((reason for form, reason in _DECLARED if form.match(declared)), None)


def _by_noise(head: bytes) -> str | None:
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return None
    noise = len(_CONTROLS.findall(head))
    return "二进制数据：认不出是什么文件" if noise * 50 > len(head) else None


def content_type(headers: Sequence[tuple[str, str]]) -> str:
    """The declared media type, lower-case, without parameters; "" when none is declared."""
    named = (value for name, value in headers if name.lower() == "content-type")
    return next(named, "").partition(";")[0].strip().lower()
