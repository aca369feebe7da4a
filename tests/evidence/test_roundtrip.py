"""Whatever was received comes back byte for byte, through our reader and through warcio."""

from __future__ import annotations

import gzip
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from warcio.archiveiterator import ArchiveIterator

from domain.captures import Acquisition, Capture, Profile, Snapshot
from domain.outcomes import Outcome
from evidence import warc_records
from evidence.reader import EvidenceReader, StoredPayload
from evidence.tables import metadata
from evidence.writer import EvidenceWriter
from storage.database import Database
from tests.clocks import StillClock

AT = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def packed(plain: bytes) -> bytes:
    return gzip.compress(plain, mtime=0)


names = st.from_regex(r"\A[A-Za-z][A-Za-z0-9-]{0,12}\Z").filter(
    lambda name: name.lower() not in {"content-length", "transfer-encoding", "content-encoding"}
)
visible = st.characters(min_codepoint=0x21, max_codepoint=0x9FFF, exclude_categories=("C", "Z"))
values = st.text(visible, max_size=20)
headers = st.lists(st.tuples(names, values), max_size=6).map(tuple)
bodies = st.one_of(st.just(b""), st.binary(max_size=300), st.binary(max_size=300).map(packed))


def capture(body: bytes, given_headers: tuple[tuple[str, str], ...], status: int = 200) -> Capture:
    return Capture(
        url="http://qinghe.test/a?b=1",
        captured_at=AT,
        outcome=Outcome.OK,
        profile=Profile.DESKTOP,
        acquisition=Acquisition.CRAWL,
        status=status,
        headers=given_headers,
        body=body,
    )


def keep(taken: Capture) -> tuple[StoredPayload, list[tuple[str, bytes]]]:
    """The payload as our reader gives it, and the (type, payload) pairs that warcio sees."""
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder)
        database = Database(f"sqlite:///{directory / 'truth.db'}")
        metadata.create_all(database.engine)
        with EvidenceWriter(
            directory=directory, database=database, clock=StillClock(AT), writer="w"
        ) as writer:
            [kept] = writer.record([taken])
        with database.read() as tx:
            payload = EvidenceReader(directory=directory).payload(tx, kept.id)
        database.close()
        return payload, seen_by_warcio(directory, kept)


def seen_by_warcio(directory: Path, kept: Snapshot) -> list[tuple[str, bytes]]:
    with (directory / kept.warc).open("rb") as file:
        return [
            (record.rec_type, record.content_stream().read())
            for record in ArchiveIterator(file, check_digests="raise")
        ]


@settings(max_examples=40, deadline=None)
@given(body=bodies, sent=headers)
def test_headers_and_body_come_back(body: bytes, sent: tuple[tuple[str, str], ...]) -> None:
    payload, seen = keep(capture(body, sent))
    assert payload.body == body
    assert payload.headers == sent
    assert seen[-1] == ("response", body)


@settings(max_examples=20, deadline=None)
@given(plain=st.binary(max_size=300))
def test_replay_tools_undo_the_content_coding_and_only_that(plain: bytes) -> None:
    sent = (("Content-Encoding", "gzip"), ("Transfer-Encoding", "chunked"))
    payload, seen = keep(capture(packed(plain), sent))
    assert payload.body == packed(plain)
    assert seen[-1] == ("response", plain)
    assert payload.headers[1] == ("X-Archive-Orig-Transfer-Encoding", "chunked")


def test_an_untrue_length_is_renamed_and_a_true_one_stays() -> None:
    payload, _ = keep(capture(b"12345", (("Content-Length", "99"),)))
    assert payload.headers == (("X-Archive-Orig-Content-Length", "99"),)
    payload, _ = keep(capture(b"12345", (("content-length", "5"),)))
    assert payload.headers == (("content-length", "5"),)


@settings(max_examples=60, deadline=None)
@given(name=st.text(max_size=12), value=st.text(st.characters(), max_size=30))
def test_no_header_can_forge_another_or_break_the_record(name: str, value: str) -> None:
    taken = capture(b"body", ((name, value), ("X-Last", "1")))
    parsed = warc_records.parse(warc_records.own(taken, "0" * 32, "sha256:" + "0" * 64, None))
    assert parsed.body == b"body"
    assert parsed.headers[-1] == ("X-Last", "1")
    assert len(parsed.headers) <= 2


@settings(max_examples=60, deadline=None)
@given(tail=st.text(st.characters(), max_size=30))
def test_no_address_can_break_the_record(tail: str) -> None:
    taken = capture(b"body", ())
    hostile = Capture(
        url=f"http://a.test/{tail}",
        captured_at=AT,
        outcome=taken.outcome,
        profile=taken.profile,
        acquisition=taken.acquisition,
        status=200,
        body=b"body",
    )
    record = warc_records.own(hostile, "0" * 32, "sha256:" + "0" * 64, None)
    assert warc_records.parse(record).body == b"body"
    assert record.count(b"WARC-Target-URI: ") == 1
    assert warc_records.request(hostile, "0" * 32) is not None


def test_bytes_of_headers_that_are_no_utf8_come_back() -> None:
    latin = "caf\udce9"  # surrogateescape of the byte E9
    payload, _ = keep(capture(b"x", (("X-Name", latin),)))
    assert payload.headers == (("X-Name", latin),)


def test_an_unusual_status_is_kept() -> None:
    _, seen = keep(capture(b"x", (), status=521))
    assert seen[-1] == ("response", b"x")
