"""What robots of chat groups are told: one JSON object there, one back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from crawlers.egress import Egress, PolicyDenied
from domain.errors import PermanentError, RetryableError
from tickets.transports.http import body, posted, require_tls

_SECONDS = 10.0
_TRY_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


def post_json(egress: Egress, url: str, payload: Mapping[str, object]) -> Mapping[str, object]:
    """Post to a robot and return its answer. Redirects are not followed.

    Errors name the host only, because the address of a robot is its password. Raises
    RetryableError for what may pass, PermanentError for the rest.
    """
    host = urlsplit(url).hostname or ""
    try:
        egress.check(url)
        dialled = egress.addresses(host)[0]
    except PolicyDenied as error:
        raise PolicyDenied(error.message, at=host) from None
    require_tls(url, dialled, at=host)
    try:
        with posted(
            url,
            dialled=dialled,
            headers={"Content-Type": "application/json"},
            content=json.dumps(payload, ensure_ascii=False).encode(),
            timeout=_SECONDS,
        ) as answer:
            status, said = answer.status_code, body(answer)
    except httpx.HTTPError as error:
        raise RetryableError(f"连接失败：{type(error).__name__}", at=host) from None
    if said is None:
        raise PermanentError("答复过长", at=host)
    if status in _TRY_LATER:
        raise RetryableError(f"暂时不能处理（HTTP {status}）", at=host)
    if status != httpx.codes.OK:
        raise PermanentError(f"拒绝请求（HTTP {status}）", at=host)
    return answered(said, host)


def answered(said: bytes, host: str) -> Mapping[str, object]:
    """The JSON object that a robot answered. Raises PermanentError when it is none."""
    try:
        answer = json.loads(said)
    except (ValueError, RecursionError):
        answer = None
    if not isinstance(answer, dict):
        raise PermanentError("答复不是 JSON 对象", at=host)
    return answer
