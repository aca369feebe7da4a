"""The shapes of the API's answers, as its OpenAPI document describes them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from domain.captures import SealStatus
from domain.clues import ClueState, SubjectKind
from domain.findings import Family, Verdict
from domain.sources import RiskTier, SourceKind
from domain.tickets import OfficeRole, TicketState
from storage.records import to_plain

M = TypeVar("M", bound="Shape")


class Shape(BaseModel):
    """Made from the record of the same fields."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    @classmethod
    def of(cls: type[M], record: object) -> M:
        """The record as it is shown."""
        return cls.model_validate(to_plain(record))


class Span(Shape):
    """`[start, end)` in code points of the stored text."""

    start: int
    end: int


class HitModel(Shape):
    """A document that was found; `highlights` are the places in its text that the query means."""

    id: str
    score: float
    title: str
    url: str
    site: str
    captured_at: datetime
    verdict: Verdict | None
    excerpt: str
    highlights: list[Span]


class Count(Shape):
    """How many documents have a value."""

    value: str
    count: int


class Bar(Shape):
    """How many documents fall into the day, week or month that begins on `first`."""

    first: date
    count: int


class SearchAnswer(Shape):
    """A page of hits. `total`, `facets` and `histogram` speak of all that is found."""

    total: int
    hits: list[HitModel]
    facets: dict[str, list[Count]]
    histogram: list[Bar]
    after: str | None = Field(description="下一页的游标；末页为 null")


class DocumentModel(Shape):
    """A document with what was found in it, in the shape of `cluewatch show --json`."""

    id: str
    url: str
    canonical_url: str
    duplicate_of: str | None
    cluster: str | None
    subject: str | None
    captured_at: datetime
    captures: list[str]
    title: str
    kind: str
    author: str | None
    account: str | None
    published_at: datetime | None
    text: str
    blocks: list[dict[str, Any]]
    links: list[dict[str, Any]]
    identifiers: list[dict[str, Any]]
    findings: list[dict[str, Any]]
    assessment: dict[str, Any] | None
    facts: list[dict[str, Any]]


class ClueEntryModel(Shape):
    """A clue as a list shows it."""

    id: str
    number: str
    state: ClueState
    subject_name: str
    subject_kind: SubjectKind
    types: list[str]
    severity: int
    score: float
    region: str
    title: str
    url: str
    raised_at: datetime
    seal: SealStatus
    sightings: int


class SubjectModel(Shape):
    """Who is accused."""

    id: str
    kind: SubjectKind
    name: str


class FindingModel(Shape):
    """One suspected violation: exact words, and what found them."""

    type: str
    quote: str
    start: int
    end: int
    score: float
    origin: str


class SightingModel(Shape):
    """One place where the clue was seen."""

    document_id: str
    url: str
    seen_at: datetime


class ClueModel(Shape):
    """A clue with its grounds."""

    id: str
    number: str
    state: ClueState
    subject: SubjectModel
    types: list[str]
    severity: int
    score: float
    region: str
    title: str
    url: str
    raised_at: datetime
    seal: SealStatus
    merged_into: str | None
    findings: list[FindingModel]
    sightings: list[SightingModel]


class AssignmentModel(Shape):
    """The part of one office."""

    office: str
    role: OfficeRole


class DeadlineModel(Shape):
    """A legal or agreed clock that runs."""

    clock: str
    title: str
    due: date
    source: str
    provisional: bool


class TicketModel(Shape):
    """A clue on an office's desk."""

    id: str
    number: str
    clue_id: str
    case_group: str
    family: Family
    state: TicketState
    types: list[str]
    region: str
    assignments: list[AssignmentModel]
    deadlines: list[DeadlineModel]
    created_at: datetime
    updated_at: datetime


class SourceModel(Shape):
    """What is watched."""

    id: str
    kind: SourceKind
    title: str
    operator: str | None
    region: str
    start_urls: list[str]
    hosts: list[str]
    risk: RiskTier
    spider: str


class SavedSearchModel(Shape):
    """A kept question."""

    id: str
    name: str
    expression: str
    owner: str
    channels: list[str]
    created_at: datetime


class NewSavedSearch(Shape):
    """What is needed to keep a question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    expression: str = Field(min_length=1, max_length=2000, description="检索式")
    channels: list[str] = Field(default=[], max_length=20, description="设置中的通知渠道名")


class AlertModel(Shape):
    """What a saved search found."""

    id: str
    search_id: str
    document_id: str
    subject: str
    title: str
    url: str
    excerpt: str
    at: datetime


class CluePage(Shape):
    """A page of clues, the newest first."""

    entries: list[ClueEntryModel]
    after: str | None


class TicketPage(Shape):
    """A page of tickets, the newest first."""

    entries: list[TicketModel]
    after: str | None


class SourcePage(Shape):
    """A page of sources, by id."""

    entries: list[SourceModel]
    after: str | None


class SavedSearchPage(Shape):
    """Every saved search, by name."""

    entries: list[SavedSearchModel]


class AlertPage(Shape):
    """A page of alerts, the newest first."""

    entries: list[AlertModel]
    after: str | None
