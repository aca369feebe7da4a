"""A blank screenshot is told from one that shows something, under every PNG filter."""

from __future__ import annotations

import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import EvidenceError
from evidence import png

CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}


def chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def paeth(a: int, b: int, c: int) -> int:
    p = a + b - c
    pa, pb, pc = abs(p - a), abs(p - b), abs(p - c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def encode(rows: list[bytes], colour: int, filters: list[int], depth: int = 8) -> bytes:
    """A PNG encoder written from the definition of the filters, to test against."""
    size = CHANNELS[colour] * depth // 8
    packed = b""
    above = bytes(len(rows[0]))
    for row, kind in zip(rows, filters, strict=True):
        packed += bytes([kind])
        for at, value in enumerate(row):
            a = row[at - size] if at >= size else 0
            c = above[at - size] if at >= size else 0
            b = above[at]
            packed += bytes([(value - (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) % 256])
        above = row
    header = struct.pack(">IIBBBBB", len(rows[0]) // size, len(rows), depth, colour, 0, 0, 0)
    data = zlib.compress(packed)
    half = len(data) // 2
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", data[:half])
        + chunk(b"IDAT", data[half:])
        + chunk(b"IEND", b"")
    )


@st.composite
def plain(draw: st.DrawFn) -> tuple[list[bytes], int, list[int], int]:
    colour = draw(st.sampled_from(sorted(CHANNELS)))
    depth = draw(st.sampled_from((8, 16)))
    size = CHANNELS[colour] * depth // 8
    pixel = draw(st.binary(min_size=size, max_size=size))
    width, height = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    filters = draw(st.lists(st.integers(0, 4), min_size=height, max_size=height))
    return [pixel * width] * height, colour, filters, depth


@given(plain())
def test_one_colour_is_blank(image: tuple[list[bytes], int, list[int], int]) -> None:
    assert png.is_blank(encode(*image))


@given(plain(), st.data())
def test_one_other_pixel_is_not_blank(
    image: tuple[list[bytes], int, list[int], int], data: st.DataObject
) -> None:
    rows, colour, filters, depth = image
    size = CHANNELS[colour] * depth // 8
    if len(rows) * len(rows[0]) == size:
        return
    at = data.draw(st.integers(0, len(rows) - 1))
    changed = bytearray(rows[at])
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    assert not png.is_blank(
        encode([*rows[:at], bytes(changed), *rows[at + 1 :]], colour, filters, depth)
    )


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"<html>",
        encode([b"\x01\x01"], 0, [0])[:-1],
        encode([b"\x01\x01"], 0, [0])[:40],
        encode([b"\x01\x01"], 0, [0]).replace(b"IHDR", b"XHDR"),
    ],
)
def test_what_is_no_whole_png_is_refused(data: bytes) -> None:
    with pytest.raises(EvidenceError):
        png.is_blank(data)


def test_missing_rows_are_noticed() -> None:
    data = encode([b"\x01\x01"], 0, [0])
    header = struct.pack(">IIBBBBB", 2, 9, 8, 0, 0, 0, 0)
    with pytest.raises(EvidenceError, match="不完整"):
        png.is_blank(data[:8] + chunk(b"IHDR", header) + data[33:])
