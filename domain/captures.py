"""What was seen: bytes as they came, and where they were kept."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import field, frozen, validators

from domain.outcomes import Outcome


def _aware(_: object, attribute: object, value: datetime) -> None:
    if value.tzinfo is None:
        raise ValueError(f"{attribute} must be an aware datetime")


class Profile(StrEnum):
    """The way in which a page was asked for. Import means that others saved it."""

    DESKTOP = "desktop"
    MOBILE = "mobile"
    RENDERED = "rendered"
    OFFICER = "officer"
    IMPORT = "import"


class Acquisition(StrEnum):
    """How the bytes reached us."""

    CRAWL = "crawl"
    OFFICER = "officer"
    IMPORT_HTML = "import_html"
    IMPORT_HAR = "import_har"
    IMPORT_WARC = "import_warc"
    IMPORT_FILE = "import_file"
    FEED = "feed"
    PLATFORM = "platform"


@frozen(kw_only=True)
class Hop:
    """One step of a redirect chain: the address asked for and the status that answered."""

    url: str
    status: int


@frozen(kw_only=True)
class Capture:
    """One look at one address, before it is stored.

    `body` is the payload before content decoding (still compressed when `headers` say so);
    `headers` keep order and repetition. `status` is 0 when no HTTP answer came. `ip` is the
    address that was connected to. `robots` says what the robots gate decided.
    """

    url: str
    source_id: str | None = None
    captured_at: datetime = field(validator=_aware)
    outcome: Outcome
    profile: Profile
    acquisition: Acquisition
    status: int
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    request_headers: tuple[tuple[str, str], ...] = ()
    ip: str | None = None
    redirects: tuple[Hop, ...] = ()
    robots: str | None = None
    note: str | None = None


@frozen(kw_only=True)
class Snapshot:
    """A capture that is kept: the WARC record and the ledger row exist.

    `payload_digest` and `record_digest` are "sha256:" + hex; the first is over the payload, the
    second over the uncompressed bytes of the whole WARC record. `offset` and `length` locate the
    record (gzip member) in `warc`, a file name relative to the evidence directory. `revisit_of`
    is set when the payload was already stored and only a revisit record was written.
    """

    id: str
    url: str
    source_id: str | None
    captured_at: datetime = field(validator=_aware)
    outcome: Outcome
    profile: Profile
    acquisition: Acquisition
    status: int
    payload_digest: str = field(validator=validators.matches_re(r"sha256:[0-9a-f]{64}"))
    record_digest: str
    payload_length: int
    warc: str
    offset: int
    length: int
    revisit_of: str | None = None


class RequestReason(StrEnum):
    """Why another look at the web is asked for."""

    LINK = "link"
    RENDER = "render"
    PICTURE = "picture"
    SEAL = "seal"
    RECAPTURE = "recapture"


@frozen(kw_only=True)
class CaptureRequest:
    """The one way back from any stage to the web; leased like any other work.

    `actor` and `purpose` are of the person who asked, when it was a person; the ledger keeps them.
    """

    id: str
    reason: RequestReason
    url: str
    source_id: str | None = None
    profile: Profile = Profile.DESKTOP
    clue_id: str | None = None
    snapshot_id: str | None = None
    requested_at: datetime = field(validator=_aware)
    deadline: datetime | None = field(default=None, validator=validators.optional(_aware))
    actor: str | None = None
    purpose: str | None = None


class SealStatus(StrEnum):
    """Whether the proof of a clue is complete. Anything but a checked full set is incomplete."""

    PENDING = "待固证"
    SEALED = "已固证"
    INCOMPLETE = "未完成固证"


@frozen(kw_only=True)
class SealedFile:
    """One member of a sealed set. `size` and digests are of what it holds; `stored` is the
    SHA-256 (hex) of the closed file on disk, None when it lies there as it is."""

    name: str
    media_type: str
    size: int
    sha256: str
    sm3: str | None = None
    stored: str | None = None


@frozen(kw_only=True)
class Seal:
    """The sealed proof of one clue: files with digests, how and when they were made.

    `live` is false when the set was made from stored bytes (an import or a vanished page).
    `reason` says what is missing while `status` is not SEALED. `directory` is relative to the
    evidence directory. `manifest_digest` is "sha256:" + hex over manifest.json.
    """

    id: str
    clue_id: str
    snapshot_id: str
    url: str
    status: SealStatus
    reason: str | None = None
    live: bool = True
    sealed_at: datetime = field(validator=_aware)
    directory: str
    manifest_digest: str | None = None
    files: tuple[SealedFile, ...] = ()
