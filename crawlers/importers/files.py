"""What a file is, told by its content, and the reader for it."""

from __future__ import annotations

import csv
import re
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from enum import StrEnum
from itertools import islice
from pathlib import Path

from attrs import evolve

from crawlers.importers.feeds import read_feed
from crawlers.importers.har import read_har
from crawlers.importers.packages import MAX_UNPACKED, UNREADABLE_ZIP, check_size, read_package
from crawlers.importers.platform import read_platform
from crawlers.importers.records import ImportOptions, ImportRecord
from crawlers.importers.saved import read_document, read_html, read_mhtml
from crawlers.importers.sheets import read_sheet, text_rows
from crawlers.importers.warc import read_warc
from crawlers.pages.feeds import is_feed
from domain.errors import PermanentError
from language.charset import to_text

_SAMPLE = 64 * 1024
_MAX_WHOLE = 128 * 1024 * 1024
_MAX_SECONDS = 900.0
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|title|div|table|p|script)\b", re.I)
_MHTML = re.compile(
    r"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,12}Content-Type:\s*multipart/related", re.I
)
_LIST = re.compile(r"https?://|\A\s*(?:[\w-]+\.)+[a-z]{2,}(?:[/\s:,]|\Z)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")


_MEDIA = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"RIFF", "image/webp"),
)
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class FileKind(StrEnum):
    """Forms of file that can be imported."""

    WARC = "warc"
    WACZ = "wacz"
    HAR = "har"
    HTML = "html"
    MHTML = "mhtml"
    XLSX = "xlsx"
    LIST = "list"
    SIDECAR = "sidecar"
    FEED = "feed"
    PLATFORM = "platform"
    PACKAGE = "package"
    DOCUMENT = "document"


def read_file(path: Path, *, options: ImportOptions) -> Iterator[ImportRecord]:
    """The records of a file, whatever its name ends in. Never raises for what the file holds:
    a record or file that cannot be read is a record with an error. A file that takes longer than
    a quarter of an hour ends with one."""
    try:
        kind = kind_of(path)
        _check_whole(path, kind)
    except (OSError, PermanentError) as error:
        yield ImportRecord(record=path.name, error=_said(path, error))
        return
    until = time.monotonic() + _MAX_SECONDS
    for record in _READERS[kind](path, options):
        yield record
        if time.monotonic() > until:
            reason = f"{path.name}：读取超过 {_MAX_SECONDS / 60:.0f} 分钟，其余未读"
            yield ImportRecord(record=path.name, error=reason)
            return


def kind_of(path: Path) -> FileKind:
    """What the content is. Raises PermanentError when it is nothing that can be imported."""
    with path.open("rb") as stream:
        head = stream.read(_SAMPLE)
    if not head:
        raise PermanentError("文件是空的", at=path.name)
    if head.startswith(b"\x1f\x8b"):
        return _gzipped(path, head)
    if head.startswith(b"WARC/"):
        return FileKind.WARC
    if head.startswith(b"PK\x03\x04"):
        return _zipped(path)
    if _media(head) is not None:
        return FileKind.DOCUMENT
    return _written(path, head)


def _media(head: bytes) -> str | None:
    if head.startswith(b"RIFF") and head[8:12] != b"WEBP":
        return None
    return next((media for magic, media in _MEDIA if head.startswith(magic)), None)


def _check_whole(path: Path, kind: FileKind) -> None:
    """Only archives are read piece by piece; anything else must fit into memory."""
    piecewise = (FileKind.WARC, FileKind.WACZ, FileKind.PACKAGE)
    if kind not in piecewise and path.stat().st_size > _MAX_WHOLE:
        raise PermanentError(f"超过 {_MAX_WHOLE >> 20} MB 上限", at=path.name)


def _gzipped(path: Path, head: bytes) -> FileKind:
    try:
        start = zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(head, 16)
    except zlib.error as error:
        raise PermanentError(f"gzip 数据损坏（{error}）", at=path.name) from None
    if start.startswith(b"WARC/"):
        return FileKind.WARC
    raise PermanentError("gzip 压缩的不是 WARC 文件，请先解压", at=path.name)


def _zipped(path: Path) -> FileKind:
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError) as error:
        raise PermanentError(f"压缩包损坏（{error}）", at=path.name) from None
    names = {member.filename for member in members}
    if any(name.startswith("archive/") and ".warc" in name for name in names):
        return FileKind.WACZ
    if "word/document.xml" in names:
        return FileKind.DOCUMENT
    check_size(members, name=path.name)
    return FileKind.XLSX if "xl/workbook.xml" in names else FileKind.PACKAGE


def _written(path: Path, head: bytes) -> FileKind:
    text, _, _ = to_text(head)
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith(("{", "[")):
        return _json(start)
    if is_feed(start):
        return FileKind.FEED
    if _MHTML.match(start.replace("\r\n", "\n")):
        return FileKind.MHTML
    if _HTML.search(start[:8192]):
        return FileKind.HTML
    if len(_CONTROLS.findall(start)) * 20 > len(start):
        raise PermanentError("认不出的二进制文件", at=path.name)
    columns = {name.strip().lower() for name in next(csv.reader(start.splitlines()[:1]), [])}
    if {"file", "url"} <= columns:
        return FileKind.SIDECAR
    if _is_table(start) or any(_LIST.search(line) for line in start.splitlines()[:200]):
        return FileKind.LIST
    raise PermanentError("既不是 WARC、HAR、网页、订阅，也不含网址", at=path.name)


def _is_table(start: str) -> bool:
    """Whether the first lines have the same number of cells, two at least."""
    widths = {len(row) for row in islice(text_rows(start), 3)}
    return len(start.splitlines()) > 1 and len(widths) == 1 and widths.pop() > 1


def _json(start: str) -> FileKind:
    if '"log"' in start[:2000] and '"entries"' in start:
        return FileKind.HAR
    return FileKind.FEED if is_feed(start) else FileKind.PLATFORM


def _read_warc(path: Path, options: ImportOptions) -> Iterator[ImportRecord]:
    with path.open("rb") as stream:
        yield from read_warc(stream, name=path.name, options=options)


def _read_wacz(path: Path, options: ImportOptions) -> Iterator[ImportRecord]:
    """The WARC files of a WACZ, read in place: nothing of it is unpacked to disk."""
    left = MAX_UNPACKED
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            name = member.filename
            if not name.startswith("archive/") or ".warc" not in name:
                continue
            place = f"{path.name} {name}"
            left -= member.file_size
            if left < 0:
                yield ImportRecord(record=place, error=f"{place}：解压后总量过大，其余未读")
                return
            try:
                with archive.open(member) as packed:
                    yield from read_warc(packed, name=place, options=options)
            except UNREADABLE_ZIP as error:
                yield ImportRecord(record=place, error=f"{place}：压缩数据损坏（{error}）")


def _read_document(path: Path, options: ImportOptions) -> Iterator[ImportRecord]:
    with path.open("rb") as stream:
        media = _media(stream.read(16)) or _WORD
    yield from read_document(path, media, options=options)


def _read_package(path: Path, options: ImportOptions) -> Iterator[ImportRecord]:
    def member(file: Path) -> Iterator[ImportRecord]:
        if zipfile.is_zipfile(file) and kind_of(file) is FileKind.PACKAGE:
            yield ImportRecord(record=file.name, error=f"{file.name}：压缩包内还有压缩包，不读取")
        else:
            yield from read_file(file, options=options)

    yield from read_package(path, member)


def _read_sidecar(sidecar: Path, options: ImportOptions) -> Iterator[ImportRecord]:
    """The pages that a sidecar lists, looked for beside it and nowhere else."""
    text, _, _ = to_text(sidecar.read_bytes())
    beside = evolve(options, sidecar=sidecar)
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        place = f"{sidecar.name} 第 {number} 行"
        name = (row.get("file") or "").strip()
        page = sidecar.parent / name
        if not name or page.name != name or page == sidecar:
            yield ImportRecord(record=place, error=f"{place}：文件名无效（{name[:80]}）")
        elif not page.is_file():
            yield ImportRecord(record=place, error=f"{place}：找不到文件 {name}")
        else:
            yield from read_file(page, options=beside)


_READERS: dict[FileKind, Callable[[Path, ImportOptions], Iterator[ImportRecord]]] = {
    FileKind.WARC: _read_warc,
    FileKind.WACZ: _read_wacz,
    FileKind.HAR: lambda path, options: read_har(
        path.read_bytes(), name=path.name, options=options
    ),
    FileKind.HTML: lambda path, options: read_html(path, options=options),
    FileKind.MHTML: lambda path, options: read_mhtml(path, options=options),
    FileKind.XLSX: lambda path, options: read_sheet(path, options=options, is_xlsx=True),
    FileKind.LIST: lambda path, options: read_sheet(path, options=options, is_xlsx=False),
    FileKind.SIDECAR: _read_sidecar,
    FileKind.FEED: lambda path, options: read_feed(path, options=options),
    FileKind.PLATFORM: lambda path, options: read_platform(path, options=options),
    FileKind.PACKAGE: _read_package,
    FileKind.DOCUMENT: _read_document,
}


def _said(path: Path, error: Exception) -> str:
    return str(error) if isinstance(error, PermanentError) else f"{path.name}：无法打开（{error}）"
