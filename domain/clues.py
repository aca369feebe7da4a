"""The case (线索): what one subject says in one advertisement."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from attrs import frozen

from domain.captures import SealStatus
from domain.findings import Fact, Finding


class ClueState(StrEnum):
    """States of law.md D.6 that belong to the clue; ISSUED says that tickets exist."""

    PENDING = "待研判"
    REVIEWING = "研判中"
    FALSE_ALARM = "误报关闭"
    MERGED = "合并"
    ISSUED = "已立单"


class SubjectKind(StrEnum):
    """What the accused party is, as far as the evidence tells; routes depend on it."""

    MEDICAL_INSTITUTION = "medical_institution"
    BEAUTY_SALON = "beauty_salon"
    MANUFACTURER = "manufacturer"
    COMPANY = "company"
    PERSON = "person"
    MEDIA = "media"
    UNKNOWN = "unknown"


@frozen(kw_only=True)
class Subject:
    """The legal person or operator that a page is attributed to, with the grounds for it.

    `key` is the identity used for de-duplication: credit code, else registration number, else
    normalised name, else host. `region` is a six-digit division code, "" when unknown.
    """

    id: str
    key: str
    kind: SubjectKind
    name: str
    region: str = ""
    address: str = ""
    usci: str | None = None
    licence_no: str | None = None
    phones: tuple[str, ...] = ()
    grounds: tuple[str, ...] = ()


@frozen(kw_only=True)
class Sighting:
    """One document in which the clue's words were seen."""

    document_id: str
    snapshot_id: str
    url: str
    seen_at: datetime


@frozen(kw_only=True)
class Clue:
    """A case: subject × creative. It embeds the findings that it was raised on.

    `creative` is the key of the advertisement; `number` is the printed 编号. `types` are ordered
    by severity, worst first. `merged_into` is set in state MERGED.
    """

    id: str
    number: str
    subject: Subject
    creative: str
    state: ClueState
    types: tuple[str, ...]
    severity: int
    score: float
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...] = ()
    sightings: tuple[Sighting, ...] = ()
    region: str = ""
    title: str = ""
    url: str = ""
    raised_at: datetime
    seal: SealStatus = SealStatus.PENDING
    merged_into: str | None = None
