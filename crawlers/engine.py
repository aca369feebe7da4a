"""One long-lived Scrapy process that serves many hosts, fed from the frontier's leases."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import structlog
from scrapy import Request, Spider
from scrapy.crawler import AsyncCrawlerRunner
from scrapy.exceptions import DownloadCancelledError, DownloadTimeoutError
from scrapy.http import Response
from scrapy.settings import Settings
from twisted.python.failure import Failure

from crawlers import endings
from crawlers.config import CrawlConfig
from crawlers.dispatch import Dispatcher
from crawlers.egress import PolicyDenied
from crawlers.observation import Answer
from crawlers.slots import Ended, PageVisit, Step
from domain.outcomes import Outcome

log = structlog.get_logger()


def crawl(config: CrawlConfig) -> None:
    """Crawl until the horizon is reached or `config.stop` is set. Raises what made it stop."""
    asyncio.run(_crawl(config))


async def _crawl(config: CrawlConfig) -> None:
    dispatcher = Dispatcher(config)
    await dispatcher.open()
    settings = Settings()
    settings.setmodule("crawlers.settings", priority="project")
    settings.set("USER_AGENT", config.user_agent, priority="cmdline")
    failures: list[BaseException] = []
    try:
        await AsyncCrawlerRunner(settings).crawl(
            FrontierSpider, config=config, dispatcher=dispatcher, failures=failures
        )
    finally:
        await dispatcher.close()
    if failures:
        raise failures[0]


class FrontierSpider(Spider):
    """Sends what the dispatcher hands out and reports every end, whatever it is."""

    name = "frontier"

    def __init__(
        self,
        *,
        config: CrawlConfig,
        dispatcher: Dispatcher,
        failures: list[BaseException],
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.egress = config.egress
        self._clock = config.clock
        self._dispatcher = dispatcher
        self._failures = failures

    async def start(self) -> AsyncIterator[Request]:
        """Requests, as long as the crawl lasts."""
        try:
            async for step in self._dispatcher.steps():
                yield self._request(step)
        except Exception as error:
            log.exception("crawl_stopped")
            self._failures.append(error)

    def _request(self, step: Step) -> Request:
        conditions: dict[str, str | None] = {}
        if isinstance(step, PageVisit):
            conditions = {
                "If-None-Match": step.visit.etag,
                "If-Modified-Since": step.visit.last_modified,
            }
        return Request(
            step.url,
            headers={name: value for name, value in conditions.items() if value},
            callback=self.answered,
            errback=self.failed,
            meta={"step": step, "verbatim_url": True},
            dont_filter=True,
        )

    async def answered(self, response: Response) -> None:
        """An HTTP answer came, whatever its status."""
        meta = response.meta
        answer = Answer(
            status=response.status,
            headers=meta["answer_headers"],
            body=response.body,
            request_headers=meta["request_headers"],
            ip=str(response.ip_address) if response.ip_address else None,
            complete="dataloss" not in response.flags,
        )
        self._dispatcher.ended(await asyncio.to_thread(self._answered, meta["step"], answer))

    async def failed(self, failure: Failure) -> None:
        """No usable answer came."""
        request: Request = failure.request  # type: ignore[attr-defined]  # Scrapy adds it
        error = failure.value or ConnectionError("no answer")
        self._dispatcher.ended(await asyncio.to_thread(self._failed, request.meta["step"], error))

    def _answered(self, step: Step, answer: Answer) -> Ended:
        return endings.answered(step, answer, at=self._clock.now())

    def _failed(self, step: Step, error: BaseException) -> Ended:
        outcome, reason = _told(error)
        return endings.failed(step, outcome, reason, at=self._clock.now())


def _told(error: BaseException) -> tuple[Outcome, str]:
    """What a failed download means, by the first of these that it is."""
    kinds = (
        (PolicyDenied, Outcome.POLICY_DENIED),
        (DownloadTimeoutError, Outcome.TIMEOUT),
        (DownloadCancelledError, Outcome.TOO_LARGE),
    )
    outcome = next((outcome for kind, outcome in kinds if isinstance(error, kind)), None)
    return outcome or Outcome.UNREACHABLE, str(error)[:500] or type(error).__name__
