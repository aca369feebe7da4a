"""Whether the parsers still find on a source's pages what they used to find (sources.md §5)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from attrs import field, frozen
from sqlalchemy import Connection, Row, func, select

from crawlers.pages.dates import CHINA
from crawlers.tables import source_health
from domain.outcomes import Outcome
from domain.pages import BlockPage, Origin, ParsedPage, Reading
from domain.sources import Source
from storage.upsert import upsert

RECENT = timedelta(days=7)
BEFORE = timedelta(days=30)
_ENOUGH_BEFORE = 20
_ENOUGH_NOW = 10
_USUAL = 0.5
_EMPTY = 0.05
_LONG_LINE = 20
_NO_TEXT = ("image_only", "little_text")
# Counter → what it counts, in the words of an alarm.
FIELDS = {
    "titles": "标题",
    "texts": "正文",
    "dates": "日期",
    "links": "链接",
    "contacts": "联系方式与证号",
    "subjects": "主体名称",
}


@frozen(kw_only=True)
class Shares:
    """What was found on the pages of one period: their number, the share without text, and the
    share of pages that had each of `FIELDS`."""

    seen: int
    empty: float
    fields: Mapping[str, float] = field(factory=dict)


@frozen(kw_only=True)
class SourceHealth:
    """One source: the last week beside the thirty days before it, the parser versions of the
    week, and the alarms in words (none: healthy, or too little seen to tell)."""

    source_id: str
    title: str
    pages: tuple[str, ...]
    recent: Shares
    before: Shares
    alarms: tuple[str, ...]


def note(tx: Connection, *, source_id: str, reading: Reading, at: datetime) -> None:
    """Count one reading of a source's page for the civil day of its capture.

    Refusals and pages about their own end are no business of the parsers and are not counted.
    """
    found = _found(reading)
    if found is None:
        return
    page = reading.page if isinstance(reading, ParsedPage) else ""
    counted = {"seen": 1, **{name: int(value) for name, value in found.items()}}
    row = upsert(tx, source_health).values(
        source_id=source_id, day=at.astimezone(CHINA).date().isoformat(), page=page, **counted
    )
    tx.execute(
        row.on_conflict_do_update(
            index_elements=["source_id", "day", "page"],
            set_={name: source_health.c[name] + row.excluded[name] for name in counted},
        )
    )


def report(tx: Connection, sources: Iterable[Source], *, at: datetime) -> list[SourceHealth]:
    """The health of each source at a moment, those with alarms first."""
    found = [_of_source(tx, source, at) for source in sources]
    return sorted(found, key=lambda one: (not one.alarms, one.source_id))


def _found(reading: Reading) -> dict[str, bool] | None:
    if isinstance(reading, BlockPage):
        if reading.outcome is not Outcome.EMPTY_SHELL:
            return None
        return {"empty": True, **dict.fromkeys(FIELDS, False)}
    if not isinstance(reading, ParsedPage):
        return None
    body = (b for b in reading.blocks if b.origin not in (Origin.TITLE, Origin.META))
    return {
        "empty": any(name in reading.notes for name in _NO_TEXT),
        "titles": bool(reading.title),
        "texts": any(len(b.text) >= _LONG_LINE and not b.boilerplate for b in body),
        "dates": reading.published_at is not None,
        "links": any(link.rel != "img" for link in reading.links),
        "contacts": bool(reading.identifiers),
        "subjects": bool(reading.subject_hint or reading.account),
    }


def _of_source(tx: Connection, source: Source, at: datetime) -> SourceHealth:
    today = at.astimezone(CHINA).date()
    start = today - RECENT + timedelta(days=1)
    recent, pages = _period(tx, source.id, start.isoformat(), (today + timedelta(1)).isoformat())
    before, _ = _period(tx, source.id, (start - BEFORE).isoformat(), start.isoformat())
    return SourceHealth(
        source_id=source.id,
        title=source.title,
        pages=pages,
        recent=recent,
        before=before,
        alarms=tuple(_alarms(source, recent, before)),
    )


def _period(
    tx: Connection, source_id: str, since: str, until: str
) -> tuple[Shares, tuple[str, ...]]:
    names = ("seen", "empty", *FIELDS)
    here = (
        source_health.c.source_id == source_id,
        source_health.c.day >= since,
        source_health.c.day < until,
    )
    sums = (func.coalesce(func.sum(source_health.c[name]), 0).label(name) for name in names)
    row = tx.execute(select(*sums).where(*here)).one()
    pages = tx.scalars(
        select(source_health.c.page)
        .where(*here, source_health.c.page != "")
        .distinct()
        .order_by(source_health.c.page)
    )
    return _shares(row), tuple(pages)


def _shares(row: Row[tuple[int, ...]]) -> Shares:
    counts = {name: int(value) for name, value in row._mapping.items()}
    seen = counts.pop("seen")
    shares = {name: round(count / seen, 4) if seen else 0.0 for name, count in counts.items()}
    return Shares(seen=seen, empty=shares.pop("empty"), fields=shares)


def _alarms(source: Source, recent: Shares, before: Shares) -> Iterable[str]:
    if not recent.seen and before.seen:
        yield f"近 {RECENT.days} 天没有读到任何页面"
    if recent.seen and recent.seen + before.seen < source.expected_pages:
        read = recent.seen + before.seen
        yield f"只读到 {read} 页，低于预期的 {source.expected_pages} 页"
    if recent.seen < _ENOUGH_NOW:
        return
    if recent.empty > max(_EMPTY, 2 * before.empty):
        yield f"没有文字的页面占 {recent.empty:.0%}（此前 {before.empty:.0%}）"
    if before.seen < _ENOUGH_BEFORE:
        return
    for name, words in FIELDS.items():
        now, then = recent.fields[name], before.fields[name]
        if then >= _USUAL and now < then / 2:
            yield f"{words}：{now:.0%} 的页面读得到（此前 {then:.0%}），页面结构可能已改变"
