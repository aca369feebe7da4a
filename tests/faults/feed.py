"""A small world for faults: captures made from a seed, and a worker's rounds over them."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from sqlalchemy import update

from cluewatch import workers
from cluewatch.bootstrap import Services
from cluewatch.queues import QUEUES
from cluewatch.sealing import SealWork
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome
from storage.leases import WorkState
from tests.cluewatch.conftest import ADVERT, NOTICE

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
_NAMES = ("青禾", "白榆", "南浦", "云栖")
_PAGES_A_HOST = 8  # below the ten from which on a site has a template


def captures(seed: str, count: int, *, since: datetime = START) -> list[Capture]:
    """Advertisements and notices of four invented hospitals, two minutes apart; at most 32."""
    assert count <= len(_NAMES) * _PAGES_A_HOST
    dice = random.Random(seed)  # noqa: S311 - repeatable pages, no secret
    moments = (since + number * timedelta(minutes=2) for number in range(count))
    return [_capture(number, dice, moment) for number, moment in enumerate(moments)]


def groups(made: Sequence[Capture], size: int) -> Iterator[list[Capture]]:
    """As a writer gets them."""
    return (list(made[first : first + size]) for first in range(0, len(made), size))


def work_all(services: Services) -> None:
    """What seal and process workers do, until nobody finds work."""
    sealing = SealWork(services, owner="faults")
    workers.drain((*workers.all_steps(services), sealing.work))


def hasten(services: Services) -> None:
    """Time passes: the leases of the dead run out, and every pause is over."""
    with services.truth.write() as tx:
        for table in QUEUES.values():
            open_ = table.c.work_state.in_((WorkState.READY.value, WorkState.LEASED.value))
            tx.execute(update(table).where(open_).values(lease_until=0.0, not_before=0.0))


def _capture(number: int, dice: random.Random, at: datetime) -> Capture:
    name = _NAMES[number % len(_NAMES)]
    advert = dice.random() < 0.6
    page = (ADVERT if advert else NOTICE).replace("青禾", name)
    patients = f"{dice.randrange(2, 900)}万名"
    page = page.replace("三万名", patients).replace("近日", f"{number + 1}日")
    return Capture(
        url=f"http://yiyuan{number % len(_NAMES)}.test/{number}.html",
        captured_at=at,
        outcome=Outcome.OK,
        profile=Profile.DESKTOP,
        acquisition=Acquisition.IMPORT_FILE,
        status=200,
        headers=(("Content-Type", "text/html; charset=utf-8"),),
        body=page.encode(),
    )
