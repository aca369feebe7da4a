"""The labelled pool: what reviewers decided and what became of cases, as ids and offsets."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import frozen
from sqlalchemy import Connection

from documents import reviews
from documents import store as documents
from domain.errors import NotFound
from domain.reviews import Decision
from tickets import precision


@frozen(kw_only=True)
class Label:
    """Words of a document that were decided on: `[start, end)` in code points, the type, whether
    they violate, and who says so; `reason` is coded, "" where they violate."""

    start: int
    end: int
    code: str
    violates: bool
    reason: str
    by: str


@frozen(kw_only=True)
class LabelledDocument:
    """One document of the pool, without its text: that is joined when training."""

    id: str
    kind: str
    labels: tuple[Label, ...]


def pool(tx: Connection) -> Iterator[LabelledDocument]:
    """Every document with decided words, by id. What an office found after looking into the matter
    outweighs what a reviewer thought of the same words; a document that was deleted has no row."""
    found: dict[str, dict[tuple[str, int, int], Label]] = {}
    for labelled in reviews.labels(tx):
        for review in labelled.reviews:
            found.setdefault(review.document_id, {})[review.type, review.start, review.end] = Label(
                start=review.start,
                end=review.end,
                code=review.type,
                violates=review.decision is Decision.CONFIRMED,
                reason=review.reason.value if review.reason else "",
                by="review",
            )
    for case, findings in precision.with_findings(tx, precision.decided(tx)):
        for finding in findings:
            place = finding.type, finding.start, finding.end
            found.setdefault(finding.document_id, {})[place] = Label(
                start=finding.start,
                end=finding.end,
                code=finding.type,
                violates=case.right,
                reason="" if case.right else case.reason,
                by="outcome",
            )
    for document_id, labels in sorted(found.items()):
        try:
            kind = documents.get(tx, document_id).kind.value
        except NotFound:
            continue
        ordered = sorted(labels.values(), key=lambda label: (label.start, label.end, label.code))
        yield LabelledDocument(id=document_id, kind=kind, labels=tuple(ordered))
