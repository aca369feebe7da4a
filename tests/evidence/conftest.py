"""A database of its own for each test, a clock that moves when it is told to, and captures."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from documents.masking import mask
from domain.captures import (
    Acquisition,
    Capture,
    CaptureRequest,
    Profile,
    RequestReason,
    Seal,
)
from domain.clues import Clue, ClueState, Subject, SubjectKind
from domain.findings import Article, Existence, Fact, Finding
from domain.outcomes import Outcome
from evidence import keyring, seal_keys
from evidence.bundle import BundleForm, BundleInfo, write_bundle
from evidence.keyring import KeyRing
from evidence.seal_checks import SealRules
from evidence.seal_files import member
from evidence.sealing import Sealer
from evidence.tables import metadata
from evidence.timestamps import Timestamps
from evidence.writer import EvidenceWriter
from storage.database import Database
from tests.clocks import StillClock
from tests.evidence.stand_ins import (
    PAGE,
    Reference,
    StandInJudge,
    StandInRenderer,
    grey_png,
)

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def clock() -> StillClock:
    return StillClock(START)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'truth.db'}")
    metadata.create_all(opened.engine)
    yield opened
    opened.close()


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "evidence"


@pytest.fixture
def later(clock: StillClock) -> Callable[..., None]:
    """Moves the clock: `later(hours=1)`."""

    def move(**amount: float) -> None:
        clock.moment += timedelta(**amount)

    return move


@pytest.fixture
def open_writer(
    directory: Path, database: Database, clock: StillClock
) -> Callable[..., EvidenceWriter]:
    """Makes a writer of a given name, to be entered by the test."""

    def make(name: str, **given: int) -> EvidenceWriter:
        return EvidenceWriter(
            directory=directory, database=database, clock=clock, writer=name, **given
        )

    return make


@pytest.fixture
def writer(open_writer: Callable[..., EvidenceWriter]) -> Iterator[EvidenceWriter]:
    with open_writer("w1") as opened:
        yield opened


@pytest.fixture
def capture(clock: StillClock) -> Callable[..., Capture]:
    """Makes a capture of now; any field can be given."""

    def make(**given: object) -> Capture:
        values: dict[str, object] = {
            "url": "http://qinghe.test/",
            "source_id": "qinghe",
            "captured_at": clock.now(),
            "outcome": Outcome.OK,
            "profile": Profile.DESKTOP,
            "acquisition": Acquisition.CRAWL,
            "status": 200,
            "headers": (("Content-Type", "text/html; charset=utf-8"),),
            "body": PAGE,
            "request_headers": (("User-Agent", "Cluewatch test"),),
            "ip": "127.3.0.9",
        }
        return Capture(**{**values, **given})  # type: ignore[arg-type] # fields given by name

    return make


@pytest.fixture
def renderer() -> StandInRenderer:
    return StandInRenderer()


@pytest.fixture
def blank_png() -> bytes:
    return grey_png([b"\xff\xff"] * 3)


@pytest.fixture
def judge() -> StandInJudge:
    return StandInJudge()


@pytest.fixture
def reference() -> Reference:
    return Reference()


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    keyring.add_key(tmp_path / "evidence.keys")
    return keyring.load(tmp_path / "evidence.keys")


@pytest.fixture
def content_of(directory: Path, database: Database, keys: KeyRing) -> Callable[[Seal, str], bytes]:
    """What a member of a seal holds, opened."""

    def read(made: Seal, name: str) -> bytes:
        [file] = [file for file in made.files if file.name == name]
        with database.read() as tx:
            key = seal_keys.unlock(tx, keys, made.id)
        return b"".join(member(directory / made.directory, file, key))

    return read


@pytest.fixture
def seal(
    *,
    directory: Path,
    database: Database,
    clock: StillClock,
    renderer: StandInRenderer,
    judge: StandInJudge,
    writer: EvidenceWriter,
    keys: KeyRing,
) -> Callable[..., Seal]:
    """Seals the page of `capture` for a clue; `browser=False` is a machine without one."""

    def make(
        *,
        browser: bool = True,
        reference: Reference | None = None,
        timestamps: Timestamps | None = None,
        rules: SealRules | None = None,
        **given: str | None,
    ) -> Seal:
        values: dict[str, str | None] = {
            "id": "request-1",
            "url": "http://qinghe.test/",
            "clue_id": "clue-1",
        }
        sealer = Sealer(
            directory=directory,
            database=database,
            clock=clock,
            renderer=renderer if browser else None,
            judge=judge,
            keep=lambda capture: writer.record([capture])[0],
            keys=keys,
            mask=mask,
            reference=reference,
            timestamps=timestamps,
            rules=rules,
        )
        request = CaptureRequest(
            reason=RequestReason.SEAL,
            requested_at=clock.now(),
            **{**values, **given},  # type: ignore[arg-type] # fields given by name
        )
        return sealer.seal(request)

    return make


def clue_about(quote: str) -> Clue:
    article = Article(law="ad", title="广告法", number="16", since=date(2015, 9, 1))
    finding = Finding(
        id="f1",
        document_id="d1",
        type="efficacy_guarantee",
        start=3,
        end=9,
        quote=quote,
        score=0.9,
        origin="rule:efficacy_guarantee@1",
        articles=(article,),
    )
    return Clue(
        id="clue-1",
        number="云线2026-0001",
        subject=Subject(
            id="s1", key="k", kind=SubjectKind.MEDICAL_INSTITUTION, name="青禾门诊部<b>"
        ),
        creative="c",
        state=ClueState.PENDING,
        types=("efficacy_guarantee",),
        severity=3,
        score=0.9,
        findings=(finding,),
        facts=(Fact(name="institution_licence", answer=Existence.UNVERIFIED),),
        url="http://qinghe.test/",
        raised_at=datetime(2026, 3, 2, 8, 0, tzinfo=UTC),
    )


@pytest.fixture
def bundle(
    *,
    writer: EvidenceWriter,
    seal: Callable[..., Seal],
    capture: Callable[..., Capture],
    directory: Path,
    database: Database,
    tmp_path: Path,
    keys: KeyRing,
) -> Callable[..., BundleInfo]:
    """Writes the bundle of the clue that `seal` seals."""
    writer.record([capture()])

    def make(
        name: str = "bundle.zip",
        *,
        quote: str = "三个疗程包好",
        form: BundleForm = BundleForm.ORIGINAL,
    ) -> BundleInfo:
        with database.read() as tx:
            return write_bundle(
                target=tmp_path / name,
                directory=directory,
                tx=tx,
                clue=clue_about(quote),
                type_names={"efficacy_guarantee": "保证疗效"},
                form=form,
                keys=keys,
            )

    return make


@pytest.fixture
def made(bundle: Callable[..., BundleInfo], seal: Callable[..., Seal]) -> BundleInfo:
    seal()
    return bundle()
