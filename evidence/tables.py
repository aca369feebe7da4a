"""The tables that evidence owns. Bytes stay in WARC files; these rows say where and what."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

from storage.columns import Moment
from storage.leases import queue

metadata = MetaData()

# Addresses can be longer than an index entry may be, so they are looked up by `derive_id(url)`.
snapshots = Table(
    "snapshots",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("url", Text, nullable=False),
    Column("url_key", String(32), nullable=False),
    Column("host", String(255), nullable=False),
    Column("source_id", String(200)),
    Column("captured_at", Moment, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("profile", String(16), nullable=False),
    Column("acquisition", String(16), nullable=False),
    Column("status", Integer, nullable=False),
    Column("payload_digest", String(71), nullable=False),
    Column("record_digest", String(71), nullable=False),
    Column("payload_length", BigInteger, nullable=False),
    Column("warc", String(200), nullable=False),
    Column("offset", BigInteger, nullable=False),
    Column("length", BigInteger, nullable=False),
    Column("revisit_of", String(32)),
    # The request record, when there is one, ends where the snapshot's own record begins.
    Column("request_length", BigInteger, nullable=False),
    Column("request_digest", String(71)),
    # Over the compressed bytes of both, as they lie in the file.
    Column("stored_digest", String(71), nullable=False),
    Index("ix_snapshots_url", "url_key", "captured_at"),
    Index("ix_snapshots_host", "host", "captured_at"),
    Index("ix_snapshots_captured", "captured_at", "outcome"),
    Index("ix_snapshots_payload", "payload_digest"),
    Index("ix_snapshots_warc", "warc", "offset"),
)

# The pictures that a page shows and in which words were read.
page_assets = Table(
    "page_assets",
    metadata,
    Column("page_id", String(32), primary_key=True),
    Column("asset_id", String(32), primary_key=True),
)

ledger = Table(
    "ledger",
    metadata,
    Column("writer", String(64), primary_key=True),
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", Moment, nullable=False),
    Column("actor", String(200), nullable=False),
    Column("action", String(64), nullable=False),
    Column("subject", String(200), nullable=False),
    Column("detail", Text, nullable=False),
    Column("previous", String(71), nullable=False),
    Column("digest", String(71), nullable=False),
    Index("ix_ledger_subject", "subject", "action"),
)

outbox = queue(
    "outbox",
    metadata,
    Column("topic", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("created_at", Moment, nullable=False),
)

capture_requests = queue(
    "capture_requests",
    metadata,
    Column("reason", String(16), nullable=False),
    Column("url", Text, nullable=False),
    Column("source_id", String(200)),
    Column("profile", String(16), nullable=False),
    Column("clue_id", String(64)),
    Column("snapshot_id", String(32)),
    Column("requested_at", Moment, nullable=False),
    Column("deadline", Moment),
    Column("actor", String(200)),
    Column("purpose", Text),
)

seals = Table(
    "seals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("clue_id", String(64), nullable=False),
    Column("snapshot_id", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("status", String(16), nullable=False),
    Column("reason", Text),
    Column("live", Boolean, nullable=False),
    Column("sealed_at", Moment, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("directory", String(300), nullable=False),
    Column("manifest_digest", String(71)),
    Column("files", Text, nullable=False),
    Index("ix_seals_clue", "clue_id", "attempt"),
)

# The key of a seal, wrapped with a key of the installation (evidence/keyring.py).
seal_keys = Table(
    "seal_keys",
    metadata,
    Column("seal_id", String(32), primary_key=True),
    Column("key", String(16), nullable=False),
    Column("wrapped", LargeBinary, nullable=False),
    Column("wrapped_at", Moment, nullable=False),
)

# Who asked to see the originals of a clue, and which other person decided.
original_requests = Table(
    "original_requests",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("clue_id", String(64), nullable=False),
    Column("asked_by", String(200), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("asked_at", Moment, nullable=False),
    Column("decided_by", String(200)),
    Column("decided_at", Moment),
    Column("approved", Boolean),
    Column("note", Text),
    Column("expires_at", Moment, nullable=False),
    Index("ix_original_requests_clue", "clue_id", "asked_at"),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("place", Text, nullable=False),
    Column("whole_host", Boolean, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("source_id", String(200)),
    Column("reason", Text, nullable=False),
    Column("since", Moment, nullable=False),
    Column("last_seen", Moment, nullable=False),
    Column("count", Integer, nullable=False),
    Index("ix_gaps_last_seen", "last_seen"),
)

holds = Table(
    "holds",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("subject", String(64), nullable=False),
    Column("actor", String(200), nullable=False),
    Column("purpose", Text, nullable=False),
    Column("placed_at", Moment, nullable=False),
    Column("released_at", Moment),
    Index("ix_holds_subject", "subject", "released_at"),
)

# What stands in the WARC where a snapshot was; `done` once its bytes have been overwritten.
deletions = Table(
    "deletions",
    metadata,
    Column("snapshot_id", String(32), primary_key=True),
    Column("deleted_at", Moment, nullable=False),
    Column("record_digest", String(71), nullable=False),
    Column("stored_digest", String(71), nullable=False),
    Column("done", Boolean, nullable=False),
)
