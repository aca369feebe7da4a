"""The way to the timestamp authority: one POST to an address that egress has checked."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from cryptography.x509 import Certificate, load_pem_x509_certificates

from crawlers.egress import Egress
from domain.errors import ConfigError, RetryableError
from evidence.timestamps import Timestamps
from tickets.transports.http import body, posted

_QUERY, _REPLY = "application/timestamp-query", "application/timestamp-reply"
_PATIENCE = 15.0


def authority(url: str, roots: Path | None, egress: Egress) -> Timestamps:
    """The authority of the settings. Raises ConfigError when its roots cannot be read."""
    return Timestamps(authority=url, roots=_roots(roots), post=_post(url, egress))


def _roots(path: Path | None) -> list[Certificate]:
    if path is None:
        raise ConfigError("设置了时间戳服务，还须指明其根证书", at="evidence.timestamp_roots")
    try:
        return load_pem_x509_certificates(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ConfigError(f"时间戳服务的根证书无法读取：{error}", at=str(path)) from error


def _post(url: str, egress: Egress) -> Callable[[bytes], bytes]:
    """RFC 3161, section 3.4. The name is looked up and checked once, and that address dialled."""
    host = urlsplit(url).hostname or ""

    def post(request: bytes) -> bytes:
        egress.check(url)
        dialled = egress.addresses(host)[0]
        headers = {"Content-Type": _QUERY}
        try:
            with posted(
                url, dialled=dialled, headers=headers, content=request, timeout=_PATIENCE
            ) as answer:
                return _read(answer, url)
        except httpx.HTTPError as error:
            raise RetryableError(f"时间戳服务没有应答：{error}", at=url) from error

    return post


def _read(answer: httpx.Response, url: str) -> bytes:
    media = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if answer.status_code != httpx.codes.OK or media != _REPLY:
        raise RetryableError(f"时间戳服务应答 {answer.status_code} {media or '无类型'}", at=url)
    stamped = body(answer)
    if stamped is None:
        raise RetryableError("时间戳服务的应答过长", at=url)
    return stamped
