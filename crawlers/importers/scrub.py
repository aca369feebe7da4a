"""Secrets of the person who saved a page, taken out before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from attrs import frozen

_HEADERS = frozenset(
    {"cookie", "set-cookie", "set-cookie2", "authorization", "proxy-authorization", "x-csrf-token"}
)
_ARCHIVED = "x-archive-orig-"
_PARAMETERS = frozenset(
    {
        "key", "pass_ticket", "uin", "token", "appmsg_token", "wxtoken", "openid", "unionid",
        "access_token", "refresh_token", "session_key", "exportkey", "wx_header", "devicetype",
    }
)  # fmt: skip


@frozen(kw_only=True)
class Scrubbed:
    """Address and headers without secrets; `removed` names what was taken out (never values)."""

    url: str
    headers: tuple[tuple[str, str], ...]
    removed: tuple[str, ...]

    @property
    def note(self) -> str | None:
        """What was removed, in words for the capture's note."""
        return f"导入时已移除敏感信息：{'、'.join(self.removed)}" if self.removed else None


def scrub(url: str, headers: Iterable[tuple[str, str]]) -> Scrubbed:
    """Drop cookies, authorisation and session parameters of an imported record."""
    kept: list[tuple[str, str]] = []
    removed: list[str] = []
    for name, value in headers:
        if name.lower().removeprefix(_ARCHIVED) in _HEADERS:
            removed.append(name)
        else:
            kept.append((name, value))
    address, parameters = _without_parameters(url)
    names = tuple(dict.fromkeys([*removed, *parameters]))
    return Scrubbed(url=address, headers=tuple(kept), removed=names)


def _without_parameters(url: str) -> tuple[str, Sequence[str]]:
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
    return address + (mark if joined else "") + joined + hash_mark + fragment, removed
