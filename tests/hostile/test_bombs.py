"""Small files that mean to become large ones, or never to end."""

from __future__ import annotations

import struct
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluewatch.saved.posting import answered
from crawlers import pages
from crawlers.importers import ImportOptions, read_file
from domain.errors import ConfigError, EvidenceError, PermanentError
from domain.pages import BlockPage
from evidence import png
from registers import files as register_files
from storage import datafiles
from tests.hostile.readers import AT, URL

MOST_SECONDS = 5.0
DEPTH = 100_000


@pytest.fixture(autouse=True)
def in_time() -> Iterator[None]:
    """No bomb keeps us busy."""
    began = time.process_time()
    yield
    assert time.process_time() - began < MOST_SECONDS


def test_aliases_that_multiply_are_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    for level in range(1, 10):
        lines.append(f"a{level}: &a{level} [{', '.join([f'*a{level - 1}'] * 10)}]")
    with pytest.raises(ConfigError, match="内容过多"):
        datafiles.parse("\n".join(lines), name="offices.yml")


@pytest.mark.parametrize("text", ["&a [*a]", "a: &a {b: *a}", "[" * 5000 + "]" * 5000])
def test_aliases_that_contain_themselves_are_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"offices\.yml"):
        datafiles.parse(text, name="offices.yml")


@pytest.mark.parametrize("opened", ["[", '{"a":'])
def test_nested_json_is_refused_everywhere(tmp_path: Path, opened: str) -> None:
    bomb = (opened * DEPTH).encode()
    with pytest.raises(PermanentError):
        answered(bomb, "robot.test")
    with pytest.raises(PermanentError):
        list(register_files.rows(bomb, "list.json"))
    headers = (("Content-Type", "application/json"),)
    pages.read(body=bomb, url=URL, headers=headers, captured_at=AT)
    for name in ("a.har", "a.json"):
        path = tmp_path / name
        path.write_bytes(b'{"log": {"entries": ' + bomb if name == "a.har" else bomb)
        records = list(read_file(path, options=ImportOptions()))
        assert records
        assert all(record.error for record in records)


def test_a_picture_that_claims_to_be_giant_is_refused() -> None:
    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    for width, height in ((0xFFFFFFFF, 1), (1, 0xFFFFFFFF), (50_000, 50_000)):
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0))
        rows = chunk(b"IDAT", zlib.compress(b"\0" * 30_000_000))
        picture = b"\x89PNG\r\n\x1a\n" + header + rows + chunk(b"IEND", b"")
        with pytest.raises(EvidenceError, match="截图"):
            png.is_blank(picture)


def test_a_pdf_that_refers_to_itself_is_a_gap() -> None:
    objects = b"".join(
        b"%d 0 obj\n%s\nendobj\n" % (number, body)
        for number, body in (
            (1, b"<</Type/Catalog/Pages 2 0 R>>"),
            (2, b"<</Type/Pages/Kids[2 0 R 2 0 R]/Count 999999999>>"),
            (3, b"<</Length 3 0 R>>stream\nx\nendstream"),
        )
    )
    body = b"%PDF-1.4\n" + objects + b"trailer<</Root 1 0 R/Size 4/Prev 0>>\nstartxref\n0\n%%EOF"
    headers = (("Content-Type", "application/pdf"),)
    read = pages.read(body=body, url=URL, headers=headers, captured_at=AT)
    assert isinstance(read, BlockPage)
