"""One POST to a host outside, at an address that was checked, little of the answer read."""

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache

import httpx

from domain.errors import PermanentError

MOST_BYTES = 64 * 1024
"""As much as is read of an answer."""


@contextmanager
def posted(
    url: str,
    *,
    dialled: str,
    headers: Mapping[str, str],
    content: bytes | Iterable[bytes],
    timeout: float,
) -> Iterator[httpx.Response]:
    """The answer to a POST, its body still to be read. Redirects are not followed.

    `dialled` is the checked address of the URL's host; the name, not the address, is what the
    certificate must be for. Raises httpx.HTTPError.
    """
    target = httpx.URL(url)
    with (
        httpx.Client(verify=_trust(), trust_env=False, timeout=timeout) as client,
        client.stream(
            "POST",
            target.copy_with(host=dialled),
            headers={**headers, "Host": target.netloc.decode("ascii")},
            extensions={"sni_hostname": target.host},
            content=content,
        ) as answer,
    ):
        yield answer


def body(answer: httpx.Response) -> bytes | None:
    """The body, None when it is longer than MOST_BYTES. Raises httpx.HTTPError."""
    read = b""
    for chunk in answer.iter_bytes():
        read += chunk
        if len(read) > MOST_BYTES:
            return None
    return read


def require_tls(url: str, dialled: str, *, at: str) -> None:
    """Raise PermanentError for plain HTTP to anything but loopback."""
    if not url.startswith("https:") and not ipaddress.ip_address(dialled).is_loopback:
        raise PermanentError("本机以外的接收方须使用 https", at=at)


@cache
def _trust() -> ssl.SSLContext:
    """The system's roots; reading them takes longer than a request."""
    return ssl.create_default_context()
