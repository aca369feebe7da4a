"""The manifest of a seal: what was made, from what, how, by whom, and with which digests."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from domain.captures import CaptureRequest, Profile, Seal, SealedFile
from domain.rendering import RenderedPage, Tls, Visit
from evidence.digests import moment
from evidence.reader import plain
from evidence.seal_checks import ClockReading
from evidence.seal_files import has_sm3
from evidence.seal_store import ACTOR
from evidence.seal_subject import Subject


def manifest(
    *,
    seal: Seal,
    request: CaptureRequest,
    subject: Subject | None,
    files: list[SealedFile],
    clock: ClockReading,
    why_stored: str | None,
    timestamp: str,
) -> bytes:
    """The manifest of one attempt; it lists every file before it, and what stamps it."""
    value = {
        "format": "cluewatch-seal/1",
        "seal": seal.id,
        "clue": seal.clue_id,
        "url": seal.url,
        "status": seal.status.value,
        "reason": seal.reason,
        "made": {
            "at": moment(seal.sealed_at),
            "by": request.actor or ACTOR,
            "purpose": request.purpose,
            "profile": _profile(request, live=seal.live, subject=subject),
            "live": seal.live,
            "how": "以浏览器实时访问" if seal.live else "以已保存的字节离线成像，并非实时访问",
            "why_not_live": None if seal.live else why_stored,
            "clock_offset": clock.words,
            "clock_note": clock.note,
            "timestamp": timestamp,
        },
        "snapshot": plain(subject.snapshot) if subject else None,
        "capture": subject.capture if subject else None,
        "records": [
            {
                "snapshot": each.snapshot_id,
                "warc": each.warc,
                "offset": each.offset,
                "length": each.length,
                "stored_digest": each.digest,
                "record_digests": list(each.records),
            }
            for each in (subject.extracts if subject else ())
        ],
        "ledger": [
            {"writer": entry.writer, "seq": entry.seq, "digest": entry.digest}
            for entry in (subject.entries if subject else ())
        ],
        "digests": {
            "sha256": "Python hashlib",
            "stored_sha256": "over the closed file (AES-256-GCM), null when it is not closed",
            "sm3": "OpenSSL" if has_sm3() else "unavailable: this OpenSSL has no SM3",
        },
        "files": [
            {"name": file.name, "media_type": file.media_type, "size": file.size}
            | {"sha256": file.sha256, "sm3": file.sm3, "stored_sha256": file.stored}
            for file in files
        ],
    }
    return as_json(value)


def environment(page: RenderedPage) -> bytes:
    """Browser, system, and the record of its cleanliness before the page was opened."""
    value = {**page.environment, "final_url": page.final_url}
    return as_json({**value, "cleanliness": dict(page.cleanliness)})


def way(visit: Visit, final_url: str) -> bytes:
    """How a live page was reached: name look-up, address, redirects, TLS."""
    return as_json(
        {
            "final_url": final_url,
            "status": visit.status,
            "headers": [list(pair) for pair in visit.headers],
            "redirects": [{"url": hop.url, "status": hop.status} for hop in visit.redirects],
            "dns": list(visit.addresses),
            "address": visit.address,
            "tls": _tls(visit.tls),
        }
    )


def as_json(value: Mapping[str, Any]) -> bytes:
    """JSON for people and programs alike."""
    return json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True).encode()


def _profile(request: CaptureRequest, *, live: bool, subject: Subject | None) -> str:
    if request.profile is Profile.OFFICER:
        return "officer"
    return "crawl" if live or subject is None or subject.gone else "import"


def _tls(tls: Tls | None) -> dict[str, Any] | None:
    if tls is None:
        return None
    subject, issuer = tls.names
    return {
        "protocol": tls.protocol,
        "subject": subject,
        "issuer": issuer,
        "valid": list(tls.valid),
        "certificates_sha256": [hashlib.sha256(each).hexdigest() for each in tls.certificates],
    }
