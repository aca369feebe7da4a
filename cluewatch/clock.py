"""The two civil clocks: the system's, and one that is read from an address (the demo farm's)."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta

import httpx

from domain.errors import RetryableError

_FRESH_SECONDS = 0.25
_LONGEST_NAP = 5.0


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)  # noqa: TID251 - the one place where system time enters

    async def wait_until(self, moment: datetime) -> None:
        """Sleep until `moment`, at most a few seconds at a time so that new work is noticed."""
        seconds = (moment - self.now()).total_seconds()
        if seconds > 0:
            await asyncio.sleep(min(seconds, _LONGEST_NAP))


class RemoteClock:
    """A civil clock behind an address: it runs at normal speed and can be moved forward.

    `GET url` answers `{"now": …}`; `POST url {"until": …}` jumps there. Between two readings the
    monotonic clock is added, so `now` costs a request only every quarter of a second.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = httpx.Client(timeout=10.0, trust_env=False)
        self._base = datetime.min.replace(tzinfo=UTC)
        self._read_at = float("-inf")

    def now(self) -> datetime:
        """The present moment of that clock, in UTC."""
        age = time.monotonic() - self._read_at
        if age > _FRESH_SECONDS:
            self._adopt("GET", None)
            age = 0.0
        return self._base + timedelta(seconds=age)

    async def wait_until(self, moment: datetime) -> None:
        """Nothing is due before `moment`: move the clock there."""
        if moment > self.now():
            await asyncio.to_thread(self._adopt, "POST", {"until": moment.isoformat()})

    def _adopt(self, method: str, body: dict[str, str] | None) -> None:
        try:
            answer = self._client.request(method, self._url, json=body)
            answer.raise_for_status()
            self._base = datetime.fromisoformat(answer.json()["now"]).astimezone(UTC)
        except (httpx.HTTPError, KeyError, ValueError) as error:
            raise RetryableError(f"民用时钟没有应答：{error}", at=self._url) from error
        self._read_at = time.monotonic()
