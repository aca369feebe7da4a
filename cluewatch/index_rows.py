"""What the index is to hold of stored documents, gathered from all who know something of them."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection

from crawlers import source_store
from documents import store as documents
from domain.pages import Document
from domain.queries import SearchDocument
from indexer.projector import search_document
from tickets.visibility import offices_by_document


def index_rows(tx: Connection, found: Sequence[Document]) -> list[SearchDocument]:
    """One row for each document, in their order."""
    offices = offices_by_document(tx, [document.id for document in found])
    return [
        search_document(
            document,
            documents.assessment(tx, document.id),
            source_store.find(tx, document.source_id),
            offices=offices.get(document.id, ()),
        )
        for document in found
    ]
