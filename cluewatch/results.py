"""What became of each record that a command brought in, in the shape of interfaces.md."""

from __future__ import annotations

from datetime import datetime

from attrs import frozen
from sqlalchemy import Connection

from cluewatch.intake import Imported
from documents import outcomes
from documents import store as documents
from domain.captures import Snapshot
from domain.outcomes import Outcome
from evidence import reader as evidence


@frozen(kw_only=True)
class PageResult:
    """One record: where it came from, how it was kept, what was read in it, what was concluded."""

    file: str | None
    record: str
    url: str | None
    outcome: str | None
    capture_id: str | None = None
    document_id: str | None = None
    kind: str | None = None
    assessment: str | None = None
    error: str | None = None

    @property
    def readable(self) -> bool:
        """Whether the record was kept and read, or is a request that will be."""
        return self.error is None

    def row(self) -> dict[str, object]:
        """As a JSON line."""
        return {
            "file": self.file,
            "record": self.record,
            "url": self.url,
            "outcome": self.outcome,
            "capture_id": self.capture_id,
            "document_id": self.document_id,
            "kind": self.kind,
            "assessment": self.assessment,
            "error": self.error,
        }


def result_of(tx: Connection, item: Imported) -> PageResult:
    """What became of one imported record."""
    record, name = item.record, str(item.file)
    if item.snapshot is not None:
        return _of_snapshot(tx, item.snapshot, file=name, record=record.record)
    outcome = "requested" if record.request else "lead" if record.lead else None
    return PageResult(
        file=name, record=record.record, url=record.url, outcome=outcome, error=record.error
    )


def results_since(tx: Connection, moment: datetime) -> list[PageResult]:
    """What became of everything captured since a civil moment."""
    return [
        _of_snapshot(tx, snapshot, file=None, record=str(number))
        for number, snapshot in enumerate(evidence.since(tx, moment), start=1)
    ]


def _of_snapshot(
    tx: Connection, snapshot: Snapshot, *, file: str | None, record: str
) -> PageResult:
    found = outcomes.document_of(tx, snapshot.id)
    if found is not None:
        judged = documents.assessment(tx, found.id)
        return PageResult(
            file=file,
            record=record,
            url=snapshot.url,
            outcome=snapshot.outcome.value,
            capture_id=snapshot.id,
            document_id=found.id,
            kind=found.kind.value,
            assessment=judged.verdict.value if judged else None,
        )
    status = outcomes.status_of(tx, snapshot.id)
    outcome = status.outcome if status else snapshot.outcome
    reason = status.reason if status else "尚未研判"
    return PageResult(
        file=file,
        record=record,
        url=snapshot.url,
        outcome=outcome.value,
        capture_id=snapshot.id,
        kind="status",
        error=reason if outcome.is_gap or outcome is Outcome.OK else None,
    )
