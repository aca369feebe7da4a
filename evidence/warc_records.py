"""WARC 1.1 records of captures: pure functions from captures to bytes and back.

Header text is kept as UTF-8 (undecodable bytes through surrogateescape), never percent-encoded.
Framing headers that no longer describe the stored body are renamed `X-Archive-Orig-…`, the
convention of web archives, so that replay tools do not try to undo them a second time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from http import HTTPStatus
from io import BytesIO
from urllib.parse import quote, urlsplit
from uuid import UUID

from attrs import frozen
from warcio.recordloader import ArcWarcRecordLoader
from warcio.statusandheaders import StatusAndHeaders

from domain.captures import Acquisition, Capture, Snapshot
from domain.errors import EvidenceError
from domain.ids import derive_id
from evidence.digests import moment, sha256

HEAD_LIMIT = 4 << 20
"""Most bytes that the headers of one record may take, WARC and HTTP headers together."""

_REVISIT = "http://netpreserve.org/warc/1.1/revisit/identical-payload-digest"
_SECRET = frozenset({"authorization", "cookie", "proxy-authorization", "x-api-key"})
_WITHHELD = "[withheld]"
_ORIGINAL = "X-Archive-Orig-"
_NOT_TOKEN = re.compile(r"[^A-Za-z0-9!#$%&'*+.^_`|~-]")
# Line ends would forge headers; surrogates outside surrogateescape's range cannot be encoded.
_UNFIT = re.compile("[\x00-\x08\x0a-\x1f\x7f\ud800-\udc7f\udd00-\udfff]")
_URI_UNFIT = re.compile("[\x00-\x20\x7f<>\ud800-\udfff]")

Headers = Iterable[tuple[str, str]]


@frozen(kw_only=True)
class ParsedRecord:
    """A stored record taken apart: WARC type, HTTP headers as stored, payload."""

    type: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


def record_uri(snapshot_id: str, part: str = "") -> str:
    """WARC-Record-ID of a snapshot's own record, or of a `part` beside it ("request")."""
    return f"<urn:uuid:{UUID(hex=derive_id(snapshot_id, part) if part else snapshot_id)}>"


def warcinfo(name: str, at: datetime) -> bytes:
    """The record that opens every file."""
    block = "software: Cluewatch\r\nformat: WARC File Format 1.1\r\n"
    fields = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", f"<urn:uuid:{UUID(hex=derive_id('warcinfo', name))}>"),
        ("WARC-Date", moment(at)),
        ("WARC-Filename", name),
        ("Content-Type", "application/warc-fields"),
    ]
    return _record(fields, block.encode())


def request(capture: Capture, snapshot_id: str) -> bytes | None:
    """The request record, secrets withheld; None when no request of ours or of others is known."""
    asked = capture.status > 0 and capture.acquisition is Acquisition.CRAWL
    if not (capture.request_headers or asked):
        return None
    parts = urlsplit(_uri(capture.url))
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    headers = [
        (name, _WITHHELD if name.lower() in _SECRET else value)
        for name, value in capture.request_headers
    ]
    if not any(name.lower() == "host" for name, _ in headers):
        headers.insert(0, ("Host", parts.netloc.rpartition("@")[2]))
    block = _head(f"GET {target} HTTP/1.1", headers)
    return _record(
        [
            *_common("request", capture, record_uri(snapshot_id, "request")),
            ("WARC-Concurrent-To", record_uri(snapshot_id)),
            ("WARC-Payload-Digest", sha256(b"")),
            ("Content-Type", "application/http; msgtype=request"),
        ],
        block,
    )


def own(capture: Capture, snapshot_id: str, payload_digest: str, same: Snapshot | None) -> bytes:
    """The snapshot's own record.

    With an HTTP answer: `response`, or `revisit` when `same` already holds this payload. Without
    one: `resource` when there are bytes all the same, else `metadata` that says why there are not.
    """
    if capture.status == 0:
        return _unanswered(capture, snapshot_id)
    head = _head(_status_line(capture.status), _stored(capture.headers, len(capture.body)))
    fields = [
        *_common("revisit" if same else "response", capture, record_uri(snapshot_id)),
        ("WARC-Payload-Digest", payload_digest),
        ("Content-Type", "application/http; msgtype=response"),
    ]
    if same is None:
        return _record(fields, head + capture.body)
    refers = [
        ("WARC-Profile", _REVISIT),
        ("WARC-Refers-To", record_uri(same.id)),
        ("WARC-Refers-To-Target-URI", _uri(same.url)),
        ("WARC-Refers-To-Date", moment(same.captured_at)),
        ("WARC-Truncated", "length"),
    ]
    return _record([*fields, *refers], head)


def grave(snapshot_id: str, at: datetime) -> bytes:
    """The record that stands where a deleted snapshot stood; it says nothing of the page."""
    fields = [
        ("WARC-Type", "metadata"),
        ("WARC-Record-ID", record_uri(snapshot_id, "deleted")),
        ("WARC-Date", moment(at)),
        ("WARC-Refers-To", record_uri(snapshot_id)),
        ("Content-Type", "application/warc-fields"),
    ]
    return _record(fields, b"deleted: yes\r\n")


def parse(record: bytes) -> ParsedRecord:
    """Take one uncompressed record apart. Raises EvidenceError when it is not a WARC record."""
    try:
        loaded = ArcWarcRecordLoader().parse_record_stream(
            BytesIO(record), known_format="warc", no_record_parse=True
        )
        block = loaded.raw_stream.read()
    except Exception as error:  # warcio raises many kinds on bytes that it cannot read
        raise EvidenceError(f"WARC 记录无法读取: {error}") from error
    kind = loaded.rec_type or ""
    if kind not in {"response", "revisit", "request"}:
        if kind != "resource":
            return ParsedRecord(type=kind, headers=(), body=b"")
        media = loaded.rec_headers.get_header("Content-Type") or ""
        return ParsedRecord(type=kind, headers=(("Content-Type", media),), body=block)
    head, _, body = block.partition(b"\r\n\r\n")
    lines = head.decode("utf-8", "surrogateescape").split("\r\n")[1:]
    pairs = (line.partition(":") for line in lines if line)
    return ParsedRecord(
        type=kind, headers=tuple((name, value.strip(" \t")) for name, _, value in pairs), body=body
    )


def _record(fields: Sequence[tuple[str, str]], block: bytes) -> bytes:
    headers = [*fields, ("WARC-Block-Digest", sha256(block)), ("Content-Length", str(len(block)))]
    head: bytes = StatusAndHeaders("", headers, protocol="WARC/1.1").to_bytes()
    if len(head) > HEAD_LIMIT:
        raise EvidenceError("WARC 记录头超过长度上限")
    return head + block + b"\r\n\r\n"


def _common(kind: str, capture: Capture, identity: str) -> list[tuple[str, str]]:
    fields = [
        ("WARC-Type", kind),
        ("WARC-Record-ID", identity),
        ("WARC-Date", moment(capture.captured_at)),
        ("WARC-Target-URI", _uri(capture.url)),
    ]
    if capture.ip:
        fields.append(("WARC-IP-Address", _line(capture.ip)))
    return fields


def _unanswered(capture: Capture, snapshot_id: str) -> bytes:
    kind, block, media = "metadata", _explanation(capture), "application/warc-fields"
    if capture.body:
        kind, block = "resource", capture.body
        media = _line(_header(capture.headers, "content-type") or "application/octet-stream")
    fields = [
        *_common(kind, capture, record_uri(snapshot_id)),
        ("WARC-Payload-Digest", sha256(block)),
        ("Content-Type", media.encode("ascii", "replace").decode()),
    ]
    return _record(fields, block)


def _explanation(capture: Capture) -> bytes:
    lines = [f"outcome: {capture.outcome.value}", f"profile: {capture.profile.value}"]
    lines += [f"hop: {hop.status} {_line(hop.url)}" for hop in capture.redirects]
    lines += [f"robots: {_line(capture.robots)}"] if capture.robots else []
    lines += [f"note: {_line(capture.note)}"] if capture.note else []
    return "".join(f"{line}\r\n" for line in lines).encode("utf-8", "surrogateescape")


def _stored(headers: Headers, length: int) -> list[tuple[str, str]]:
    """Response headers that fit the stored body: not chunked, no untrue Content-Length."""
    stored = []
    for name, value in headers:
        lowered = name.lower()
        untrue = lowered == "content-length" and value.strip() != str(length)
        renamed = untrue or lowered == "transfer-encoding"
        stored.append((_ORIGINAL + name if renamed else name, value))
    return stored


def _head(first: str, headers: Headers) -> bytes:
    lines = [first]
    for name, value in headers:
        if not name.startswith(":"):  # HTTP/2 pseudo-headers repeat what the first line says
            lines.append(f"{_NOT_TOKEN.sub('-', name) or '-'}: {_line(value)}")
    head = "\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape")
    if len(head) > HEAD_LIMIT:
        raise EvidenceError("HTTP 头超过长度上限")
    return head


def _status_line(status: int) -> str:
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Unknown"
    return f"HTTP/1.1 {status} {phrase}"


def _header(headers: Headers, wanted: str) -> str | None:
    return next((value for name, value in headers if name.lower() == wanted), None)


def _line(value: str) -> str:
    """One line of a header: what cannot stand in it becomes a space."""
    return _UNFIT.sub(" ", value).strip()


def _uri(url: str) -> str:
    return _URI_UNFIT.sub(lambda found: quote(found.group(), errors="replace"), url)
