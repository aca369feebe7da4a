"""Alarms about the product itself: raised once, repeated while they stand, taken back when over."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection, delete, select

from cluewatch.bootstrap import Services
from cluewatch.monitoring import vitals
from cluewatch.monitoring.tables import alarms
from cluewatch.monitoring.vitals import Vitals
from cluewatch.saved import store as messages
from cluewatch.settings import Settings
from storage.upsert import upsert

log = structlog.get_logger()

_EVERY = timedelta(minutes=1)
_GIB = 1024**3


def standing(signs: Vitals, settings: Settings) -> dict[str, str]:
    """What is wrong now: a key that stays the same while it lasts, and words for people."""
    return dict([*_queues(signs, settings), *_canary(signs, settings), *_rest(signs, settings)])


class Alarms:
    """Looks once a minute and tells the channels of the settings what has changed."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._looked: datetime | None = None

    def work(self) -> int:
        """Look if it is time; returns how many alarms were told or taken back."""
        at = self._services.clock.now()
        if self._looked is not None and at - self._looked < _EVERY:
            return 0
        self._looked = at
        found = standing(vitals.take(self._services), self._services.settings)
        with self._services.truth.write() as tx:
            news = [*self._raised(tx, found, at), *_ended(tx, found)]
            if news:
                channels = self._services.settings.alarms.channels
                messages.tell_alarm(tx, news, channels=channels, at=at)
        return len(news)

    def _raised(self, tx: Connection, found: dict[str, str], at: datetime) -> Iterator[str]:
        again = timedelta(hours=self._services.settings.alarms.repeat_hours)
        known = {row.key: row for row in tx.execute(select(alarms))}
        for key, text in found.items():
            since = known[key].since if key in known else at
            if key in known and at - known[key].told_at < again:
                continue
            row = {"text": text, "since": since, "told_at": at}
            put = upsert(tx, alarms).values(key=key, **row)
            tx.execute(put.on_conflict_do_update(index_elements=["key"], set_=row))
            log.warning("alarm", key=key, text=text)
            yield text


def _ended(tx: Connection, found: dict[str, str]) -> Iterator[str]:
    for row in tx.execute(select(alarms)).all():
        if row.key not in found:
            tx.execute(delete(alarms).where(alarms.c.key == row.key))
            log.info("alarm_over", key=row.key)
            yield f"已解除：{row.text}"


def _queues(signs: Vitals, settings: Settings) -> Iterator[tuple[str, str]]:
    limits = settings.alarms
    for queue in signs.queues:
        minutes = int(queue.age_seconds(signs.at) // 60)
        if minutes >= limits.queue_minutes:
            yield f"age:{queue.table}", f"队列“{queue.name}”最早一项已等待 {minutes} 分钟"
        if queue.parked >= limits.parked:
            yield f"parked:{queue.table}", f"队列“{queue.name}”有 {queue.parked} 项须人工处理"


def _canary(signs: Vitals, settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.canary.minutes and signs.canary is not None and not signs.canary.passed:
        yield "canary", f"金丝雀没有成为工单：{signs.canary.note}"


def _rest(signs: Vitals, settings: Settings) -> Iterator[tuple[str, str]]:
    limits = settings.alarms
    missed = sum(signs.open_gaps.values())
    if missed >= limits.gaps:
        yield "gaps", f"未恢复的覆盖缺口 {missed} 处"
    if signs.free_bytes < limits.free_gib * _GIB:
        yield "disk", f"磁盘剩余 {signs.free_bytes / _GIB:.1f} GiB，不足 {limits.free_gib:g} GiB"
    for worker in signs.workers or ():
        if worker.state == "restarting":
            yield f"worker:{worker.role}", f"{worker.role} 进程反复死亡（{worker.deaths} 次）"
