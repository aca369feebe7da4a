"""From what is stored of a document to what the index holds of it."""

from __future__ import annotations

from collections.abc import Iterable

from domain.findings import Assessment, Finding
from domain.outcomes import Outcome
from domain.pages import Document
from domain.queries import SearchDocument
from domain.sources import Source


def search_document(
    document: Document,
    assessment: Assessment | None,
    source: Source | None,
    *,
    offices: Iterable[str] = (),
) -> SearchDocument:
    """The projection; a document that was not judged yet has verdict "" and score 0.

    `subject` is the operator as the page names it, else as the source names it; `score` is that
    of the strongest finding; types are in the order of their strongest finding.
    """
    findings = _strongest_first(assessment)
    return SearchDocument(
        id=document.id,
        url=document.url,
        title=document.title,
        text=document.text,
        site=document.site,
        source=document.source_id or "",
        kind=document.kind.value,
        verdict=assessment.verdict.value if assessment else "",
        types=tuple(dict.fromkeys(finding.type for finding in findings)),
        region=source.region if source else "",
        offices=tuple(sorted(offices)),
        subject=document.subject_hint or (source.operator if source else None) or "",
        outcome=Outcome.OK.value,
        identifiers=tuple(dict.fromkeys(found.value for found in document.identifiers)),
        captured_at=document.captured_at,
        published_at=document.published_at,
        score=findings[0].score if findings else 0.0,
    )


def _strongest_first(assessment: Assessment | None) -> list[Finding]:
    findings = assessment.findings if assessment else ()
    return sorted(findings, key=lambda finding: (-finding.score, finding.type))
