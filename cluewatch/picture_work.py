"""Pictures become words: those of a document are read, and what they say is judged with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

import structlog
from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from cluewatch.judging import Judging
from cluewatch.picture_readings import PictureReadings, SeenPicture
from cluewatch.picture_words import Words, words_of
from documents import pictures
from documents import store as documents
from documents.pictures import PictureState
from documents.tables import picture_queue
from domain.captures import Snapshot
from domain.errors import CluewatchError, LeaseLost, PermanentError, StoreUnavailable
from domain.outcomes import Outcome
from domain.pages import Document
from evidence import assets, gaps
from evidence import reader as evidence
from storage import leases
from storage.leases import Lease

log = structlog.get_logger()

LEASE_SECONDS = 300.0
FIRST_RETRY_SECONDS = 2.0
MOST_ATTEMPTS = 3


class PictureWork:
    """Works the queue of documents whose pictures have come; any number may run at once."""

    def __init__(self, services: Services, *, owner: str) -> None:
        self._services = services
        self._truth = services.truth
        self._readings = PictureReadings(services)
        self._owner = owner

    @cached_property
    def _judging(self) -> Judging:
        """Loaded with the first pictures: most of the time there are none."""
        return Judging(self._services)

    def work(self) -> int:
        """Read the pictures of one document; returns how many documents were taken."""
        with self._truth.write() as tx:
            claimed = leases.claim(
                tx, picture_queue, owner=self._owner, limit=1, seconds=LEASE_SECONDS
            )
        for lease in claimed:
            self._work_one(lease)
        return len(claimed)

    def _work_one(self, lease: Lease) -> None:
        try:
            settle = self._settlement(lease)
            with self._truth.write() as tx:
                settle(tx)
                leases.finish(tx, picture_queue, lease)
        except LeaseLost as error:
            log.warning("lease_lost", document=lease.id, error=str(error))
        except StoreUnavailable:
            raise  # no fault of the pictures: the lease runs out, and they are read then
        except CluewatchError as error:
            self._set_aside(lease, error)

    def _settlement(self, lease: Lease) -> Callable[[Connection], None]:
        """The slow part of the work now; what is left is to be done inside one transaction."""
        with self._truth.read() as tx:
            document = documents.get(tx, lease.id)
            wanted = pictures.of_document(tx, lease.id)
            snapshot = evidence.snapshot(tx, document.captures[-1])
        last_try = lease.attempts >= MOST_ATTEMPTS
        seen = self._readings.read(wanted, last_try=last_try, pulse=lambda: self._renew(lease))
        words = words_of(seen)
        changed = pictures.with_words(
            document, blocks=words.blocks, identifiers=words.identifiers, links=words.links
        )
        self._judging.renew()
        judgement = self._judging.judge(changed, snapshot)

        def settle(tx: Connection) -> None:
            pictures.note(tx, [one.picture for one in seen])
            self._note_gaps(tx, document, snapshot, seen)
            assets.link(tx, snapshot.id, _bearing(words))
            if changed != document:
                documents.replace_text(tx, changed)
                self._judging.store(tx, changed, judgement, snapshot)

        return settle

    def _renew(self, lease: Lease) -> None:
        with self._truth.write() as tx:
            leases.renew(tx, picture_queue, lease, seconds=LEASE_SECONDS)

    def _note_gaps(
        self,
        tx: Connection,
        document: Document,
        snapshot: Snapshot,
        seen: Sequence[SeenPicture],
    ) -> None:
        for one in seen:
            if one.picture.state is PictureState.UNREAD:
                gaps.note(
                    tx,
                    url=one.picture.url,
                    source_id=document.source_id,
                    outcome=Outcome.BAD_CONTENT,
                    reason=f"图中文字未能读取：{one.picture.reason}（见于 {document.url}）",
                    at=snapshot.captured_at,
                )

    def _set_aside(self, lease: Lease, error: CluewatchError) -> None:
        log.warning("pictures_set_aside", document=lease.id, error=str(error))
        with self._truth.write() as tx:
            if isinstance(error, PermanentError):
                leases.park(tx, picture_queue, lease, error=str(error))
            else:
                delay = FIRST_RETRY_SECONDS * 2 ** (lease.attempts - 1)
                leases.give_back(tx, picture_queue, lease, error=str(error), delay=delay)


def _bearing(words: Words) -> list[str]:
    """The captures in whose pictures the words stand."""
    return [block.picture.snapshot_id for block in words.blocks if block.picture is not None]
