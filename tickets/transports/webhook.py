"""Delivery by HTTP: one signed ZIP, the same key every time, to an address that was checked."""

from __future__ import annotations

import hashlib
import json
import tempfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

import httpx
from attrs import frozen

from domain.errors import PermanentError, RetryableError
from domain.ports import Clock, WayOut
from tickets import signing
from tickets.transports.http import body, posted, require_tls

TIMEOUT_SECONDS = 30.0
_RETRYABLE = frozenset({408, 409, 423, 425, 429})
_RECEIPT_WORDS = 300
_CHUNK = 256 * 1024
_FIRST_ZIP_DAY = (1980, 1, 1, 0, 0, 0)


@frozen(kw_only=True)
class Webhook:
    """Posts packages to offices' receivers.

    `secrets` are shared with each office, by its id. Any 2xx is the receipt; a JSON answer may
    carry its words in `receipt`. Whoever honours the Idempotency-Key takes a package once, however
    often the connection breaks after accepting. Redirects are refused, and so is plain HTTP to
    anything but loopback.
    """

    secrets: Mapping[str, str]
    way_out: WayOut
    clock: Clock
    timeout: float = TIMEOUT_SECONDS

    def deliver(self, *, key: str, office: str, address: str, files: Sequence[Path]) -> str:
        """See domain.ports.Transport; `address` is the receiver's URL."""
        secret = self.secrets.get(office, "")
        if not secret:
            raise PermanentError(
                "没有配置该机关的 webhook 密钥（dispatch.webhook_secrets）", at=office
            )
        self.way_out.check(address)
        host = urlsplit(address).hostname or ""
        with tempfile.TemporaryFile() as package:
            digest = _zip(files, package)
            problem: httpx.HTTPError | None = None
            for dialled in self.way_out.addresses(host):
                require_tls(address, dialled, at=address)
                headers = signing.sign(secret, key=key, digest=digest, at=self.clock.now())
                try:
                    return self._post(address, dialled, package, headers)
                except httpx.HTTPError as error:
                    problem = error
        raise RetryableError(f"无法送达：{type(problem).__name__} {problem}", at=address)

    def _post(self, url: str, dialled: str, package: IO[bytes], headers: Mapping[str, str]) -> str:
        size = package.seek(0, 2)
        package.seek(0)
        told = {**headers, "Content-Type": "application/zip", "Content-Length": str(size)}
        with posted(
            url, dialled=dialled, headers=told, content=_chunks(package), timeout=self.timeout
        ) as answer:
            return _receipt(answer, url)


def _zip(files: Sequence[Path], target: IO[bytes]) -> str:
    """Write the package, the same bytes for the same files; returns its SHA-256 in hex."""
    names = [file.name for file in files]
    if not names or len(set(names)) < len(names):
        raise PermanentError(f"投递包为空，或文件重名：{'、'.join(names)}")
    with zipfile.ZipFile(target, "w") as package:
        for file in files:
            member = zipfile.ZipInfo(file.name, date_time=_FIRST_ZIP_DAY)
            with file.open("rb") as source, package.open(member, "w", force_zip64=True) as entry:
                while chunk := source.read(_CHUNK):
                    entry.write(chunk)
    target.seek(0)
    digest = hashlib.sha256()
    for chunk in _chunks(target):
        digest.update(chunk)
    return digest.hexdigest()


def _chunks(package: IO[bytes]) -> Iterator[bytes]:
    while chunk := package.read(_CHUNK):
        yield chunk


def _receipt(answer: httpx.Response, url: str) -> str:
    status = answer.status_code
    if answer.is_success:
        return f"对方已接收（HTTP {status}）{_words(answer)}"
    if status in _RETRYABLE or status >= 500:
        raise RetryableError(f"对方暂不接收：HTTP {status}", at=url)
    raise PermanentError(f"对方拒收：HTTP {status}", at=url)


def _words(answer: httpx.Response) -> str:
    """What the receiver says of itself. It has accepted already: nothing here may fail."""
    try:
        said = json.loads(body(answer) or b"{}")
    except (ValueError, RecursionError, httpx.HTTPError):
        return ""
    words = said.get("receipt", "") if isinstance(said, dict) else ""
    if not isinstance(words, str) or not words:
        return ""
    shown = "".join(character for character in words if character.isprintable())
    return f"：{shown[:_RECEIPT_WORDS]}"
