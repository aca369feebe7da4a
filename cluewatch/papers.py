"""Official papers of a ticket, from the template set in force and the records of the case."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from cluewatch.bootstrap import Services
from cluewatch.delivery import sender
from domain.captures import Seal
from domain.errors import EvidenceError
from evidence.digests import sha256
from evidence.seal_files import MANIFEST, folder_of
from evidence.seal_store import seal_of
from tickets import clues, ledger
from tickets.paper_set import CaseFile, PaperSet


def paper_set(services: Services) -> PaperSet:
    """The papers that can be written. Raises ConfigError with file and line."""
    return PaperSet(services.type_titles, services.settings.dispatch.papers)


def case_file(services: Services, tx: Connection, reference: str, office: str) -> CaseFile:
    """The records behind a paper about a ticket to an office (the lead when "").

    Raises NotFound, or EvidenceError when the manifest of the seal is missing or altered.
    """
    ticket = ledger.get(tx, reference)
    clue = clues.get(tx, ticket.clue_id)
    recipient = services.desk.offices.get(office or ticket.lead)
    seal = seal_of(tx, clue.id)
    return CaseFile(
        ticket=ticket,
        clue=clue,
        seal=seal,
        proof=_manifest(services, seal) if seal else {},
        recipient=recipient,
        exchange=services.desk.routes.exchange_with(recipient.kind),
        sender=sender(services),
        at=services.clock.now(),
    )


def _manifest(services: Services, seal: Seal) -> Mapping[str, Any]:
    """The manifest, which must be the one that the seal names."""
    try:
        written = (folder_of(services.settings.evidence_directory, seal) / MANIFEST).read_bytes()
    except OSError as error:
        raise EvidenceError(f"固证清单读不出: {error.strerror}", at=seal.id) from error
    if sha256(written) != seal.manifest_digest:
        raise EvidenceError("固证清单与固证时的摘要不符", at=seal.id)
    found: Mapping[str, Any] = json.loads(written)
    return found
