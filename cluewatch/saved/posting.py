"""Talking to strangers' servers: only checked addresses are dialled, and little is read."""

from __future__ import annotations

import ipaddress
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx

from crawlers.egress import Egress, PolicyDenied
from domain.errors import PermanentError, RetryableError

_SECONDS = 10.0
_MOST_BYTES = 64 * 1024
_TRY_LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


def checked_address(egress: Egress, host: str) -> str:
    """An address of `host` that may be dialled. Raises PolicyDenied or RetryableError."""
    return egress.addresses(host)[0]


def post_json(egress: Egress, url: str, payload: Mapping[str, object]) -> Mapping[str, object]:
    """Post to a robot and return its answer. Redirects are not followed.

    Errors name the host only, because the address of a robot is its password. Raises
    RetryableError for what may pass, PermanentError for the rest.
    """
    host = urlsplit(url).hostname or ""
    try:
        egress.check(url)
        address = checked_address(egress, host)
    except PolicyDenied as error:
        raise PolicyDenied(error.message, at=host) from None
    if not url.startswith("https://") and not ipaddress.ip_address(address).is_loopback:
        raise PolicyDenied("机器人地址含口令，只能用 https", at=host)
    try:
        status, body = _exchanged(url, address, host, payload)
    except httpx.HTTPError as error:
        raise RetryableError(f"连接失败：{type(error).__name__}", at=host) from None
    if status in _TRY_LATER:
        raise RetryableError(f"暂时不能处理（HTTP {status}）", at=host)
    if status != httpx.codes.OK:
        raise PermanentError(f"拒绝请求（HTTP {status}）", at=host)
    return _object(body, host)


def _exchanged(
    url: str, address: str, host: str, payload: Mapping[str, object]
) -> tuple[int, bytes]:
    asked = httpx.URL(url)
    with (
        httpx.Client(trust_env=False, timeout=_SECONDS, follow_redirects=False) as client,
        client.stream(
            "POST",
            asked.copy_with(host=address),
            headers={"Host": asked.netloc.decode("ascii")},
            extensions={"sni_hostname": host},
            json=payload,
        ) as response,
    ):
        body = b""
        for part in response.iter_bytes():
            body += part
            if len(body) > _MOST_BYTES:
                raise PermanentError("答复过长", at=host)
        return response.status_code, body


def _object(body: bytes, host: str) -> Mapping[str, object]:
    try:
        answer = json.loads(body)
    except ValueError:
        answer = None
    if not isinstance(answer, dict):
        raise PermanentError("答复不是 JSON 对象", at=host)
    return answer
