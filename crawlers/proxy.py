"""The browser's only way out: a proxy on loopback that dials checked addresses and nothing else.

Nothing can hook the connections of a browser; so it is given no resolver and no route but this.
"""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from attrs import define, field, frozen

from crawlers.egress import Egress, PolicyDenied, Unresolved
from crawlers.pages.blocked import is_blocked

MOST_REQUESTS = 400
MOST_BYTES = 64 * 1024 * 1024
_HEAD_BYTES = 64 * 1024
_PIECE = 64 * 1024
_DIAL_SECONDS = 15.0
_ADMISSION_SECONDS = 1.0
_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_USUAL_PORTS = frozenset({80, 443})
_REFUSED = b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@frozen(kw_only=True)
class PageRules:
    """What may be asked for while `page` is shown: checked hosts and addresses, no ad redirectors,
    widgets and analytics, and no ports but the page's own and those of the web."""

    egress: Egress
    page: str

    def refusal(self, url: str) -> str | None:
        """Why `url` may not be requested; None when it may."""
        try:
            self.egress.check(url)
        except PolicyDenied as error:
            return error.message
        wanted, own = urlsplit(url), urlsplit(self.page)
        ports = _USUAL_PORTS | {own.port} if wanted.hostname == own.hostname else _USUAL_PORTS
        if wanted.port is not None and wanted.port not in ports:
            return f"端口 {wanted.port} 与页面无关"
        # The list names hosts without ports, and a port must not lead around it.
        portless = wanted._replace(netloc=wanted.hostname or "").geturl()
        return "广告跳转、在线咨询或统计地址" if is_blocked(portless) else None

    def lets_load(self, url: str) -> bool:
        """Whether the page may have this, be it from itself (data, blob) or from the web."""
        return urlsplit(url).scheme in {"data", "blob"} or self.refusal(url) is None


@define(kw_only=True)
class Traffic:
    """What one page caused. `refused` names the first refusals, with reasons.

    `answers` are the addresses that each name was looked up to, of which the first was dialled;
    `unanswered` the hosts that have no address or did not take the call.
    """

    requests: int = 0
    bytes: int = 0
    refused: list[str] = field(factory=list)
    answers: dict[str, tuple[str, ...]] = field(factory=dict)
    unanswered: set[str] = field(factory=set)

    @property
    def is_spent(self) -> bool:
        """Whether the page has used up what its assets may cost."""
        return self.requests > MOST_REQUESTS or self.bytes > MOST_BYTES

    def refuse(self, url: str, reason: str) -> None:
        """Note a refusal."""
        if len(self.refused) < MOST_REQUESTS:
            self.refused.append(f"{url[:300]}：{reason}")

    def refusal_of(self, url: str) -> str | None:
        """What was noted when `url` was refused; None when it was not."""
        parts = urlsplit(url)
        tunnel = f"https://{parts.hostname}:{parts.port or 443}/"
        asked = url[:300] if parts.scheme == "http" else tunnel
        return next((note for note in self.refused if note.startswith(f"{asked}：")), None)


class FilteringProxy:
    """An HTTP proxy (RFC 9110 7.6, CONNECT included) for one page at a time.

    Between pages it refuses everything. All of its methods belong to one event loop.
    """

    def __init__(self, egress: Egress) -> None:
        self._egress = egress
        self._rules: PageRules | None = None
        self._hosts: dict[str, asyncio.Event] = {}
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.traffic = Traffic()

    async def start(self) -> str:
        """Listen on loopback; returns the address for the browser."""
        if self._server is None:
            self._server = await asyncio.start_server(
                self._accepted, "127.0.0.1", 0, limit=_HEAD_BYTES
            )
        port = self._server.sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    async def stop(self) -> None:
        """Close the listener and everything that is open."""
        await self.end()
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()
            self._server = None

    def begin(self, page: str) -> PageRules:
        """From now on, what this page needs may pass."""
        self.traffic = Traffic()
        self._rules = PageRules(egress=self._egress, page=page)
        self._hosts = {}
        return self._rules

    def admit(self, url: str) -> None:
        """The page itself asks for `url`: its host may be dialled until the page ends.

        What nobody admitted is the browser's own business, and goes nowhere.
        """
        self._admission(url).set()

    def _admission(self, url: str) -> asyncio.Event:
        return self._hosts.setdefault(urlsplit(url).hostname or "", asyncio.Event())

    async def end(self) -> None:
        """The page is done: nothing passes any more, and nothing stays open."""
        self._rules = None
        tasks = tuple(self._open)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._open.add(task)
            task.add_done_callback(self._open.discard)
        try:
            await self._serve(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, TimeoutError):
            # The browser or the server has gone; the page goes on without this part.
            pass
        except asyncio.CancelledError:
            # Only `end` cancels, and this task has nothing more to do; the stream that made it
            # would take the cancellation for an error.
            pass
        finally:
            writer.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        line, _, headers = head.partition("\r\n")
        method, _, rest = line.partition(" ")
        target = rest.partition(" ")[0]
        tunnel = method == "CONNECT"
        url = f"https://{target}/" if tunnel else target
        address = await self._address(url, method)
        if address is None:
            writer.write(_REFUSED)
            await writer.drain()
            return
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        dialled = asyncio.open_connection(address, port)
        try:
            far_reader, far_writer = await asyncio.wait_for(dialled, _DIAL_SECONDS)
        except (OSError, TimeoutError):
            self.traffic.unanswered.add(parts.hostname or "")
            raise
        try:
            if tunnel:
                writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                far_writer.write(_forwarded(method, url, headers))
            await self._relay((reader, far_writer), (far_reader, writer))
        finally:
            far_writer.close()

    async def _address(self, url: str, method: str) -> str | None:
        """The checked address to dial; None (and a note) when the request is refused."""
        traffic, host = self.traffic, urlsplit(url).hostname or ""
        traffic.requests += 1
        reason = self._refusal(url, method) or await self._unasked(url)
        if reason is not None:
            traffic.refuse(url, reason)
            return None
        try:
            found = await asyncio.to_thread(self._egress.addresses, host)
        except PolicyDenied as error:
            traffic.refuse(url, error.message)
            return None
        except Unresolved as error:
            traffic.unanswered.add(host)
            traffic.refuse(url, error.message)
            return None
        traffic.answers[host] = tuple(found)
        return found[0]

    def _refusal(self, url: str, method: str) -> str | None:
        if method not in _METHODS and method != "CONNECT":
            return f"不发送 {method} 请求"
        if self._rules is None:
            return "没有页面在显示"
        if self.traffic.is_spent:
            return "页面的附属请求超过上限"
        return self._rules.refusal(url)

    async def _unasked(self, url: str) -> str | None:
        # A redirect is dialled at the same moment as we are told of it.
        try:
            await asyncio.wait_for(self._admission(url).wait(), _ADMISSION_SECONDS)
        except TimeoutError:
            return "页面没有请求这个主机"
        return None

    async def _relay(
        self,
        *ways: tuple[asyncio.StreamReader, asyncio.StreamWriter],
    ) -> None:
        """Copy both ways until either side ends or the page's allowance is spent."""
        copies = [asyncio.ensure_future(self._copy(*way)) for way in ways]
        try:
            await asyncio.wait(copies, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for copy in copies:
                copy.cancel()
            await asyncio.gather(*copies, return_exceptions=True)

    async def _copy(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while (piece := await reader.read(_PIECE)) and not self.traffic.is_spent:
            self.traffic.bytes += len(piece)
            writer.write(piece)
            await writer.drain()


def _forwarded(method: str, url: str, headers: str) -> bytes:
    """The request as the server expects it, for one answer on one connection."""
    parts = urlsplit(url)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    kept = [
        line
        for line in headers.split("\r\n")
        if line and not line.lower().startswith(("proxy-", "connection:"))
    ]
    lines = (f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", "")
    return "\r\n".join(lines).encode("latin-1")
