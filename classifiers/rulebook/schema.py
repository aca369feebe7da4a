"""The shape of the rulebook's files, as a person writes them."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from domain.findings import Family
from storage.datafiles import Strict

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]
Words = Annotated[str, StringConstraints(min_length=1)]
MIN_EXAMPLES = 5


class Status(StrEnum):
    """Whether a rule takes part in judging."""

    ACTIVE = "active"
    DRAFT = "draft"
    RETIRED = "retired"


class Decidable(StrEnum):
    """What has to be at hand to decide on this type of violation."""

    TEXT = "text"
    PAGE = "page"
    FACTS = "facts"
    RECORDING = "recording"


class Speech(StrEnum):
    """What the words do: claim something, which can be denied, asked or studied, or offer it."""

    CLAIM = "claim"
    OFFER = "offer"


class Title(Strict):
    """The name of the violation in both languages."""

    zh: Words
    en: Words


class Basis(Strict):
    """A provision in the law table that the violation offends against, or that punishes it."""

    law: Slug
    article: Words


class PatternSource(Strict):
    """Expressions with the same weight and context.

    `score` is what the words alone are worth in a voice that is not known. `near`: one of these
    must stand in the same sentence; `absent`: none of these may; `page`: the document must show
    one of these traits (see voice.yml), `also`: and one of these, `unless`: and none of these.
    """

    id: Slug
    score: float = Field(gt=0, le=1)
    any: tuple[Words, ...] = Field(min_length=1)
    near: tuple[Words, ...] = ()
    absent: tuple[Words, ...] = ()
    page: tuple[Slug, ...] = ()
    also: tuple[Slug, ...] = ()
    unless: tuple[Slug, ...] = ()


class Example(Strict):
    """A text with more than the words: what the page around it is like."""

    text: Words
    page: Words


class Examples(Strict):
    """Texts that run as tests. A mapping gives the text of the page that it stands in."""

    match: tuple[Words | Example, ...] = Field(min_length=MIN_EXAMPLES)
    clear: tuple[Words | Example, ...] = Field(min_length=MIN_EXAMPLES)


class RuleSource(Strict):
    """One rule file: one type of violation."""

    id: Slug
    version: int = Field(ge=1)
    status: Status
    order: int = Field(ge=1)
    title: Title
    family: Family
    severity: int = Field(ge=1, le=5)
    decidable_from: Decidable
    speech: Speech
    lead: Slug
    copies: tuple[Slug, ...] = ()
    legal_basis: tuple[Basis, ...] = Field(min_length=1)
    penalty: Words
    patterns: tuple[PatternSource, ...] = Field(min_length=1)
    exceptions: tuple[Words, ...] = ()
    examples: Examples


class ArticleSource(Strict):
    """When a provision applied. `verified` is false until a person has read the text itself."""

    since: date
    until: date | None = None
    verified: bool = False

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.until is not None and self.until <= self.since:
            raise ValueError("until 必须晚于 since")
        return self


class LawSource(Strict):
    """A statute and the provisions of it that rules refer to."""

    title: Words
    articles: dict[Words, ArticleSource]


class LawTable(Strict):
    """laws.yml."""

    laws: dict[Slug, LawSource]


class ClassesSource(Strict):
    """classes.yml: word classes (`{other}` includes another class) and shapes."""

    words: dict[Slug, tuple[Words, ...]]
    shapes: dict[Slug, Words]
