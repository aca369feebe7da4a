"""A document with everything known of it, in the shape of `show --json` (interfaces.md)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sqlalchemy import Connection

from documents import store as documents
from domain.findings import Assessment, Finding, Verdict
from domain.pages import Document
from storage.records import to_plain

Grade = Callable[[str, float], Verdict]
"""What a finding of this type and score is good for (classifiers.policy)."""


def document_row(tx: Connection, document: Document, grade: Grade) -> dict[str, Any]:
    """One document as JSON-ready values; each finding says whether it makes a clue by itself."""
    assessment = documents.assessment(tx, document.id)
    return {
        "id": document.id,
        "url": document.url,
        "canonical_url": document.canonical_url,
        "duplicate_of": document.duplicate_of,
        "cluster": document.cluster,
        "subject": document.subject_hint,
        "captured_at": document.captured_at.isoformat(),
        "captures": list(document.captures),
        "title": document.title,
        "kind": document.kind.value,
        "author": document.author,
        "account": document.account,
        "published_at": document.published_at.isoformat() if document.published_at else None,
        "text": document.text,
        "blocks": [
            {"text": b.text, "origin": b.origin.value, "start": b.start, "end": b.end}
            for b in document.blocks
        ],
        "links": [to_plain(link) for link in document.links],
        "identifiers": [to_plain(identifier) for identifier in document.identifiers],
        "findings": [_finding_row(f, grade) for f in assessment.findings] if assessment else [],
        "assessment": _assessment_row(assessment),
        "facts": [to_plain(fact) for fact in assessment.facts] if assessment else [],
    }


def all_rows(tx: Connection, grade: Grade) -> Iterator[dict[str, Any]]:
    """Every document, in the order of ids."""
    after = ""
    while found := documents.iterate(tx, after=after):
        for document in found:
            yield document_row(tx, document, grade)
        after = found[-1].id


def _finding_row(finding: Finding, grade: Grade) -> dict[str, Any]:
    return {
        "type": finding.type,
        "start": finding.start,
        "end": finding.end,
        "quote": finding.quote,
        "score": finding.score,
        "verdict": grade(finding.type, finding.score).value,
        "origin": finding.origin,
        "articles": [article.citation for article in finding.articles],
        "explanation": finding.explanation,
        "template": finding.template,
    }


def _assessment_row(assessment: Assessment | None) -> dict[str, Any] | None:
    if assessment is None:
        return None
    return {"verdict": assessment.verdict.value, "reasons": list(assessment.reasons)}
