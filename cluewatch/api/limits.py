"""How often one caller may ask: a bucket that fills again steadily."""

from __future__ import annotations

import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable

from attrs import define, frozen

_MOST_CALLERS = 10_000


@frozen(kw_only=True)
class Allowance:
    """Whether a request may pass, how many more may follow at once, and in how many seconds the
    next one may come."""

    passes: bool
    remaining: int
    wait: int


@define
class _Bucket:
    left: float
    at: float


class RateLimit:
    """At most `burst` requests at once and `per_second` in the long run, for each caller."""

    def __init__(
        self, *, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.burst = burst
        self._per_second = per_second
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, caller: str) -> Allowance:
        """Count one request of a caller."""
        now = self._clock()
        with self._lock:
            bucket = self._buckets.setdefault(caller, _Bucket(self.burst, now))
            self._buckets.move_to_end(caller)
            while len(self._buckets) > _MOST_CALLERS:
                self._buckets.popitem(last=False)
            bucket.left = min(self.burst, bucket.left + (now - bucket.at) * self._per_second)
            bucket.at = now
            passes = bucket.left >= 1
            bucket.left -= 1 if passes else 0
            wait = 0 if bucket.left >= 1 else math.ceil((1 - bucket.left) / self._per_second)
            return Allowance(passes=passes, remaining=int(bucket.left), wait=wait)
