"""What a crawl process is given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime

from attrs import Factory, frozen

from crawlers.egress import Egress
from domain.ports import Clock
from evidence.writer import EvidenceWriter
from storage.database import Database


@frozen(kw_only=True)
class CrawlConfig:
    """Collaborators of one crawl process.

    `writer` opens the process's own evidence writer. `worker` must be the name of no other living
    process: leases under that name are taken to be a dead predecessor's. With a `horizon` the
    crawl ends when nothing is due before that civil moment; without one it runs until `stop` is
    set, and then drains. `lease_seconds` is real time. `pictures_a_day` is the most pictures that
    one host is asked for in a day, besides its documents.
    """

    clock: Clock
    frontier: Database
    truth: Database
    writer: Callable[[], EvidenceWriter]
    egress: Egress
    user_agent: str
    worker: str
    horizon: datetime | None = None
    stop: threading.Event = Factory(threading.Event)
    lease_seconds: float = 60.0
    pictures_a_day: int = 400
