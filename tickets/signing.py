"""Signed messages between us and an office: HMAC-SHA256 over moment, key and digest of the body.

Who has the office's secret wrote it, unaltered, and within the last minutes; whoever receives it
keeps the key, so that a repeated message does nothing (replay-safe and idempotent).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from domain.errors import PermanentError

KEY = "Idempotency-Key"
MOMENT = "X-Cluewatch-Timestamp"
DIGEST = "X-Cluewatch-Digest"
SIGNATURE = "X-Cluewatch-Signature"
WINDOW = timedelta(minutes=5)
_VERSION = "v1"


def sign(secret: str, *, key: str, digest: str, at: datetime) -> dict[str, str]:
    """The headers of a message whose body has this SHA-256 (hex)."""
    moment = at.astimezone(UTC).isoformat(timespec="seconds")
    return {
        KEY: key,
        MOMENT: moment,
        DIGEST: f"sha256={digest}",
        SIGNATURE: f"{_VERSION}={_mac(secret, moment, key, digest)}",
    }


def verify(secret: str, headers: Mapping[str, str], body: bytes, *, now: datetime) -> str:
    """The key of a genuine message. Raises PermanentError for any other.

    Header names are looked up in lower case, as servers hand them over.
    """
    given = {name.lower(): value for name, value in headers.items()}
    try:
        key, moment = given[KEY.lower()], given[MOMENT.lower()]
        signature = given[SIGNATURE.lower()]
        at = datetime.fromisoformat(moment)
    except (KeyError, ValueError) as error:
        raise PermanentError("签名不完整") from error
    digest = hashlib.sha256(body).hexdigest()
    wanted = f"{_VERSION}={_mac(secret, moment, key, digest)}"
    if not hmac.compare_digest(signature.encode(), wanted.encode()):
        raise PermanentError("签名不符")
    if at.tzinfo is None or abs(now - at) > WINDOW:
        raise PermanentError("签名已过期")
    return key


def _mac(secret: str, moment: str, key: str, digest: str) -> str:
    content = "\n".join((_VERSION, moment, key, digest)).encode()
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()
