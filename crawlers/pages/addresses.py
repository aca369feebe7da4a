"""Addresses as page authors write them, made absolute."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import urljoin

from crawlers.canonical import archived_original, canonical_url, split

_BLANKS = re.compile(r"[\t\r\n\x00-\x1f]")
_SCHEME = re.compile(r"\A[a-zA-Z][a-zA-Z0-9+.-]*:")
_SCHEMELESS = re.compile(
    r"\Awww\.[\w-]+(?:\.[\w-]+)+(?:[/?#:]|\Z)|\A[\w-]+(?:\.[\w-]+)*\.(?:com|cn|net|org)/", re.ASCII
)


def base_of(url: str, declared: str | None) -> str:
    """What relative addresses of a page refer to: `<base href>` when it is usable, else the page.

    A web archive's raw copy refers to the original site.
    """
    url = archived_original(url)
    if declared:
        joined = absolute(declared, url)
        if joined is not None:
            return joined
    return url


def absolute(written: str, base: str) -> str | None:
    """The canonical absolute address, or None for what is no http(s) address.

    Backslashes, blanks, line breaks, a missing scheme before `www.` and unescaped Chinese are
    understood as browsers understand them.
    """
    written = _BLANKS.sub("", written).strip().replace("\\", "/")
    if not written or written.startswith("#"):
        return None
    try:
        return _usable(_joined(written, base))
    except ValueError:
        return None


def _joined(written: str, base: str) -> str:
    if _SCHEME.match(written):
        return written
    if _SCHEMELESS.match(written):
        return "http://" + written
    if written.startswith("/") and not written.startswith("//"):
        return _origin(base) + written
    return urljoin(base, written)


@lru_cache(maxsize=65536)
def _usable(url: str) -> str | None:
    return canonical_url(url) if split(url) is not None else None


@lru_cache(maxsize=1024)
def _origin(base: str) -> str:
    parts = split(base)
    return f"{parts.scheme}://{parts.netloc}" if parts is not None else ""
