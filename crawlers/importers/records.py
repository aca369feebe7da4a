"""What an import is told and what it gives back."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from attrs import field, frozen

from crawlers.discovery.records import Lead
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome

MAX_BODY = 16 * 1024 * 1024
TOO_LONG = f"正文超过 {MAX_BODY >> 20} MB 上限"


@frozen(kw_only=True)
class ImportOptions:
    """What the user says about the files: the address of the one page (`url`), an address that
    file names are appended to (`base_url`), when it was captured (aware), a CSV with columns
    file, url, captured_at (`sidecar`), and the headings of a complaint export (`mapping`)."""

    url: str | None = None
    base_url: str | None = None
    captured_at: datetime | None = None
    sidecar: Path | None = None
    mapping: Path | None = None


@frozen(kw_only=True)
class SheetRow:
    """A row of a sheet: the name of its sheet (None in a text file) and its number, from 1."""

    sheet: str | None
    number: int


@frozen(kw_only=True)
class ImportRecord:
    """One record of a file: a capture, an address to be visited (`request`), someone to be looked
    for (`lead`), or an error.

    `record` names it in the user's terms (第 3 条, 第 12 行). `error` is Chinese and says which
    file and record it is and why it cannot be read. `row` is where it stood, for sheets.
    """

    record: str
    url: str | None = None
    capture: Capture | None = field(default=None, repr=False)
    request: bool = False
    lead: Lead | None = None
    error: str | None = None
    row: SheetRow | None = None


def imported(
    *,
    url: str,
    captured_at: datetime,
    acquisition: Acquisition,
    body: bytes,
    headers: tuple[tuple[str, str], ...],
    status: int = 200,
    outcome: Outcome = Outcome.OK,
    ip: str | None = None,
    note: str | None = None,
) -> Capture:
    """A capture that others made."""
    return Capture(
        url=url,
        captured_at=captured_at,
        outcome=outcome,
        profile=Profile.IMPORT,
        acquisition=acquisition,
        status=status,
        headers=headers,
        body=body,
        ip=ip,
        note=note,
    )
