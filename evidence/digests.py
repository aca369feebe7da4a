"""The one written form of everything that is hashed, and of the hashes themselves."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime

CHUNK = 1 << 20


def sha256(data: bytes) -> str:
    """ "sha256:" and the hexadecimal digest of `data`."""
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def canonical_json(value: Mapping[str, object]) -> str:
    """The one JSON text of a value: sorted keys, no spaces, ASCII. Digests are taken over it."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def moment(at: datetime) -> str:
    """The one text of a moment that digests are taken over: UTC with microseconds."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
