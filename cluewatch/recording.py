"""A captured page as a test case for its parser: what came, and what is read in it."""

from __future__ import annotations

import json
from pathlib import Path

from cluewatch.bootstrap import Services
from domain.errors import NotFound, PermanentError
from domain.outcomes import Outcome
from evidence import reader as evidence


def record(services: Services, url: str, directory: Path) -> Path:
    """Write the newest good capture of an address as body.html and meta.json of a case.

    The golden test writes expected.json when it first meets the case, and fails until a person has
    read and committed it. Raises NotFound, or PermanentError when the case is there already.
    """
    with services.truth.read() as tx:
        snapshot = evidence.latest(tx, url, Outcome.OK)
        if snapshot is None:
            raise NotFound("没有这个网址的成功采集", at=url)
        stored = services.evidence.payload(tx, snapshot.id)
    if (directory / "meta.json").exists():
        raise PermanentError("用例已存在，请换一个目录", at=str(directory))
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "body.html").write_bytes(stored.body)
    meta = {
        "url": snapshot.url,
        "captured_at": snapshot.captured_at.isoformat(),
        "headers": [list(pair) for pair in stored.headers],
    }
    written = json.dumps(meta, ensure_ascii=False, indent=2) + "\n"
    (directory / "meta.json").write_text(written, "utf-8")
    return directory
