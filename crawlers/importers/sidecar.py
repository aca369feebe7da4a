"""The CSV beside saved pages that says where and when they were saved."""

from __future__ import annotations

import csv
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from attrs import frozen

from crawlers.importers.records import ImportOptions
from crawlers.pages.dates import CHINA
from domain.errors import PermanentError
from language.charset import to_text

_MAX_SIZE = 16 * 1024 * 1024


@frozen(kw_only=True)
class Stated:
    """What is said about a file; None where nothing is said."""

    url: str | None = None
    captured_at: datetime | None = None


def stated(path: Path, options: ImportOptions) -> Stated:
    """The sidecar's row of a file, by its name. Raises PermanentError for a broken sidecar."""
    if options.sidecar is None:
        return Stated()
    changed = options.sidecar.stat().st_mtime_ns
    return _rows(options.sidecar, changed).get(path.name, Stated())


def moment(text: str, *, at: str) -> datetime:
    """An ISO moment; Chinese time when no zone is given. Raises PermanentError naming `at`."""
    try:
        value = datetime.fromisoformat(text.strip().replace("/", "-"))
    except ValueError:
        raise PermanentError(f"时间“{text[:40]}”看不懂，请写成 2026-01-31T09:30", at=at) from None
    return value if value.tzinfo else value.replace(tzinfo=CHINA)


@lru_cache(maxsize=8)
def _rows(sidecar: Path, _changed: int) -> dict[str, Stated]:
    if sidecar.stat().st_size > _MAX_SIZE:
        raise PermanentError("对照表过大", at=sidecar.name)
    text, _, _ = to_text(sidecar.read_bytes())
    found: dict[str, Stated] = {}
    for number, row in enumerate(csv.DictReader(text.splitlines()), start=2):
        if "file" not in row:
            raise PermanentError("对照表缺少 file 列", at=sidecar.name)
        when = (row.get("captured_at") or "").strip()
        found[Path(row["file"] or "").name] = Stated(
            url=(row.get("url") or "").strip() or None,
            captured_at=moment(when, at=f"{sidecar.name} 第 {number} 行") if when else None,
        )
    return found
