"""Documents that sites attach: the words of PDF, Word and Excel files, within limits."""

from __future__ import annotations

import io
import time
import zipfile
import zlib
from collections.abc import Iterator, Sequence

from docx import Document as WordDocument
from openpyxl import load_workbook
from pypdf import PdfReader
from pypdf.errors import PyPdfError

from crawlers.canonical import canonical_url
from crawlers.pages.blocks import Piece, joined, piece, private_notes
from crawlers.pages.subject import subject_hint
from domain.outcomes import Outcome
from domain.pages import BlockPage, Origin, PageKind, ParsedPage
from language.identifiers import identifiers

PAGE = "attachment@1"
_PDF = b"%PDF-"
_ZIP = b"PK\x03\x04"
_MAX_UNZIPPED = 128 * 1024 * 1024
_MAX_RATIO = 200
_MAX_PAGES = 200
_MAX_PIECES = 20_000
_MAX_SECONDS = 20.0
# The readers meet damaged files with whatever error their own code runs into.
_DAMAGED = (PyPdfError, zipfile.BadZipFile, zlib.error, KeyError, ValueError, TypeError, IndexError,
            AttributeError, OSError, EOFError, RecursionError, NotImplementedError,
            ZeroDivisionError, AssertionError, OverflowError, SyntaxError)  # fmt: skip


def read_attachment(body: bytes, url: str) -> ParsedPage | BlockPage | None:
    """The words of an attached document, or why it has none that can be read; None for what is
    no such document. A scan without a text layer is a gap: its pages are pictures."""
    reader = _reader_of(body)
    if reader is None:
        return None
    name, words = reader
    try:
        pieces = _limited(words)
    except _DAMAGED as error:
        return _gap(f"{name} 文件损坏或加密（{type(error).__name__}）")
    if not any(one.text for one in pieces):
        return _gap(f"{name} 文件没有文字层，内容可能是图片，需识别后才能读取")
    text, blocks = joined(pieces)
    title = canonical_url(url).partition("?")[0].rpartition("/")[2]
    return ParsedPage(
        page=PAGE,
        canonical_url=canonical_url(url),
        kind=PageKind.OTHER,
        title=title,
        text=text,
        blocks=blocks,
        identifiers=identifiers(text),
        subject_hint=subject_hint(blocks=blocks, metas={}, title=""),
        extractor=name.lower(),
        notes=private_notes(pieces),
    )


def _reader_of(body: bytes) -> tuple[str, Iterator[tuple[str, str]]] | None:
    if body[:1024].lstrip().startswith(_PDF):
        return "PDF", _pdf(body)
    if not body.startswith(_ZIP):
        return None
    names = _names(body)
    if "word/document.xml" in names:
        return "Word", _word(body)
    if "xl/workbook.xml" in names:
        return "Excel", _excel(body)
    return None


def _names(body: bytes) -> frozenset[str]:
    """The members of an archive; none for one that is broken or would unpack to too much."""
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
        return frozenset()
    most = min(_MAX_UNZIPPED, max(len(body) * _MAX_RATIO, 1024 * 1024))
    if sum(member.file_size for member in members) > most:
        return frozenset()
    return frozenset(member.filename for member in members)


def _pdf(body: bytes) -> Iterator[tuple[str, str]]:
    reader = PdfReader(io.BytesIO(body), strict=False)
    for number, page in enumerate(reader.pages, start=1):
        if number > _MAX_PAGES:
            return
        yield f"page[{number}]", page.extract_text()


def _word(body: bytes) -> Iterator[tuple[str, str]]:
    document = WordDocument(io.BytesIO(body))
    for number, paragraph in enumerate(document.paragraphs, start=1):
        yield f"paragraph[{number}]", paragraph.text
    for number, table in enumerate(document.tables, start=1):
        for row in table.rows:
            yield f"table[{number}]", " ".join(cell.text for cell in row.cells)


def _excel(body: bytes) -> Iterator[tuple[str, str]]:
    book = load_workbook(io.BytesIO(body), read_only=True, data_only=True)
    for sheet in book.worksheets:
        for row in sheet.iter_rows(values_only=True, max_col=200):
            yield sheet.title, " ".join(str(cell) for cell in row if cell is not None)
    book.close()


def _limited(words: Iterator[tuple[str, str]]) -> Sequence[Piece]:
    """The pieces that can be had in time; hostile files are slow rather than large."""
    until = time.monotonic() + _MAX_SECONDS
    found: list[Piece] = []
    for path, text in words:
        for line in text.splitlines():
            made = piece(line, Origin.ATTACHMENT, path)
            if made is not None:
                found.append(made)
        if len(found) > _MAX_PIECES or time.monotonic() > until:
            break
    return found


def _gap(reason: str) -> BlockPage:
    return BlockPage(outcome=Outcome.BAD_CONTENT, reason=reason)
