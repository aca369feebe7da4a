"""The errors of the Elasticsearch client in the words of whoever has to act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from elasticsearch import ApiError, SSLError, TransportError, UnsupportedProductError
from elasticsearch.exceptions import ConnectionTimeout

from domain.errors import CluewatchError, PermanentError, RetryableError, Unindexable

SERVERS = (8, 9)
"""Major versions that the client talks to."""

NOT_FOUND = 404
CONFLICT = 409
TRY_LATER = frozenset({408, 429, 502, 503, 504})


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Raises RetryableError for what passes, PermanentError for what a person has to mend."""
    try:
        yield
    except (TransportError, ApiError) as error:
        raise _explanation(error, url) from error


def unsupported(version: str, url: str) -> PermanentError:
    """The error for a server that the client does not talk to."""
    found = f"对方的版本是 {version}，不受支持" if version else "对方不是 Elasticsearch 8 或 9"
    return PermanentError(
        f"{found}；请换用 Elasticsearch 8 或 9，或清空 search.url 改用内置索引", at=url
    )


def _explanation(error: TransportError | ApiError, url: str) -> CluewatchError:
    match error:
        case SSLError():
            return PermanentError(
                "Elasticsearch 的证书不受信任；请在 search.ca_certificate 填写其 CA 证书文件",
                at=url,
            )
        case ConnectionTimeout():
            return RetryableError("Elasticsearch 没有及时应答，稍后会重试", at=url)
        case TransportError():
            return RetryableError(
                "连不上 Elasticsearch；请确认它已启动、search.url 的地址和端口正确"
                "（启用了 TLS 时以 https:// 开头）",
                at=url,
            )
        case UnsupportedProductError():
            return unsupported("", url)
        case _:
            return _refusal(error, url)


def _refusal(error: ApiError, url: str) -> CluewatchError:
    status = error.meta.status
    if "media_type_header" in error.message:
        return unsupported("", url)
    if status in (401, 403):
        return PermanentError(
            f"Elasticsearch 拒绝访问（{status}）；请在 search.api_key 填写对该索引有权限的密钥",
            at=url,
        )
    if status == NOT_FOUND:
        return PermanentError("索引还不存在；请运行 cluewatch index rebuild", at=url)
    if status in TRY_LATER:
        return RetryableError(f"Elasticsearch 暂时不能处理（{status}），稍后会重试", at=url)
    return PermanentError(f"Elasticsearch 不接受这个请求：{error}", at=url)


def item_refused(document: str, status: int, reason: str, url: str) -> CluewatchError:
    """The error for one document of a bulk request that was not written."""
    if status == NOT_FOUND:
        return RetryableError("索引刚刚换成了新的一代，请再写一次", at=url)
    if status in TRY_LATER:
        return RetryableError(f"Elasticsearch 忙不过来（{status}），稍后会重试", at=url)
    return Unindexable(f"Elasticsearch 拒收文档：{reason[:500]}", at=document)
