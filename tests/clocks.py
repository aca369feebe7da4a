"""Civil clocks that stand still until a test moves them."""

from __future__ import annotations

from datetime import datetime


class StillClock:
    """Shows `moment`, and the moment that somebody waited for once it is later."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    async def wait_until(self, moment: datetime) -> None:
        self.moment = max(self.moment, moment)
