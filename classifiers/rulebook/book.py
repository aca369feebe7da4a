"""Rules as the judge uses them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from attrs import field, frozen

from classifiers.expressions import Expression, Lexicon
from classifiers.rulebook.schema import Decidable, Speech, Status
from domain.findings import Article, Family


@frozen(kw_only=True)
class Pattern:
    """Expressions that are worth `score`, and the company that they need or may not have."""

    id: str
    score: float
    any: tuple[Expression, ...]
    near: tuple[Expression, ...] = ()
    absent: tuple[Expression, ...] = ()
    page: frozenset[str] = frozenset()
    also: frozenset[str] = frozenset()
    unless: frozenset[str] = frozenset()

    def fits(self, traits: frozenset[str]) -> bool:
        """Whether a document that shows `traits` is one in which the pattern counts."""
        wanted = (self.page, self.also)
        return not self.unless & traits and all(not need or need & traits for need in wanted)


@frozen(kw_only=True)
class Sample:
    """An example of a rule: `text`, and the page it stands in ("" when it stands alone)."""

    text: str
    page: str = ""


@frozen(kw_only=True)
class Rule:
    """One type of violation: what shows it, which provisions it offends, who must act.

    `lead` and `copies` are slugs of agencies (market_supervision, health …); `order` breaks ties
    between types of equal severity and score. `digest` is "sha256:" + hex over the rule file.
    """

    slug: str
    version: int
    status: Status
    order: int
    title_zh: str
    title_en: str
    family: Family
    severity: int
    decidable_from: Decidable
    speech: Speech
    lead: str
    copies: tuple[str, ...]
    articles: tuple[Article, ...]
    penalty: str
    patterns: tuple[Pattern, ...]
    exceptions: tuple[Expression, ...]
    matching: tuple[Sample, ...] = field(repr=False)
    clear: tuple[Sample, ...] = field(repr=False)
    digest: str

    @property
    def origin(self) -> str:
        """What a finding of this rule names as its origin."""
        return f"rule:{self.slug}@{self.version}"

    def articles_on(self, day: date) -> tuple[Article, ...]:
        """The provisions that applied on that day; empty when none did yet."""
        return tuple(article for article in self.articles if article.in_force(day))


@frozen(kw_only=True)
class Rulebook:
    """All rules by slug, in their order, and the word classes that they share.

    `version` changes with any rule, class or provision.
    """

    version: str
    rules: Mapping[str, Rule]
    lexicon: Lexicon = field(repr=False)

    @property
    def active(self) -> tuple[Rule, ...]:
        """The rules that take part in judging."""
        return tuple(rule for rule in self.rules.values() if rule.status is Status.ACTIVE)
