"""The weekly coverage statement (监测覆盖说明): what was watched, what could not be seen, and why.

An office attaches it to what it says about a week: silence about a page that nobody could read
must not be taken for a clean page.
"""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime, timedelta

from attrs import frozen
from sqlalchemy import Connection

from cluewatch.monitoring import canary
from crawlers import source_store
from domain.outcomes import Outcome
from domain.sources import Source
from evidence import gaps, reader
from evidence.gaps import Gap
from tickets.calendar import CHINA

LIMITS = (
    "须登录、付费或验证身份方可见的内容，以及应用程序内部、私信、群聊和朋友圈，不在监测范围之内。",
    "按地域、人群或时段定向投放的广告，只能见到投向本机的那一部分。",
    "网站以 robots.txt 或其他方式拒绝访问的，本系统不予规避，列为未能看到。",
    "音频、视频只留存所在页面，其内容未经识别的列为未能看到。",
)
"""What lies outside by design (sources.md §0), said in every statement."""


@frozen(kw_only=True)
class Watched:
    """One source in the week: `captures` of its pages, `read` those that could be read."""

    id: str
    title: str
    captures: int
    read: int


@frozen(kw_only=True)
class Statement:
    """The week from Monday 00:00 in China; `until` is the Monday after. `gaps` were missed in
    the week, and the latest good sight of them is told as of `made_at`."""

    since: datetime
    until: datetime
    made_at: datetime
    watched: tuple[Watched, ...]
    captures: dict[Outcome, int]
    gaps: tuple[Gap, ...]
    limits: tuple[str, ...] = LIMITS

    @property
    def unseen(self) -> tuple[Watched, ...]:
        """The sources of which not one page was read."""
        return tuple(source for source in self.watched if not source.read)

    @property
    def reasons(self) -> dict[Outcome, int]:
        """How many places could not be seen, by why, the most frequent first."""
        return dict(Counter(gap.outcome for gap in self.gaps).most_common())


def week_of(text: str) -> date:
    """The Monday of an ISO week like 2026-W47. Raises ValueError."""
    return datetime.strptime(f"{text}-1", "%G-W%V-%u").replace(tzinfo=CHINA).date()


def statement(tx: Connection, monday: date, *, at: datetime) -> Statement:
    """The week that begins on `monday`, as it is known at the civil moment `at`."""
    since = datetime(monday.year, monday.month, monday.day, tzinfo=CHINA)
    until = since + timedelta(days=7)
    seen = reader.count_by_source(tx, since=since, until=until)
    missed = [
        gap
        for gap in gaps.gaps(tx, limit=None, seen_from=since)
        if gap.since < until and (gap.source_id or "") != canary.SOURCE
    ]
    total: Counter[Outcome] = Counter()
    for (source_id, outcome), number in seen.items():
        if source_id != canary.SOURCE:
            total[outcome] += number
    return Statement(
        since=since,
        until=until,
        made_at=at,
        watched=tuple(_watched(source, seen) for source in source_store.all(tx)),
        captures=dict(total.most_common()),
        gaps=tuple(sorted(missed, key=lambda gap: (gap.outcome, gap.place))),
    )


def _watched(source: Source, seen: dict[tuple[str | None, Outcome], int]) -> Watched:
    mine = {outcome: number for (name, outcome), number in seen.items() if name == source.id}
    read = sum(mine.get(outcome, 0) for outcome in (Outcome.OK, Outcome.NOT_MODIFIED))
    return Watched(id=source.id, title=source.title, captures=sum(mine.values()), read=read)
