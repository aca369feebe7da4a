"""Undoing the content encoding of a body, within limits that a hostile server cannot pass."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator, Sequence

import brotli
from attrs import frozen
from backports import zstd

MAX_DECODED = 16 * 1024 * 1024
MAX_RATIO = 200
MAX_LAYERS = 3
_RATIO_FREE = 1024 * 1024
_STEP = 64 * 1024


@frozen(kw_only=True)
class BadContent:
    """The body cannot be read; `reason` says why, in words for the user."""

    reason: str


class _TooMuch(Exception):
    pass


def decode_body(headers: Sequence[tuple[str, str]], body: bytes) -> bytes | BadContent:
    """The body as the page's author wrote it: gzip, deflate, br and zstd undone.

    At most `MAX_DECODED` bytes come out and, beyond one mebibyte, at most `MAX_RATIO` times the
    bytes that came in. A body that is already plain although a header says otherwise (saved by a
    tool that decoded it) is returned as it is.
    """
    if len(body) > MAX_DECODED:
        return BadContent(reason=f"正文超过上限（{len(body)} 字节）")
    encodings = _encodings(headers)
    if len(encodings) > MAX_LAYERS:
        return BadContent(reason=f"压缩层数过多（{len(encodings)} 层）")
    for encoding in reversed(encodings):
        decoded = _undone(encoding, body)
        if isinstance(decoded, BadContent):
            return decoded
        body = decoded
    return body


def _undone(encoding: str, body: bytes) -> bytes | BadContent:
    decoder = _DECODERS.get(encoding)
    if decoder is None:
        return BadContent(reason=f"不认识的内容编码：{encoding[:40]}")
    try:
        return _bounded(decoder(body), len(body))
    except _TooMuch:
        return BadContent(reason="解压后超过上限，疑似压缩炸弹")
    except (zlib.error, brotli.error, zstd.ZstdError, EOFError) as error:
        return body if _is_plain(body) else BadContent(reason=f"{encoding} 压缩数据损坏：{error}")


def _encodings(headers: Sequence[tuple[str, str]]) -> list[str]:
    named = [value for name, value in headers if name.lower() == "content-encoding"]
    listed = (part.strip().lower() for value in named for part in value.split(","))
    return [part for part in listed if part not in ("", "identity", "none", "utf-8")]


def _bounded(pieces: Iterator[bytes], size: int) -> bytes:
    limit = min(MAX_DECODED, max(_RATIO_FREE, size * MAX_RATIO))
    out = bytearray()
    for piece in pieces:
        out += piece
        if len(out) > limit:
            raise _TooMuch
    return bytes(out)


def _is_plain(body: bytes) -> bool:
    return body[:512].lstrip().startswith((b"<", b"{", b"[")) or body.startswith(b"\xef\xbb\xbf")


def _gzip(body: bytes) -> Iterator[bytes]:
    yield from _inflate(body, 16 + zlib.MAX_WBITS)


def _deflate(body: bytes) -> Iterator[bytes]:
    try:
        zlib.decompressobj().decompress(body, 1)
    except zlib.error:
        yield from _inflate(body, -zlib.MAX_WBITS)
    else:
        yield from _inflate(body, zlib.MAX_WBITS)


def _inflate(body: bytes, window: int) -> Iterator[bytes]:
    while body:
        stream = zlib.decompressobj(window)
        while not stream.eof:
            piece = stream.decompress(body, _STEP)
            body = stream.unconsumed_tail
            yield piece
            if not piece and not body and not stream.eof:
                return  # cut off at the end: what came is kept, as browsers do
        body = stream.unused_data if stream.unused_data[:2] == b"\x1f\x8b" else b""


def _brotli(body: bytes) -> Iterator[bytes]:
    stream = brotli.Decompressor()
    piece = stream.process(body, output_buffer_limit=_STEP)
    while piece:
        yield piece
        piece = b"" if stream.is_finished() else stream.process(b"", output_buffer_limit=_STEP)


def _zstd(body: bytes) -> Iterator[bytes]:
    stream = zstd.ZstdDecompressor()
    piece = stream.decompress(body, _STEP)
    while piece:
        yield piece
        piece = b"" if stream.eof or stream.needs_input else stream.decompress(b"", _STEP)


_DECODERS: dict[str, Callable[[bytes], Iterator[bytes]]] = {
    "gzip": _gzip,
    "x-gzip": _gzip,
    "deflate": _deflate,
    "br": _brotli,
    "zstd": _zstd,
}
