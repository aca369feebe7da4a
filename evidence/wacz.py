"""A sealed WARC as a WACZ 1.1.1 file, which replay programs such as ReplayWeb.page open.

Source: specs.webrecorder.net/wacz/1.1.1 and the CDXJ and ZIP numbered index formats it refers to.
"""

from __future__ import annotations

import gzip
import io
import json
import zipfile
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from attrs import frozen
from warcio.archiveiterator import ArchiveIterator

from domain.captures import Seal, Snapshot
from domain.ids import derive_id
from evidence.digests import sha256

_SHOWN = frozenset({"response", "revisit", "resource"})
_WARC = "data.warc.gz"
_DEFAULT_PORTS = {"http": 80, "https": 443}


@frozen(kw_only=True)
class _Part:
    """One file inside; `stored` files are read in place, so they must not be compressed again."""

    path: str
    data: bytes
    stored: bool = False


def wacz(*, packed: bytes, seal: Seal, shown: Snapshot, title: str) -> bytes:
    """The WACZ file of a seal whose page is `shown`, from its WARC as it is `packed`; the same
    seal gives the same bytes."""
    index = gzip.compress("".join(_index(packed)).encode(), mtime=0)
    parts = [
        _Part(path=f"archive/{_WARC}", data=packed, stored=True),
        _Part(path="indexes/index.cdx.gz", data=index, stored=True),
        _Part(path="indexes/index.idx", data=_secondary(index)),
        _Part(path="pages/pages.jsonl", data=_pages(shown, title)),
    ]
    package = _package(parts, seal, shown, title)
    digest = {"path": "datapackage.json", "hash": sha256(package)}
    parts += [
        _Part(path="datapackage.json", data=package),
        _Part(path="datapackage-digest.json", data=_json(digest)),
    ]
    return _zip(parts, seal.sealed_at)


def sort_key(url: str) -> str:
    """The address in the order of its host's names, as replay programs look it up (SURT)."""
    parts = urlsplit(url.lower())
    host = parts.hostname or ""
    first, _, rest = host.partition(".")
    if first.startswith("www") and (first[3:].isdigit() or first == "www") and rest:
        host = rest
    port = "" if parts.port in (None, _DEFAULT_PORTS.get(parts.scheme)) else f":{parts.port}"
    query = urlencode(sorted(parse_qsl(parts.query, keep_blank_values=True)))
    names = ",".join(reversed(host.split(".")))
    return f"{names}{port}){parts.path or '/'}" + (f"?{query}" if query else "")


def _index(packed: bytes) -> list[str]:
    records = ArchiveIterator(io.BytesIO(packed))
    lines = []
    for record in records:
        if record.rec_type not in _SHOWN:
            continue
        headers, url = record.rec_headers, record.rec_headers.get_header("WARC-Target-URI")
        record.content_stream().read()
        line: dict[str, Any] = {
            "url": url,
            "mime": _mime(record),
            "status": record.http_headers.get_statuscode() if record.http_headers else "200",
            "digest": headers.get_header("WARC-Payload-Digest"),
            "length": str(records.get_record_length()),
            "offset": str(records.get_record_offset()),
            "filename": _WARC,
        }
        at = _digits(headers.get_header("WARC-Date"))
        lines.append(f"{sort_key(url)} {at} {json.dumps(line, ensure_ascii=False)}\n")
    return sorted(lines)


def _mime(record: Any) -> str:
    if record.rec_type == "revisit":
        return "warc/revisit"
    headers = record.http_headers or record.rec_headers
    return (headers.get_header("Content-Type") or "").partition(";")[0].strip()


def _digits(moment: str) -> str:
    at = datetime.fromisoformat(moment).astimezone(UTC)
    return at.strftime("%Y%m%d%H%M%S") + f"{at.microsecond // 1000:03d}"


def _secondary(index: bytes) -> bytes:
    """The index of the compressed index: one block holds all of it."""
    first = gzip.decompress(index).decode().split(" {", 1)[0].strip()
    meta = {"format": "cdxj-gzip-1.0", "filename": "index.cdx.gz"}
    block = {"offset": 0, "length": len(index), "digest": sha256(index)}
    return f"!meta 0 {json.dumps(meta)}\n{first} {json.dumps(block)}\n".encode()


def _pages(shown: Snapshot, title: str) -> bytes:
    head = {"format": "json-pages-1.0", "id": "pages", "title": "All Pages"}
    page = {
        "id": derive_id("page", shown.id),
        "url": shown.url,
        "ts": _moment(shown.captured_at),
        "title": title,
    }
    return b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in (head, page))


def _package(parts: list[_Part], seal: Seal, shown: Snapshot, title: str) -> bytes:
    return _json(
        {
            "profile": "data-package",
            "wacz_version": "1.1.1",
            "title": title,
            "software": "Cluewatch",
            "created": _moment(seal.sealed_at),
            "mainPageUrl": shown.url,
            "mainPageDate": _moment(shown.captured_at),
            "resources": [
                {
                    "name": part.path.rpartition("/")[2].lower(),
                    "path": part.path,
                    "hash": sha256(part.data),
                    "bytes": len(part.data),
                }
                for part in parts
            ],
        }
    )


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode()


def _zip(parts: list[_Part], at: datetime) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for part in parts:
            info = zipfile.ZipInfo(part.path, date_time=at.astimezone(UTC).timetuple()[:6])
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_STORED if part.stored else zipfile.ZIP_DEFLATED
            archive.writestr(info, part.data)
    return made.getvalue()
