"""The farm's memory across restarts: the request log and how far the civil clock has come."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sitefarm.records import START, World

_TAIL = 65_536
"""Bytes at the end of the log that surely hold its last whole line."""


class Journal:
    """server.jsonl and farm.json of one directory; a context manager.

    Started again with the same seed, plan and port, the farm goes on where its clock was; with
    others it begins anew and the old log is dropped, since its addresses mean nothing now.
    """

    def __init__(self, directory: Path, world: World) -> None:
        self._state = directory / "farm.json"
        self._identity = {"seed": world.seed, "plan": world.plan, "port": world.port}
        log = directory / "server.jsonl"
        known = json.loads(self._state.read_text("utf-8")) if self._state.exists() else {}
        same = {key: known.get(key) for key in self._identity} == self._identity
        if not same:
            log.unlink(missing_ok=True)
        moments = [START, _last(log)] + ([datetime.fromisoformat(known["civil"])] if same else [])
        self.civil = max(moments)
        directory.mkdir(parents=True, exist_ok=True)
        self.reached(self.civil)
        self._log = log.open("a", encoding="utf-8")

    def record(self, row: dict[str, Any]) -> None:
        """Append one request."""
        self._log.write(json.dumps(row, ensure_ascii=False) + "\n")
        self._log.flush()

    def reached(self, civil: datetime) -> None:
        """Keep a jump of the clock."""
        state = self._identity | {"civil": civil.isoformat()}
        self._state.write_text(json.dumps(state, ensure_ascii=False), "utf-8")

    def __enter__(self) -> Journal:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._log.close()


def _last(log: Path) -> datetime:
    """The civil moment of the log's last line, else the start. A torn line is cut off first."""
    if not log.exists():
        return START
    with log.open("r+b") as source:
        source.seek(max(0, log.stat().st_size - _TAIL))
        begin = source.tell()
        tail = source.read()
        whole = tail[: tail.rfind(b"\n") + 1]
        source.truncate(begin + len(whole))
    lines = whole.splitlines()
    return datetime.fromisoformat(json.loads(lines[-1])["civil"]) if lines else START
