"""How long evidence stays: classes of retention, whose term has run out, and their deletion."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from attrs import frozen
from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from domain.captures import Acquisition, Snapshot
from domain.clues import ClueState
from domain.errors import EvidenceError
from evidence import assets, deletion, holds, reader
from tickets import sightings

_BATCH = 500


class Retention(StrEnum):
    """Why a snapshot is kept. Cases are kept as the rules on archives say, never deleted here."""

    ROUTINE = "未涉线索"
    CLOSED = "线索未成案"
    CASE = "涉案"


@frozen(kw_only=True)
class Expired:
    """A snapshot whose term has run out; `refusal` says what forbids its deletion all the same."""

    snapshot_id: str
    url: str
    captured_at: datetime
    retention: Retention
    refusal: str | None


def expired(services: Services, tx: Connection, at: datetime) -> Iterator[Expired]:
    """Every snapshot whose term has run out at a civil moment, oldest first."""
    wanted = services.settings.retention
    days = {Retention.ROUTINE: wanted.routine_days, Retention.CLOSED: wanted.closed_days}
    ends = {kind: at - timedelta(days=count) for kind, count in days.items() if count is not None}
    if not ends:
        return
    held = {hold.subject for hold in holds.standing(tx)}
    after: Snapshot | None = None
    while batch := reader.kept_before(tx, max(ends.values()), after=after, limit=_BATCH):
        for snapshot, kind, clue_ids in _classified(tx, batch):
            if kind in ends and snapshot.captured_at < ends[kind]:
                on_hold = "处于保全之中" if held & {snapshot.id, *clue_ids} else None
                yield Expired(
                    snapshot_id=snapshot.id,
                    url=snapshot.url,
                    captured_at=snapshot.captured_at,
                    retention=kind,
                    refusal=on_hold or deletion.refusal(tx, snapshot.id),
                )
        after = batch[-1]


def delete_expired(
    services: Services, found: Sequence[Expired], *, actor: str, purpose: str
) -> Iterator[Expired]:
    """Delete one after the other; what is refused meanwhile is passed over. Yields the deleted."""
    directory = services.settings.evidence_directory
    deletion.finish(directory=directory, database=services.truth)
    # A revisit goes before the snapshot that it refers to: newest first.
    for each in sorted(found, key=lambda one: one.captured_at, reverse=True):
        with services.truth.read() as tx:
            [(_, kind, clue_ids)] = _classified(tx, [reader.snapshot(tx, each.snapshot_id)])
            held = {hold.subject for hold in holds.standing(tx)}
        if kind is not each.retention or held & {each.snapshot_id, *clue_ids}:
            continue
        try:
            deletion.delete(
                directory=directory,
                database=services.truth,
                snapshot_id=each.snapshot_id,
                retention=each.retention.value,
                actor=actor,
                purpose=purpose,
                at=services.clock.now(),
            )
        except EvidenceError:
            with services.truth.read() as tx:
                if deletion.refusal(tx, each.snapshot_id) is None:
                    raise
            continue
        yield each


def _classified(
    tx: Connection, batch: Sequence[Snapshot]
) -> Iterator[tuple[Snapshot, Retention, list[str]]]:
    """A picture is kept as long as the pages whose words stand in it."""
    shown_on = assets.pages_of(tx, [snapshot.id for snapshot in batch])
    pages = {page for shown in shown_on.values() for page in shown}
    found = sightings.clues_of(tx, [*(snapshot.id for snapshot in batch), *sorted(pages)])
    for snapshot in batch:
        about = (snapshot.id, *shown_on.get(snapshot.id, ()))
        clues = [clue for one in about for clue in found.get(one, ())]
        yield snapshot, _kind(snapshot, [state for _, state in clues]), [key for key, _ in clues]


def _kind(snapshot: Snapshot, states: Sequence[ClueState]) -> Retention:
    """What an officer went to see is kept like a case, clue or none."""
    if snapshot.acquisition is Acquisition.OFFICER:
        return Retention.CASE
    if not states:
        return Retention.ROUTINE
    dismissed = all(state is ClueState.FALSE_ALARM for state in states)
    return Retention.CLOSED if dismissed else Retention.CASE
