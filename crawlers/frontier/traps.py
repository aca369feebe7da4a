"""Addresses that lead nowhere: recognised by their shape, before anything is fetched."""

from __future__ import annotations

import re
from collections import Counter
from urllib.parse import urlsplit

from attrs import frozen

from crawlers.pages.blocked import is_blocked

_DIGITS = re.compile(r"\d+")
_NOT_PAGES = frozenset(
    {
        "7z", "apk", "avi", "bmp", "bz2", "css", "dmg", "eot", "exe", "flv", "gif", "gz", "ico",
        "ipa", "iso", "jpeg", "jpg", "m4a", "m4v", "map", "mov", "mp3", "mp4", "mpg", "ogg", "otf",
        "png", "psd", "rar", "rm", "swf", "tar", "tgz", "tif", "tiff", "ttf", "wav", "webm",
        "webp", "wma", "wmv", "woff", "woff2", "zip",
    }
)  # fmt: skip


@frozen(kw_only=True)
class TrapLimits:
    """Bounds of sources.md 3.8.

    `per_shape` and `per_source` are the most addresses that one shape of a host and one source may
    have in the frontier. A shape is closed when after `trial` fetches fewer than `least_novelty`
    of them said anything new, or already after `first_trial` when only the first one did.
    """

    path_depth: int = 8
    repeated_segment: int = 2
    parameters: int = 6
    length: int = 2000
    first_trial: int = 12
    trial: int = 50
    least_novelty: float = 0.05
    per_shape: int = 5000
    per_source: int = 20000


LIMITS = TrapLimits()


def shape_of(url: str) -> str:
    """The address with numbers masked and parameters reduced to their names."""
    parts = urlsplit(url)
    path = _DIGITS.sub("#", parts.path)
    names = sorted({pair.partition("=")[0] for pair in parts.query.split("&") if pair})
    return (path + ("?" + "&".join(_DIGITS.sub("#", name) for name in names) if names else ""))[
        :500
    ]


def refusal(url: str, limits: TrapLimits = LIMITS, *, picture: bool = False) -> str | None:
    """Why this address must not enter the frontier, in words; None when it may. A `picture` is
    wanted although it is no page."""
    parts = urlsplit(url)
    segments = [segment for segment in parts.path.split("/") if segment]
    repeated = max(Counter(segments).values(), default=0)
    suffix = segments[-1].rpartition(".")[2].lower() if segments else ""
    grounds = (
        (is_blocked(url), "广告跳转、在线咨询或统计地址，访问会产生副作用"),
        (suffix in _NOT_PAGES and not picture, "不是网页的文件"),
        (len(url) > limits.length, f"网址超过 {limits.length} 个字符"),
        (len(segments) > limits.path_depth, f"路径超过 {limits.path_depth} 层"),
        (repeated > limits.repeated_segment, "路径段重复，疑似相对链接陷阱"),
        (
            parts.query.count("&") >= limits.parameters,
            f"参数超过 {limits.parameters} 个，疑似筛选陷阱",
        ),
    )
    return next((words for applies, words in grounds if applies), None)


def closed(*, admitted: int, fetched: int, novel: int, limits: TrapLimits = LIMITS) -> str | None:
    """Why no more addresses of a shape are admitted; None while they are."""
    if admitted >= limits.per_shape:
        return f"同形网址已达 {limits.per_shape} 个"
    stale = fetched >= limits.trial and novel < limits.least_novelty * fetched
    if stale or (fetched >= limits.first_trial and novel <= 1):
        return f"同形网址 {fetched} 次抓取中仅 {novel} 次有新内容"
    return None
