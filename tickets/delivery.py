"""Handing packages to offices: the worker that empties the outbox, and the folder drop."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path

from attrs import frozen
from sqlalchemy import update

from domain.errors import LeaseLost, PermanentError, RetryableError
from domain.ports import Clock, Transport
from domain.tickets import Remark, TicketState
from storage import leases
from storage.database import Database
from storage.leases import Lease, WorkState
from tickets import ledger, outbox, tables
from tickets.offices import Offices
from tickets.outbox import Delivery, Hold

LEASE_SECONDS = 60.0
MAX_ATTEMPTS = 8
_FIRST_DELAY = 30.0
_LONGEST_DELAY = 3600.0

BuildPackage = Callable[[Delivery], Sequence[Path]]
"""Makes the files of one delivery (letter, evidence bundle); called outside any transaction."""


@frozen(kw_only=True)
class DeliveryReport:
    """What one round came to: `returned` will be tried again, `parked` wait for a person."""

    delivered: int = 0
    returned: int = 0
    parked: int = 0


def deliver_due(
    database: Database,
    *,
    offices: Offices,
    transports: Mapping[str, Transport],
    build_package: BuildPackage,
    owner: str,
    clock: Clock,
    limit: int = 16,
) -> DeliveryReport:
    """Deliver what is queued and not on hold, up to `limit` packages.

    `transports` maps an office's channel to its transport. A worker that is killed leaves the
    package to another one; the transport's idempotence by key makes it arrive once.
    """
    table = tables.deliveries
    with database.write() as tx:
        claimed = leases.claim(
            tx,
            table,
            owner=owner,
            limit=limit,
            seconds=LEASE_SECONDS,
            where=table.c.hold == Hold.FREE.value,
        )
    deliver = partial(
        _deliver_one,
        database=database,
        offices=offices,
        transports=transports,
        build_package=build_package,
        clock=clock,
    )
    outcomes = Counter(map(deliver, claimed))
    return DeliveryReport(
        delivered=outcomes[WorkState.DONE],
        returned=outcomes[WorkState.READY],
        parked=outcomes[WorkState.PARKED],
    )


def _deliver_one(
    lease: Lease,
    *,
    database: Database,
    offices: Offices,
    transports: Mapping[str, Transport],
    build_package: BuildPackage,
    clock: Clock,
) -> WorkState:
    """Returns the state that the row is in now; LEASED when another worker holds it."""
    try:
        try:
            receipt = _hand_over(lease, offices, transports, build_package)
            return _finish(database, lease, receipt, offices, clock)
        except PermanentError as error:
            with database.write() as tx:
                leases.park(tx, tables.deliveries, lease, error=str(error))
            return WorkState.PARKED
        except (RetryableError, OSError) as error:
            return _give_back(database, lease, str(error))
    except LeaseLost:
        return WorkState.LEASED


def _hand_over(
    lease: Lease,
    offices: Offices,
    transports: Mapping[str, Transport],
    build_package: BuildPackage,
) -> str:
    delivery = outbox.from_row(lease.row)
    office = offices.get(delivery.office)
    transport = transports.get(office.channel)
    if transport is None:
        raise PermanentError(f"没有配置投递方式“{office.channel}”", at=office.name)
    files = build_package(delivery)
    return transport.deliver(key=delivery.id, office=office.id, files=files)


def _finish(
    database: Database, lease: Lease, receipt: str, offices: Offices, clock: Clock
) -> WorkState:
    table = tables.deliveries
    at = clock.now()
    name = offices.get(lease.row["office"]).name
    with database.write() as tx:
        leases.finish(tx, table, lease)
        tx.execute(
            update(table).where(table.c.id == lease.id).values(receipt=receipt, delivered_at=at)
        )
        delivered = outbox.from_row(lease.row)
        ticket = ledger.remark(
            tx,
            ticket_id=delivered.ticket_id,
            remark=Remark.DELIVER,
            actor=lease.owner,
            at=at,
            note=f"{delivered.kind} {delivered.role}{name}：{receipt}",
        )
        if ticket.state is TicketState.RECALLED:  # recalled while it was on its way
            outbox.recalled(tx, ticket_id=ticket.id, number=ticket.number, at=at)
    return WorkState.DONE


def _give_back(database: Database, lease: Lease, error: str) -> WorkState:
    delay = min(_FIRST_DELAY * 2 ** (lease.attempts - 1), _LONGEST_DELAY)
    with database.write() as tx:
        return leases.give_back(
            tx, tables.deliveries, lease, error=error, delay=delay, max_attempts=MAX_ATTEMPTS
        )


MANIFEST = "SHA256SUMS"
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class FolderDrop:
    """A folder per office under `root`, one sub-folder per key, with a SHA256SUMS of its files.

    A package appears whole or not at all: it is written beside its place, synced, and renamed.
    Folders whose name begins with a dot are unfinished and mean nothing.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def deliver(self, *, key: str, office: str, files: Sequence[Path]) -> str:
        """See domain.ports.Transport. A key that is already there is left as it is."""
        for name in (key, office):
            if not _SAFE_NAME.fullmatch(name):
                raise PermanentError(f"“{name}”不能用作文件夹名")
        target = self._root / office / key
        try:
            if not target.exists():
                self._write(target, files)
            manifest = (target / MANIFEST).read_bytes()
        except OSError as error:
            raise RetryableError(f"无法写入投递文件夹：{error}", at=str(target)) from error
        digest = hashlib.sha256(manifest).hexdigest()
        return f"已投递到文件夹 {office}/{key}，清单摘要 sha256:{digest}"

    def _write(self, target: Path, files: Sequence[Path]) -> None:
        names = [file.name for file in files]
        if len(set(names)) < len(names) or MANIFEST in names or not names:
            raise PermanentError(f"投递包为空，或文件重名：{'、'.join(names)}")
        target.parent.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
        try:
            sums = [f"{_copy(file, unfinished / file.name)}  {file.name}\n" for file in files]
            _write_synced(unfinished / MANIFEST, "".join(sums).encode())
            unfinished.chmod(0o755)
            _sync(unfinished)
            _rename_once(unfinished, target)
            _sync(target.parent)
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)


def _copy(source: Path, target: Path) -> str:
    if source.is_symlink() or not source.is_file():
        raise PermanentError("投递包里只能有普通文件", at=str(source))
    shutil.copyfile(source, target)
    _sync(target)
    with target.open("rb") as copied:
        return hashlib.file_digest(copied, "sha256").hexdigest()


def _write_synced(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    _sync(path)


def _rename_once(unfinished: Path, target: Path) -> None:
    """A folder that is not empty cannot be replaced: whoever renames first has delivered."""
    try:
        unfinished.rename(target)
    except OSError:
        if not (target / MANIFEST).exists():
            raise


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
