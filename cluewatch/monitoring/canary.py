"""The canary: a page of ours with a planted violation, kept like any capture, that must be judged
and become a ticket by the workers that judge everything else.

Its page is real evidence of ours; what follows from it is tried in the database and taken back
(`Pipeline`), so that no figure, list, index or office ever sees it. What is not tried is the way
over the network: that the crawl stands still shows in its own figures.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from cluewatch.bootstrap import Services
from cluewatch.monitoring import canary_runs
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome

SOURCE = "canary"
HOST = "canary.test"
_WRITER = "canary"

_PAGE = """<!doctype html><html lang="zh"><head><meta charset="utf-8">
<title>金丝雀示范医院-牛皮癣专科</title></head><body><h1>牛皮癣治疗</h1>
<p>我院采用金丝雀疗法，保证根治牛皮癣，永不复发。</p>
<p>治愈率高达98%，已有三万名患者在我院康复。</p>
<p>预约电话：400-000-0123</p><p>地址：示范市金丝雀路1号 版权所有 金丝雀示范医院</p>
<p>{run}</p></body></html>"""


class Canary:
    """Sends a canary whenever one is due, and gives up on one that does not come through."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._every = timedelta(minutes=services.settings.canary.minutes)
        self._patience = timedelta(minutes=services.settings.canary.patience)

    def work(self) -> int:
        """Look once; returns how many were sent."""
        if not self._every:
            return 0
        at = self._services.clock.now()
        with self._services.truth.read() as tx:
            last = canary_runs.newest(tx)
        if last is not None and last.passed is None and at > last.asked_at + self._patience:
            note = f"{self._patience // timedelta(minutes=1)} 分钟内没有走完全程"
            with self._services.truth.write() as tx:
                canary_runs.end(tx, last.id, passed=False, note=note, at=at)
        if last is not None and at < last.asked_at + self._every:
            return 0
        self._send(self._services.ids.new().replace("-", ""), at)
        return 1

    def _send(self, run_id: str, at: datetime) -> None:
        with self._services.truth.write() as tx:
            canary_runs.begin(tx, run_id, at=at)
        page = Capture(
            url=f"http://{HOST}/{run_id}",
            source_id=SOURCE,
            captured_at=at,
            outcome=Outcome.OK,
            profile=Profile.DESKTOP,
            acquisition=Acquisition.IMPORT_HTML,
            status=200,
            headers=(("Content-Type", "text/html; charset=utf-8"),),
            body=_PAGE.format(run=run_id).encode(),
            note="金丝雀：本系统自检页面",
        )
        with self._services.evidence_writer(_WRITER) as writer:
            writer.record([page])


def run_of(url: str) -> str:
    """The flight that a canary's address belongs to."""
    return url.rpartition("/")[2]
