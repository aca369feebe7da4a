"""Secrets of the person who saved a page, taken out before anything is stored."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import frozen

from language.decoding import BadContent, decode_body

_HEADERS = frozenset(
    {"cookie", "set-cookie", "set-cookie2", "authorization", "proxy-authorization",
     "x-csrf-token", "x-xsrf-token", "x-auth-token", "x-access-token", "x-wechat-key",
     "x-wechat-uin"}
)  # fmt: skip
_ADDRESS_HEADERS = frozenset({"location", "content-location", "referer", "refresh", "link"})
_ARCHIVED = "x-archive-orig-"
_PARAMETERS = frozenset(
    {
        "key", "pass_ticket", "uin", "token", "appmsg_token", "wxtoken", "openid", "unionid",
        "access_token", "refresh_token", "session_key", "exportkey", "wx_header", "devicetype",
    }
)  # fmt: skip
# Names that mean a session wherever they stand. `key` and `token` mean other things too, so they
# count as secrets of a body only in an address and with a value of the length of one.
_SECRET = rb"pass_ticket|appmsg_token|wxtoken|access_token|refresh_token|session_key|exportkey"
_IN_ADDRESS = re.compile(
    rb"(?<=[?&;])(" + _SECRET + rb"|openid|unionid|uin|key|token)(?:=|%3D)"
    rb"([A-Za-z0-9%+/_\-.~]{12,2000}=*)"
)
_ASSIGNED = re.compile(
    rb"\b(" + _SECRET + rb"|openid|unionid|authorization|cookie)[\"']?\s*[:=]\s*"
    rb"[\"']([^\"'\r\n<>]{8,4000})[\"']",
    re.IGNORECASE,
)
_WIRE_HEADERS = frozenset({"content-encoding", "content-length"})


@frozen(kw_only=True)
class Scrubbed:
    """A record without secrets; `removed` names what was taken out (never values)."""

    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes
    removed: tuple[str, ...]

    @property
    def note(self) -> str | None:
        """What was removed, in words for the capture's note."""
        return f"导入时已移除敏感信息：{'、'.join(self.removed)}" if self.removed else None


def scrub(url: str, headers: Iterable[tuple[str, str]], body: bytes = b"") -> Scrubbed:
    """Take cookies, authorisation and session parameters out of an imported record.

    A secret in the body is crossed out by as many `x`, so that offsets hold. A compressed body
    that holds one is stored decoded, without the headers of its encoding; any other body stays as
    it is, byte for byte.
    """
    kept: list[tuple[str, str]] = []
    removed: list[str] = []
    for name, value in headers:
        plain = name.lower().removeprefix(_ARCHIVED)
        if plain in _HEADERS:
            removed.append(name)
            continue
        written, dropped = _without_parameters(value) if plain in _ADDRESS_HEADERS else (value, ())
        removed.extend(f"{name} 的{one}" for one in dropped)
        kept.append((name, written))
    address, parameters = _without_parameters(url)
    decoded = decode_body(kept, body)
    clean, crossed = _crossed_out(b"" if isinstance(decoded, BadContent) else decoded)
    if crossed and decoded is not body:
        kept = [one for one in kept if one[0].lower() not in _WIRE_HEADERS]
    names = (*removed, *parameters, *(f"正文 {name}" for name in crossed))
    return Scrubbed(
        url=address,
        headers=tuple(kept),
        body=clean if crossed else body,
        removed=tuple(dict.fromkeys(names)),
    )


def _crossed_out(body: bytes) -> tuple[bytes, list[str]]:
    names: list[str] = []

    def crossed(match: re.Match[bytes]) -> bytes:
        names.append(match[1].decode().lower())
        start, end = match.start(2) - match.start(), match.end(2) - match.start()
        return match[0][:start] + b"x" * (end - start) + match[0][end:]

    return _ASSIGNED.sub(crossed, _IN_ADDRESS.sub(crossed, body)), names


def _without_parameters(url: str) -> tuple[str, tuple[str, ...]]:
    address, mark, query = url.partition("?")
    query, hash_mark, fragment = query.partition("#")
    kept: list[str] = []
    removed: list[str] = []
    for pair in query.split("&"):
        name = pair.partition("=")[0]
        if name.lower() in _PARAMETERS:
            removed.append(f"参数 {name}")
        else:
            kept.append(pair)
    if not removed:
        return url, ()
    joined = "&".join(kept)
    return address + (mark if joined else "") + joined + hash_mark + fragment, tuple(removed)
