"""WARC files, compressed or not, and the WARC files inside a WACZ."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import IO, Any

from attrs import evolve, frozen
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import ChunkedDataException, ChunkedDataReader
from warcio.exceptions import ArchiveLoadFailed

from crawlers.canonical import split
from crawlers.importers.records import MAX_BODY, TOO_LONG, ImportOptions, ImportRecord, imported
from crawlers.importers.scrub import scrub
from crawlers.pages.signals import outcome_of_status
from domain.captures import Acquisition

_MAX_DRAINED = 1024 * 1024 * 1024
_MAX_REMEMBERED = 64 * 1024 * 1024
_STEP = 1024 * 1024
_STATUS = re.compile(r"(?:\A|\s)([1-5]\d\d)(?:\s|\Z)")
# The library meets damaged heads with whatever error its own code runs into.
_BROKEN = (ArchiveLoadFailed, zlib.error, EOFError, OSError, UnicodeError, ValueError,
           AttributeError, TypeError, KeyError, IndexError)  # fmt: skip


def read_warc(stream: IO[bytes], *, name: str, options: ImportOptions) -> Iterator[ImportRecord]:
    """Each response, resource and revisit of a WARC file as a capture, in file order.

    A record that cannot be read is an error of its own; a file that breaks in the middle ends
    with an error that says after which record.
    """
    payloads = _Payloads()
    number = 0
    try:
        for record in ArchiveIterator(stream, arc2warc=True):
            if record.rec_type not in ("response", "resource", "revisit"):
                continue
            url = (record.rec_headers.get_header("WARC-Target-URI") or "").strip("<> ")
            if split(url) is None:
                continue
            number += 1
            yield _record(record, url, f"{name} 第 {number} 条", payloads, options)
            if _drained(record.raw_stream) > _MAX_DRAINED:
                reason = f"{name} 第 {number} 条：记录大得异常，停止读取该文件"
                yield ImportRecord(record=name, url=url, error=reason)
                return
    except _BROKEN as error:
        reason = f"{name}：WARC 文件在第 {number} 条记录之后损坏（{error}）"
        yield ImportRecord(record=f"{name} 第 {number + 1} 条", error=reason)
        return
    if number == 0:
        yield ImportRecord(record=name, error=f"{name}：WARC 文件里没有网页记录")


@frozen(kw_only=True)
class _Answer:
    """An HTTP answer as a record holds it."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


class _Payloads:
    """Answers of earlier records by payload digest, for the revisits that refer to them."""

    def __init__(self) -> None:
        self._known: dict[str, _Answer] = {}
        self._size = 0

    def remember(self, digest: str | None, answer: _Answer) -> None:
        size = len(answer.body)
        if digest and digest not in self._known and self._size + size <= _MAX_REMEMBERED:
            self._known[digest] = answer
            self._size += size

    def recall(self, digest: str | None) -> _Answer | None:
        return self._known.get(digest) if digest else None


def _record(
    record: Any, url: str, place: str, payloads: _Payloads, options: ImportOptions
) -> ImportRecord:
    moment = options.captured_at or _moment(record.rec_headers.get_header("WARC-Date"))
    answer = _answer(record, payloads) if moment else "记录没有可读的 WARC-Date"
    if isinstance(answer, str) or moment is None:
        return ImportRecord(record=place, url=url, error=f"{place}：{answer}")
    clean = scrub(url, answer.headers, answer.body)
    memento = next((v for name, v in answer.headers if name.lower() == "memento-datetime"), None)
    notes = [clean.note, f"网页存档的原始时间：{memento}" if memento else None]
    capture = imported(
        url=clean.url,
        captured_at=moment,
        acquisition=Acquisition.IMPORT_WARC,
        body=clean.body,
        headers=clean.headers,
        status=answer.status,
        outcome=outcome_of_status(answer.status, answer.headers),
        ip=record.rec_headers.get_header("WARC-IP-Address"),
        note="；".join(note for note in notes if note) or None,
    )
    return ImportRecord(record=place, url=clean.url, capture=capture)


def _answer(record: Any, payloads: _Payloads) -> _Answer | str:
    """What a record holds, or why it cannot be had."""
    digest = record.rec_headers.get_header("WARC-Payload-Digest")
    headers, status = _headers(record), _status(record)
    if record.rec_type == "revisit":
        known = payloads.recall(digest)
        if known is None:
            return "revisit 所指的原始记录不在本文件中"
        return evolve(known, headers=headers or known.headers, status=status or known.status)
    try:
        body = _body(record)
    except (ChunkedDataException, zlib.error, OSError) as error:
        return f"正文损坏（{error}）"
    if len(body) > MAX_BODY:
        return TOO_LONG
    answer = _Answer(status=status, headers=headers, body=body)
    payloads.remember(digest, answer)
    return answer


def _headers(record: Any) -> tuple[tuple[str, str], ...]:
    """HTTP headers; chunking is undone on reading, so its header goes too."""
    if record.http_headers is not None:
        pairs = ((str(name), str(value)) for name, value in record.http_headers.headers)
        return tuple(pair for pair in pairs if pair[0].lower() != "transfer-encoding")
    declared = record.rec_headers.get_header("Content-Type")
    return (("Content-Type", declared),) if declared and record.rec_type == "resource" else ()


def _status(record: Any) -> int:
    if record.http_headers is None:
        return 200 if record.rec_type == "resource" else 0
    found = _STATUS.search(f"{record.http_headers.protocol} {record.http_headers.statusline}")
    return int(found[1]) if found else 0


def _body(record: Any) -> bytes:
    stream = record.raw_stream
    chunked = record.http_headers is not None and _is_chunked(record.http_headers)
    if chunked:
        stream = ChunkedDataReader(stream, decomp_type=None)
    body = bytearray()
    while len(body) <= MAX_BODY:
        piece = stream.read(min(_STEP, MAX_BODY + 1 - len(body)))
        if not piece:
            break
        body += piece
    if not chunked and len(body) <= MAX_BODY and getattr(stream, "limit", 0) > 0:
        raise OSError("记录不完整，文件可能被截断")
    return bytes(body)


def _is_chunked(headers: Any) -> bool:
    return (headers.get_header("Transfer-Encoding") or "").strip().lower() == "chunked"


def _drained(stream: Any) -> int:
    """Read what is left of a record; how much that was (counting stops beyond the limit)."""
    size = 0
    while size <= _MAX_DRAINED:
        piece = stream.read(_STEP)
        if not piece:
            break
        size += len(piece)
    return size


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat((text or "").replace("Z", "+00:00"))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
