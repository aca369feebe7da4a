"""Single pages and documents that somebody saved: HTML, MHTML, pictures, office files."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime
from pathlib import Path
from urllib.parse import quote, urljoin

from crawlers.canonical import split
from crawlers.importers.records import MAX_BODY, TOO_LONG, ImportOptions, ImportRecord, imported
from crawlers.importers.scrub import scrub
from crawlers.importers.sidecar import Stated, stated
from domain.captures import Acquisition
from domain.errors import PermanentError
from language.charset import to_text

_HEAD = 8192
_SAVED_FROM = re.compile(r"<!--\s*saved from url=\((\d{1,5})\)(\S+)", re.IGNORECASE)
_SINGLE_FILE = re.compile(
    r"Page saved with SingleFile\s+url:\s*(\S+)(?:\s+saved date:\s*([^\n]+))?"
)
_NO_ADDRESS = "没有网址：请用 --url、--base-url 或对照表 CSV（file,url,captured_at）说明"


def read_html(path: Path, *, options: ImportOptions) -> Iterator[ImportRecord]:
    """One saved page. Its address: the option, the sidecar, the "saved from" comment, else
    `base_url` with the file's name; its moment: option, sidecar, comment, else the file's time."""
    body = path.read_bytes()
    try:
        said = stated(path, options)
    except PermanentError as error:
        yield ImportRecord(record=path.name, error=str(error))
        return
    head, _, _ = to_text(body[:_HEAD])
    comment = _comment(head)
    url = options.url or said.url or comment.url or _appended(path, options)
    moment = options.captured_at or said.captured_at or comment.captured_at or file_time(path)
    yield _page(path.name, url, moment, body, (("Content-Type", "text/html"),))


def read_mhtml(path: Path, *, options: ImportOptions) -> Iterator[ImportRecord]:
    """The root page of an MHTML archive; its pictures and frames stay in the archive."""
    message = message_from_bytes(path.read_bytes(), policy=policy.default)
    part = next((p for p in message.walk() if p.get_content_type() == "text/html"), None)
    if not isinstance(part, EmailMessage):
        yield ImportRecord(record=path.name, error=f"{path.name}：MHTML 里没有网页部分")
        return
    payload = part.get_payload(decode=True)
    located = message.get("Snapshot-Content-Location") or part.get("Content-Location")
    url = options.url or (str(located) if located else None) or _appended(path, options)
    moment = options.captured_at or _mail_date(message.get("Date")) or file_time(path)
    declared = str(part.get("Content-Type", "text/html"))
    body = payload if isinstance(payload, bytes) else b""
    yield _page(path.name, url, moment, body, (("Content-Type", declared),))


def read_document(path: Path, media: str, *, options: ImportOptions) -> Iterator[ImportRecord]:
    """A picture or an office document: a screenshot, a leaflet, an attachment that was saved. Its
    address is told as for a saved page."""
    try:
        said = stated(path, options)
    except PermanentError as error:
        yield ImportRecord(record=path.name, error=str(error))
        return
    url = options.url or said.url or _appended(path, options)
    moment = options.captured_at or said.captured_at or file_time(path)
    headers = (("Content-Type", media),)
    yield _page(path.name, url, moment, path.read_bytes(), headers, Acquisition.IMPORT_FILE)


def _page(  # noqa: PLR0917 - the parts of one record
    name: str,
    url: str | None,
    moment: datetime,
    body: bytes,
    headers: tuple[tuple[str, str], ...],
    acquisition: Acquisition = Acquisition.IMPORT_HTML,
) -> ImportRecord:
    if url is None:
        return ImportRecord(record=name, error=f"{name}：{_NO_ADDRESS}")
    if split(url) is None:
        return ImportRecord(record=name, url=url, error=f"{name}：网址无效（{url[:200]}）")
    if len(body) > MAX_BODY:
        return ImportRecord(record=name, url=url, error=f"{name}：{TOO_LONG}")
    clean = scrub(url, headers, body)
    capture = imported(
        url=clean.url,
        captured_at=moment,
        acquisition=acquisition,
        body=clean.body,
        headers=clean.headers,
        note=clean.note,
    )
    return ImportRecord(record=name, url=clean.url, capture=capture)


def _comment(head: str) -> Stated:
    found = _SAVED_FROM.search(head)
    if found:
        return Stated(url=found[2][: int(found[1])])
    found = _SINGLE_FILE.search(head)
    if found:
        return Stated(url=found[1], captured_at=_script_date(found[2]))
    return Stated()


def _script_date(text: str | None) -> datetime | None:
    """A date as JavaScript prints it: Fri Nov 20 2026 10:00:00 GMT+0800 (…)."""
    cleaned = (text or "").partition("(")[0].strip().replace("GMT", "")
    try:
        return datetime.strptime(cleaned, "%a %b %d %Y %H:%M:%S %z")
    except ValueError:
        return None


def _mail_date(text: object) -> datetime | None:
    try:
        moment = parsedate_to_datetime(str(text))
    except (TypeError, ValueError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _appended(path: Path, options: ImportOptions) -> str | None:
    return urljoin(options.base_url, quote(path.name)) if options.base_url else None


def file_time(path: Path) -> datetime:
    """When a file was last written: the best guess where nothing says when a page was saved."""
    return datetime.fromtimestamp(path.stat().st_mtime, UTC)
