"""Saved searches, their alerts and the messages about them, in the truth database."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from cluewatch.saved.tables import alert_messages, saved_searches, search_alerts
from domain.errors import NotFound, PermanentError
from domain.ids import derive_id
from indexer.language import parse
from storage.leases import WorkState
from storage.records import from_json, to_json
from storage.upsert import upsert

MOST_SEARCHES = 500
ALARM = "运行告警"
_LONGEST_NAME = 80
_SHORT = 400


@frozen(kw_only=True)
class SavedSearch:
    """A kept question. `channels` are names of the settings; alerts are kept in any case."""

    id: str
    name: str
    expression: str
    owner: str
    channels: tuple[str, ...]
    created_at: datetime


@frozen(kw_only=True)
class Alert:
    """What a search found first of one subject's creative; later repeats add none."""

    id: str
    search_id: str
    document_id: str
    subject: str
    title: str
    url: str
    excerpt: str
    at: datetime


@frozen(kw_only=True)
class Message:
    """What a channel is told: `found` are title, subject and address of each alert. An alarm
    about the product itself has `lines` instead."""

    search: str
    found: tuple[tuple[str, str, str], ...] = ()
    lines: tuple[str, ...] = ()


@frozen(kw_only=True)
class Delivery:
    """One line of the delivery log."""

    id: str
    search: str
    channel: str
    state: WorkState
    attempts: int
    created_at: datetime
    sent_at: datetime | None
    receipt: str | None
    error: str | None


def save(
    tx: Connection,
    *,
    id: str,
    name: str,
    expression: str,
    owner: str,
    channels: Sequence[str],
    known: Collection[str],
    at: datetime,
) -> SavedSearch:
    """Keep a question under a new name. `known` are the channels of the settings.

    Raises QuerySyntaxError for the expression, PermanentError for the rest.
    """
    parse(expression)
    if not name.strip() or not name.isprintable() or len(name) > _LONGEST_NAME:
        raise PermanentError(f"名称须为1至{_LONGEST_NAME}个可见字符", at=repr(name))
    for channel in channels:
        if channel not in known:
            there = "、".join(sorted(known)) or "无"
            raise PermanentError(f"设置里没有通知渠道“{channel}”；已有：{there}", at=name)
    if tx.execute(select(saved_searches.c.id).where(saved_searches.c.name == name)).first():
        raise PermanentError("已有同名的保存检索", at=name)
    if len(all_searches(tx)) >= MOST_SEARCHES:
        raise PermanentError(f"保存检索最多{MOST_SEARCHES}条，请先删除不用的", at=name)
    search = SavedSearch(
        id=id,
        name=name,
        expression=expression,
        owner=owner,
        channels=tuple(dict.fromkeys(channels)),
        created_at=at,
    )
    tx.execute(
        insert(saved_searches).values(
            id=id,
            name=name,
            expression=expression,
            owner=owner,
            channels=to_json(search.channels),
            created_at=at,
        )
    )
    return search


def all_searches(tx: Connection) -> list[SavedSearch]:
    """Every saved search, by name."""
    rows = tx.execute(select(saved_searches).order_by(saved_searches.c.name)).all()
    return [_search(row) for row in rows]


def get(tx: Connection, reference: str) -> SavedSearch:
    """The search with this name or id. Raises NotFound."""
    same = or_(saved_searches.c.name == reference, saved_searches.c.id == reference)
    row = tx.execute(select(saved_searches).where(same)).first()
    if row is None:
        raise NotFound("没有这条保存检索", at=reference)
    return _search(row)


def remove(tx: Connection, reference: str) -> None:
    """Forget a search with its alerts and messages. Raises NotFound."""
    search = get(tx, reference)
    for table in (search_alerts, alert_messages):
        tx.execute(delete(table).where(table.c.search_id == search.id))
    tx.execute(delete(saved_searches).where(saved_searches.c.id == search.id))


def alert_id(search_id: str, subject: str, creative: str) -> str:
    """The same for every sighting of what one subject says in one advertisement."""
    return derive_id("alert", search_id, subject, creative)


def note(tx: Connection, alerts: Sequence[Alert]) -> list[Alert]:
    """Keep alerts; returns those that were not known."""
    return [alert for alert in alerts if _insert(tx, alert)]


def alerts(
    tx: Connection,
    *,
    search_id: str | None = None,
    after: tuple[datetime, str] | None = None,
    limit: int = 50,
) -> list[Alert]:
    """The newest first, from the one behind `after` (its moment and id) on."""
    wanted = select(search_alerts)
    if search_id is not None:
        wanted = wanted.where(search_alerts.c.search_id == search_id)
    if after is not None:
        at, id_ = after
        same = and_(search_alerts.c.at == at, search_alerts.c.id < id_)
        wanted = wanted.where(or_(search_alerts.c.at < at, same))
    wanted = wanted.order_by(search_alerts.c.at.desc(), search_alerts.c.id.desc()).limit(limit)
    return [Alert(**row) for row in tx.execute(wanted).mappings()]


def tell(tx: Connection, search: SavedSearch, new: Sequence[Alert], *, at: datetime) -> None:
    """Queue one message for each channel of a search about its new alerts."""
    found = tuple((alert.title, alert.subject, alert.url) for alert in new)
    _queue(
        tx,
        Message(search=search.name, found=found),
        key=[alert.id for alert in new],
        search_id=search.id,
        channels=search.channels,
        at=at,
    )


def tell_alarm(
    tx: Connection, lines: Sequence[str], *, channels: Sequence[str], at: datetime
) -> None:
    """Queue one message for each channel about the product itself."""
    alarm = Message(search=ALARM, lines=tuple(lines))
    key = [at.isoformat(), *lines]
    _queue(tx, alarm, key=key, search_id=ALARM, channels=channels, at=at)


def _queue(
    tx: Connection,
    said: Message,
    *,
    key: Sequence[str],
    search_id: str,
    channels: Sequence[str],
    at: datetime,
) -> None:
    for channel in channels:
        statement = upsert(tx, alert_messages).values(
            id=derive_id("message", channel, *key),
            search_id=search_id,
            channel=channel,
            record=to_json(said),
            created_at=at,
        )
        tx.execute(statement.on_conflict_do_nothing())


def message(record: str) -> Message:
    """What a row of the queue says."""
    return from_json(Message, record)


def note_sent(tx: Connection, message_id: str, *, receipt: str, at: datetime) -> None:
    """Write the receipt of a message into the delivery log."""
    mine = alert_messages.c.id == message_id
    tx.execute(update(alert_messages).where(mine).values(sent_at=at, receipt=receipt))


def deliveries(tx: Connection, *, limit: int = 100) -> list[Delivery]:
    """The delivery log, the newest message first."""
    table = alert_messages
    rows = tx.execute(
        select(table, saved_searches.c.name)
        .outerjoin(saved_searches, saved_searches.c.id == table.c.search_id)
        .order_by(table.c.created_at.desc(), table.c.id)
        .limit(limit)
    ).all()
    return [
        Delivery(
            id=row.id,
            search=row.name or ALARM,
            channel=row.channel,
            state=WorkState(row.work_state),
            attempts=row.attempts,
            created_at=row.created_at,
            sent_at=row.sent_at,
            receipt=row.receipt,
            error=row.last_error,
        )
        for row in rows
    ]


def _insert(tx: Connection, alert: Alert) -> bool:
    statement = upsert(tx, search_alerts).values(
        id=alert.id,
        search_id=alert.search_id,
        document_id=alert.document_id,
        subject=alert.subject[:_SHORT],
        title=alert.title[:_SHORT],
        url=alert.url,
        excerpt=alert.excerpt,
        at=alert.at,
    )
    inserted = statement.on_conflict_do_nothing().returning(search_alerts.c.id)
    return tx.execute(inserted).first() is not None


def _search(row: Row[tuple[object, ...]]) -> SavedSearch:
    return SavedSearch(
        id=row.id,
        name=row.name,
        expression=row.expression,
        owner=row.owner,
        channels=from_json(tuple[str, ...], row.channels),
        created_at=row.created_at,
    )
