"""Downloads that connect to checked addresses only, and keep the answer's headers as they came."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from scrapy import Request
from scrapy.core.downloader.handlers._aiohttp import AiohttpDownloadHandler, _ClientResponse
from scrapy.crawler import Crawler
from scrapy.utils.ssl import _make_ssl_context

from crawlers.egress import Egress


class EgressBound(Protocol):
    """A spider that carries the rules of the way out."""

    egress: Egress


class CheckedResolver(AbstractResolver):
    """Gives the connector the addresses that egress permits, and nothing else to dial."""

    def __init__(self, egress: Egress) -> None:
        self._egress = egress

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of `host`. Raises PolicyDenied, Unresolved."""
        found = await asyncio.to_thread(self._egress.addresses, host)
        wanted = (socket.AF_INET, socket.AF_INET6) if family == socket.AF_UNSPEC else (family,)
        return [_dialled(host, address, port) for address in found if _family(address) in wanted]

    async def close(self) -> None:
        """Nothing is held open."""


class CheckedDownloadHandler(AiohttpDownloadHandler):
    """Scrapy's aiohttp handler behind the egress rules.

    Three checks, so that no trick of names gets past: the address as written, the resolver's
    answer, and the very address that a socket is opened for. The spider carries the rules.
    """

    experimental = False

    def __init__(self, crawler: Crawler) -> None:
        # The parent would open a session of its own, with a connector that resolves by itself.
        super(AiohttpDownloadHandler, self).__init__(crawler)
        self._egress = cast("EgressBound", crawler.spider).egress
        self._ssl_context = _make_ssl_context(crawler.settings)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=CheckedResolver(self._egress),
                use_dns_cache=False,
                socket_factory=self._open_socket,
                limit=self._pool_size_total,
                limit_per_host=self._pool_size_per_host,
            ),
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            response_class=_ClientResponse,
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
        )

    @asynccontextmanager
    async def _make_request(
        self, request: Request, timeout: float
    ) -> AsyncIterator[_ClientResponse]:
        self._egress.check(request.url)
        async with super()._make_request(request, timeout) as response:
            request.meta["answer_headers"] = _decoded(response.raw_headers)
            request.meta["request_headers"] = tuple(response.request_info.headers.items())
            yield response

    def _open_socket(self, info: Any) -> socket.socket:
        family, kind, protocol, _, address = info
        self._egress.permit(address[0])
        return socket.socket(family=family, type=kind, proto=protocol)


def _decoded(headers: tuple[tuple[bytes, bytes], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers)


def _dialled(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=_family(address),
        proto=0,
        flags=socket.AI_NUMERICHOST,
    )


def _family(address: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in address else socket.AF_INET
