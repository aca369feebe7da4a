"""From kept pictures to what stands in them: opened, cached, and read run by run."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

from attrs import evolve, field, frozen

from cluewatch.bootstrap import Services
from documents import picture_cache
from documents.pictures import DocumentPicture, PictureState
from domain.errors import CluewatchError, PermanentError, RetryableError
from domain.pictures import PictureLook, PictureReading
from domain.ports import PictureReader
from evidence import content

MOST_TOGETHER = 40_000_000
"""Pixels of the pictures that are read in one go."""
_LATE = "限时内没有取得"


@frozen(kw_only=True)
class SeenPicture:
    """What became of one picture. `digest` is that of its bytes, "" when they are not there;
    `size` (width, height) and `reading` are set when it was read."""

    picture: DocumentPicture
    digest: str = ""
    size: tuple[int, int] = (0, 0)
    reading: PictureReading | None = None


@frozen(kw_only=True)
class _Opened:
    """A picture that is worth reading, with its bytes."""

    picture: DocumentPicture
    digest: str
    body: bytes = field(repr=False)
    look: PictureLook


class PictureReadings:
    """Reads the pictures of documents. What a picture says is kept by its bytes' digest; a picture
    that is only compressed differently is not read again either."""

    def __init__(self, services: Services) -> None:
        self._truth = services.truth
        self._evidence = services.evidence
        self._reader: PictureReader = services.picture_reader

    def read(
        self, wanted: Sequence[DocumentPicture], *, last_try: bool, pulse: Callable[[], None]
    ) -> list[SeenPicture]:
        """What became of each, in their order. `pulse` is called between the pieces of work.

        Raises RetryableError when the reader broke down, unless this is the `last_try`: then the
        pictures that broke it are UNREAD, and the others are read.
        """
        found: list[SeenPicture] = []
        run: list[_Opened] = []
        for picture in wanted:
            pulse()
            opened = self._open(picture, last_try=last_try)
            if run and not (isinstance(opened, _Opened) and _goes_on(run, opened)):
                found += self._read_run(run, last_try=last_try)
                run = []
            if isinstance(opened, _Opened):
                run.append(opened)
            else:
                found.append(opened)
        return found + (self._read_run(run, last_try=last_try) if run else [])

    def _open(self, picture: DocumentPicture, *, last_try: bool) -> _Opened | SeenPicture:
        if picture.state is PictureState.UNREAD:
            return SeenPicture(picture=picture)
        if picture.snapshot_id is None:
            return _unread(picture, _LATE)
        try:
            with self._truth.read() as tx:
                stored = self._evidence.payload(tx, picture.snapshot_id)
            body = content.decoded(stored.body, stored.headers)
            digest = "sha256:" + hashlib.sha256(body).hexdigest()
            look = self._look(picture.snapshot_id, digest, body)
        except CluewatchError as error:
            if isinstance(error, RetryableError) and not last_try:
                raise
            return _unread(picture, error.message)
        if look.refusal:
            skipped = evolve(picture, state=PictureState.SKIPPED, reason=look.refusal)
            return SeenPicture(picture=skipped, digest=digest)
        return _Opened(picture=picture, digest=digest, body=body, look=look)

    def _look(self, snapshot_id: str, digest: str, body: bytes) -> PictureLook:
        version = self._reader.version
        with self._truth.read() as tx:
            known = picture_cache.look(tx, digest, version)
        if known is not None:
            return known
        seen = self._reader.look(body)
        with self._truth.write() as tx:
            picture_cache.put_look(tx, digest, version, seen, snapshot_id=snapshot_id)
        return seen

    def _read_run(self, run: Sequence[_Opened], *, last_try: bool) -> list[SeenPicture]:
        try:
            readings = self._readings(run)
        except RetryableError as error:
            if not last_try:
                raise
            return [_unread(one.picture, error.message) for one in run]
        except PermanentError as error:
            return [_unread(one.picture, error.message) for one in run]
        return [
            SeenPicture(
                picture=evolve(one.picture, state=PictureState.READ, reason=""),
                digest=one.digest,
                size=(one.look.width, one.look.height),
                reading=reading,
            )
            for one, reading in zip(run, readings, strict=True)
        ]

    def _readings(self, run: Sequence[_Opened]) -> tuple[PictureReading, ...]:
        key, version = _key(run), self._reader.version
        with self._truth.read() as tx:
            known = picture_cache.readings(tx, key, version)
        if known is not None:
            return known
        found = (self._as_twin(run[0]) if len(run) == 1 else None) or self._reader.read(
            [one.body for one in run]
        )
        with self._truth.write() as tx:
            picture_cache.put_readings(tx, key, version, found)
        return found

    def _as_twin(self, one: _Opened) -> tuple[PictureReading, ...] | None:
        """What was read in a picture that differs from this one by its compression alone."""
        version = self._reader.version
        with self._truth.read() as tx:
            twins = picture_cache.twins(tx, one.digest, version, one.look)
            bodies = [(twin, self._evidence.payload(tx, twin.snapshot_id)) for twin in twins]
        for twin, stored in bodies:
            if self._reader.same(one.body, content.decoded(stored.body, stored.headers)):
                with self._truth.read() as tx:
                    return picture_cache.readings(tx, twin.digest, version)
        return None


def _goes_on(run: Sequence[_Opened], following: _Opened) -> bool:
    """Whether a picture may be the next slice of one poster: as wide, and not too much to read."""
    pixels = sum(one.look.width * one.look.height for one in (*run, following))
    return following.look.width == run[-1].look.width and pixels <= MOST_TOGETHER


def _key(run: Sequence[_Opened]) -> str:
    if len(run) == 1:
        return run[0].digest
    return "sha256:" + hashlib.sha256(" ".join(one.digest for one in run).encode()).hexdigest()


def _unread(picture: DocumentPicture, reason: str) -> SeenPicture:
    return SeenPicture(picture=evolve(picture, state=PictureState.UNREAD, reason=reason))
