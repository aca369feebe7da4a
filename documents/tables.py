"""Tables of documents, verdicts and what repeats on a site."""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from domain.ids import derive_id
from storage.columns import Moment
from storage.leases import queue

metadata = MetaData()


def url_key(url: str) -> str:
    """What the columns `url_key` hold: an address may be longer than an index entry."""
    return derive_id("url", url)


# `record` is the document as JSON without its text. `last_seen_at` is the newest capture.
# `counted` marks the one version of a page whose pieces stand in `site_blocks`.
documents = Table(
    "documents",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("id", String(32), nullable=False, unique=True),
    Column("url_key", String(32), nullable=False),
    Column("site", String(255), nullable=False),
    Column("page", String(64), nullable=False),
    Column("last_seen_at", Moment, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_digest", String(32), nullable=False),
    Column("duplicate_of", String(32)),
    Column("counted", Boolean, nullable=False),
    Column("assessment_id", String(64)),
    Column("verdict", String(8)),
    Column("record", Text, nullable=False),
    Index("ix_documents_url", "url_key", "last_seen_at"),
    Index("ix_documents_text", "site", "text_digest"),
    Index("ix_documents_counted", "site", "counted"),
    Index("ix_documents_verdict", "verdict", "sequence"),
    Index("ix_documents_seen", "last_seen_at", "verdict"),
)

document_captures = Table(
    "document_captures",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("document_id", String(32), nullable=False),
    Column("snapshot_id", String(64), nullable=False),
    Column("seen_at", Moment, nullable=False),
    UniqueConstraint("document_id", "snapshot_id"),
)

# Every assessment ever made; `documents.assessment_id` names the one in force.
assessments = Table(
    "assessments",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("document_id", String(32), nullable=False),
    Column("verdict", String(8), nullable=False),
    Column("policy", String(128), nullable=False),
    Column("rulebook", String(128), nullable=False),
    Column("judged_at", Moment, nullable=False),
    Column("record", Text, nullable=False),
    Index("ix_assessments_document", "document_id", "judged_at"),
)

# The findings of the assessments in force, for counts and questions.
findings = Table(
    "findings",
    metadata,
    Column("document_id", String(32), primary_key=True),
    Column("id", String(64), primary_key=True),
    Column("type", String(64), nullable=False),
    Column("score", Float, nullable=False),
    Column("origin", String(200), nullable=False),
    Column("quote", Text, nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("segment", String(32), nullable=False),
    Column("template", Boolean, nullable=False),
    Column("verdict", String(8), nullable=False),
    Index("ix_findings_type", "type", "score"),
)

# What people decided, one row per span; rows are only ever added (see domain.reviews).
reviews = Table(
    "reviews",
    metadata,
    Column("sequence", Integer, primary_key=True, autoincrement=True),
    Column("document_id", String(32), nullable=False),
    Column("assessment_id", String(64), nullable=False),
    Column("type", String(64), nullable=False),
    Column("start", Integer, nullable=False),
    Column("end", Integer, nullable=False),
    Column("quote", Text, nullable=False),
    Column("decision", String(16), nullable=False),
    Column("reason", String(32)),
    Column("note", Text, nullable=False),
    Column("clue_id", String(64)),
    Column("actor", String(200), nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_reviews_document", "document_id", "type", "start", "end"),
    Index("ix_reviews_at", "at"),
)

# On how many pages of a site a block or sentence stands (`segment` is its key).
site_blocks = Table(
    "site_blocks",
    metadata,
    Column("site", String(255), primary_key=True),
    Column("segment", String(32), primary_key=True),
    Column("pages", Integer, nullable=False),
    Index("ix_site_blocks_pages", "site", "pages"),
)

# The id of a row is that of the document to be projected.
index_queue = queue("index_queue", metadata)

# The pictures of a document that may hold words, in the order of the page (see `pictures`).
document_pictures = Table(
    "document_pictures",
    metadata,
    Column("document_id", String(32), primary_key=True),
    Column("place", Integer, primary_key=True, autoincrement=False),
    Column("url", Text, nullable=False),
    Column("url_key", String(32), nullable=False),
    Column("state", String(8), nullable=False),
    Column("snapshot_id", String(64)),
    Column("reason", Text, nullable=False),
    Index("ix_document_pictures_url", "url_key"),
)

# What each picture looks like, by the digest of its bytes and the reader's version.
picture_looks = Table(
    "picture_looks",
    metadata,
    Column("digest", String(71), primary_key=True),
    Column("reader", String(64), primary_key=True),
    Column("snapshot_id", String(64), nullable=False),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("likeness", String(16), nullable=False),
    Column("refusal", Text, nullable=False),
    Index("ix_picture_looks_size", "width", "height", "reader"),
)

# What was read in a picture, or in pictures that follow each other; JSON, one reading for each.
picture_readings = Table(
    "picture_readings",
    metadata,
    Column("key", String(71), primary_key=True),
    Column("reader", String(64), primary_key=True),
    Column("record", Text, nullable=False),
)

# The id of a row is that of the document whose pictures are to be read.
picture_queue = queue("picture_queue", metadata)

status_pages = Table(
    "status_pages",
    metadata,
    Column("snapshot_id", String(64), primary_key=True),
    Column("url_key", String(32), nullable=False),
    Column("url", Text, nullable=False),
    Column("outcome", String(32), nullable=False),
    Column("reason", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index("ix_status_pages_url", "url_key", "at"),
)
