"""The two civil clocks: the system's, and one that is read from an address (the demo farm's)."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

from domain.errors import ConfigError, RetryableError

_PATIENCE = 10.0
_LONGEST_NAP = 5.0


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place where system time enters

    def close(self) -> None:
        """Nothing is open."""

    async def wait_until(self, moment: datetime) -> None:
        """Sleep until `moment`, at most a few seconds at a time so that new work is noticed."""
        seconds = (moment - self.now()).total_seconds()
        if seconds > 0:
            await asyncio.sleep(min(seconds, _LONGEST_NAP))


class RemoteClock:
    """A civil clock behind an address: it runs at normal speed and can be moved forward.

    `GET url` answers `{"now": …}`; `POST url {"until": …}` jumps there. Every reading asks: other
    processes move the clock too, and a stale moment would break the pace between requests.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme != "http" or not parts.hostname:
            raise ConfigError("民用时钟的地址须以 http:// 开头", at=url)
        self._url, self._path = url, parts.path or "/"
        self._connection = HTTPConnection(parts.hostname, parts.port or 80, timeout=_PATIENCE)
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The present moment of that clock, in UTC. Raises RetryableError when it is silent."""
        return self._ask("GET", None)

    def close(self) -> None:
        """Close the connection; the next reading opens another."""
        with self._lock:
            self._connection.close()

    async def wait_until(self, moment: datetime) -> None:
        """Nothing is due before `moment`: move the clock there."""
        body = json.dumps({"until": moment.isoformat()})
        await asyncio.to_thread(self._ask, "POST", body)

    def _ask(self, method: str, body: str | None) -> datetime:
        with self._lock:
            try:
                return self._answer(method, body)
            except (OSError, HTTPException):
                self._connection.close()  # an idle connection may have been closed; once more
            try:
                return self._answer(method, body)
            except (OSError, HTTPException, KeyError, ValueError) as error:
                self._connection.close()
                raise RetryableError(f"民用时钟没有应答：{error}", at=self._url) from error

    def _answer(self, method: str, body: str | None) -> datetime:
        self._connection.request(method, self._path, body=body)
        answer = json.loads(self._connection.getresponse().read())
        return datetime.fromisoformat(answer["now"]).astimezone(UTC)
