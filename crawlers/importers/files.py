"""What a file is, told by its content, and the reader for it."""

from __future__ import annotations

import csv
import re
import zipfile
import zlib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from attrs import evolve

from crawlers.importers.har import read_har
from crawlers.importers.records import ImportOptions, ImportRecord
from crawlers.importers.saved import read_html, read_mhtml
from crawlers.importers.urls import read_text, read_xlsx
from crawlers.importers.warc import read_warc
from domain.errors import PermanentError
from language.charset import to_text

_SAMPLE = 64 * 1024
_MAX_WHOLE = 128 * 1024 * 1024
_MAX_UNZIPPED = 512 * 1024 * 1024
_HTML = re.compile(r"<(?:!doctype\s+html|html|head|body|meta|title|div|table|p|script)\b", re.I)
_MHTML = re.compile(
    r"\A(?:[\w-]+:[^\n]*\n(?:[ \t][^\n]*\n)*){0,12}Content-Type:\s*multipart/related", re.I
)
_LIST = re.compile(r"https?://|\A\s*(?:[\w-]+\.)+[a-z]{2,}(?:[/\s:,]|\Z)", re.IGNORECASE)
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\ufffd]")


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


def read_file(path: Path, *, options: ImportOptions) -> Iterator[ImportRecord]:
    """The records of a file, whatever its name ends in. Never raises for what the file holds:
    a record or file that cannot be read is a record with an error."""
    try:
        kind = kind_of(path)
    except (OSError, PermanentError) as error:
        yield ImportRecord(record=path.name, error=_said(path, error))
        return
    if kind in (FileKind.WARC, FileKind.WACZ):
        yield from _warcs(path, kind, options)
    elif path.stat().st_size > _MAX_WHOLE:
        yield ImportRecord(record=path.name, error=f"{path.name}：超过 {_MAX_WHOLE >> 20} MB 上限")
    elif kind is FileKind.HAR:
        yield from read_har(path.read_bytes(), name=path.name, options=options)
    elif kind is FileKind.HTML:
        yield from read_html(path, options=options)
    elif kind is FileKind.MHTML:
        yield from read_mhtml(path, options=options)
    elif kind is FileKind.SIDECAR:
        yield from _listed(path, options)
    else:
        yield from read_xlsx(path) if kind is FileKind.XLSX else read_text(path)


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
    return _written(path, head)


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
    if "xl/workbook.xml" in names:
        if sum(member.file_size for member in members) > _MAX_UNZIPPED:
            raise PermanentError("电子表格解压后过大，疑似压缩炸弹", at=path.name)
        return FileKind.XLSX
    if any(name.startswith("archive/") and ".warc" in name for name in names):
        return FileKind.WACZ
    raise PermanentError("压缩包里既没有 WARC，也不是 XLSX 电子表格", at=path.name)


def _written(path: Path, head: bytes) -> FileKind:
    text, _, _ = to_text(head)
    start = text.lstrip("\ufeff \t\r\n")
    if start.startswith("{"):
        if '"log"' in start[:2000] or '"entries"' in start:
            return FileKind.HAR
        raise PermanentError("JSON 文件，但不是 HAR", at=path.name)
    if _MHTML.match(start.replace("\r\n", "\n")):
        return FileKind.MHTML
    if _HTML.search(start[:8192]):
        return FileKind.HTML
    if len(_CONTROLS.findall(start)) * 20 > len(start):
        raise PermanentError("认不出的二进制文件", at=path.name)
    columns = {name.strip().lower() for name in next(csv.reader(start.splitlines()[:1]), [])}
    if {"file", "url"} <= columns:
        return FileKind.SIDECAR
    if any(_LIST.search(line) for line in start.splitlines()[:200]):
        return FileKind.LIST
    raise PermanentError("既不是 WARC、HAR、网页，也不含网址", at=path.name)


def _warcs(path: Path, kind: FileKind, options: ImportOptions) -> Iterator[ImportRecord]:
    if kind is FileKind.WARC:
        with path.open("rb") as stream:
            yield from read_warc(stream, name=path.name, options=options)
        return
    with zipfile.ZipFile(path) as archive:
        for member in archive.namelist():
            if member.startswith("archive/") and ".warc" in member:
                with archive.open(member) as packed:
                    yield from read_warc(packed, name=f"{path.name} {member}", options=options)


def _listed(sidecar: Path, options: ImportOptions) -> Iterator[ImportRecord]:
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


def _said(path: Path, error: Exception) -> str:
    return str(error) if isinstance(error, PermanentError) else f"{path.name}：无法打开（{error}）"
