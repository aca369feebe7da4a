"""Just enough of PNG to tell a blank screenshot from one that shows something."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

from attrs import frozen

from domain.errors import EvidenceError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
_STEP = 1 << 16
_MOST_BYTES = 1 << 31


@frozen(kw_only=True)
class _Shape:
    width: int
    height: int
    pixel: int


def is_blank(data: bytes) -> bool:
    """Whether all pixels have one colour. Raises EvidenceError when it is no whole PNG.

    A row of one colour has only one filtered form for each filter type, as long as the rows
    above have that colour too; so rows are compared as they are, without undoing filters.
    """
    shape, packed = _read(data)
    rows, blank, first = 0, True, b""
    for row in _rows(packed, 1 + shape.width * shape.pixel):
        if rows == 0:
            first = row[1 : 1 + shape.pixel]
        blank = blank and row[1:] == _plain_row(row[0], first, shape.width, top=rows == 0)
        rows += 1
        if rows > shape.height:
            break
    if rows != shape.height:
        raise EvidenceError("截图不完整")
    return blank


def _plain_row(kind: int, pixel: bytes, width: int, *, top: bool) -> bytes:
    """What a row of `width` equal pixels looks like under a filter type (PNG, section 9)."""
    zeros = bytes(len(pixel))
    half = bytes(value - value // 2 for value in pixel)
    first, rest = {
        0: (pixel, pixel),
        1: (pixel, zeros),
        2: (pixel, pixel) if top else (zeros, zeros),
        3: (pixel, half) if top else (half, zeros),
        4: (pixel, zeros) if top else (zeros, zeros),
    }.get(kind, (b"", b""))
    return first + rest * (width - 1)


def _read(data: bytes) -> tuple[_Shape, Iterator[bytes]]:
    chunks = _chunks(data)
    kind, header = next(chunks)
    if kind != b"IHDR" or len(header) != struct.calcsize(">IIBBBBB"):
        raise EvidenceError("截图不是 PNG")
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", header)
    if depth not in {8, 16} or colour not in _CHANNELS or interlaced or not width * height:
        raise EvidenceError("截图的 PNG 格式不受支持")
    shape = _Shape(width=width, height=height, pixel=_CHANNELS[colour] * depth // 8)
    if width * height * shape.pixel > _MOST_BYTES:
        raise EvidenceError("截图过大")
    return shape, (body for kind, body in chunks if kind == b"IDAT")


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    if not data.startswith(_SIGNATURE):
        raise EvidenceError("截图不是 PNG")
    at, kind = len(_SIGNATURE), b""
    while kind != b"IEND":
        if len(data) < at + 12:
            raise EvidenceError("截图不完整")
        length, kind = struct.unpack_from(">I4s", data, at)
        body = data[at + 8 : at + 8 + length]
        if data[at + 8 + length : at + 12 + length] != struct.pack(">I", zlib.crc32(kind + body)):
            raise EvidenceError("截图不完整或已损坏")
        yield kind, body
        at += 12 + length


def _rows(packed: Iterator[bytes], size: int) -> Iterator[bytes]:
    unpacker = zlib.decompressobj()
    pending = bytearray()
    try:
        for body in packed:
            feed = body
            while feed:
                pending += unpacker.decompress(feed, _STEP)
                feed = unpacker.unconsumed_tail
                while len(pending) >= size:
                    yield bytes(pending[:size])
                    del pending[:size]
    except zlib.error as error:
        raise EvidenceError("截图不完整或已损坏") from error
