"""From the files of a rulebook to rules: everything is checked before anything is judged."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

from classifiers.expressions import Expression, ExpressionError, Lexicon, compile_expression
from classifiers.rulebook.book import Pattern, Rule, Rulebook, Sample
from classifiers.rulebook.lexicon import lexicon
from classifiers.rulebook.schema import (
    Basis,
    ClassesSource,
    Example,
    LawTable,
    PatternSource,
    RuleSource,
)
from domain.errors import ConfigError
from domain.findings import Article
from domain.ids import derive_id
from storage.datafiles import read

SHIPPED = Path(__file__).parent
CLASSES = "classes.yml"
LAWS = "laws.yml"


def load(directory: Path | None = None) -> Rulebook:
    """The rulebook of a directory, or the shipped one, which is read once in a process.

    Raises ConfigError (file:line) for the first thing that is wrong.
    """
    return _shipped() if directory is None else _read(directory)


@cache
def _shipped() -> Rulebook:
    return _read(SHIPPED)


def _read(directory: Path) -> Rulebook:
    classes = lexicon(read(directory / CLASSES).validated(ClassesSource), at=CLASSES)
    laws = read(directory / LAWS).validated(LawTable)
    rules = [_rule(path, classes, laws) for path in rule_files(directory)]
    rules.sort(key=lambda rule: rule.order)
    for earlier, later in pairwise(rules):
        if earlier.order == later.order:
            raise ConfigError(f"与 {earlier.slug} 的 order 相同", at=f"{later.slug}.yml")
    paths = [*rule_files(directory), directory / CLASSES, directory / LAWS]
    return Rulebook(
        version=derive_id("rulebook", *(file_digest(path) for path in paths))[:12],
        rules={rule.slug: rule for rule in rules},
        lexicon=classes,
    )


def rule_files(directory: Path) -> list[Path]:
    """The files of a rulebook that hold one rule each, by name."""
    return sorted(p for p in directory.glob("*.yml") if p.name not in {CLASSES, LAWS})


def file_digest(path: Path) -> str:
    """ "sha256:" + hex over the file's bytes."""
    return f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"


def expressions(sources: Iterable[str], classes: Lexicon, *, at: str) -> tuple[Expression, ...]:
    """Compile a list of expressions. Raises ConfigError naming the place."""
    try:
        return tuple(compile_expression(source, classes) for source in sources)
    except ExpressionError as error:
        raise ConfigError(str(error), at=at) from None


def _rule(path: Path, classes: Lexicon, laws: LawTable) -> Rule:
    source = read(path).validated(RuleSource)
    if source.id != path.stem:
        raise ConfigError(f"id“{source.id}”与文件名不同", at=f"{path.name}:1")
    return Rule(
        slug=source.id,
        version=source.version,
        status=source.status,
        order=source.order,
        title_zh=source.title.zh,
        title_en=source.title.en,
        family=source.family,
        severity=source.severity,
        decidable_from=source.decidable_from,
        speech=source.speech,
        lead=source.lead,
        copies=source.copies,
        articles=_articles(source.legal_basis, laws, path.name),
        penalty=source.penalty,
        patterns=_patterns(source.patterns, classes, path.name),
        exceptions=expressions(source.exceptions, classes, at=f"{path.name} exceptions"),
        matching=_samples(source.examples.match),
        clear=_samples(source.examples.clear),
        digest=file_digest(path),
    )


def _patterns(sources: Sequence[PatternSource], classes: Lexicon, name: str) -> tuple[Pattern, ...]:
    patterns: dict[str, Pattern] = {}
    for source in sources:
        at = f"{name} patterns.{source.id}"
        if source.id in patterns:
            raise ConfigError("两个 pattern 的 id 相同", at=at)
        patterns[source.id] = Pattern(
            id=source.id,
            score=source.score,
            any=expressions(source.any, classes, at=at),
            near=expressions(source.near, classes, at=at),
            absent=expressions(source.absent, classes, at=at),
            page=frozenset(source.page),
            also=frozenset(source.also),
            unless=frozenset(source.unless),
        )
    return tuple(patterns.values())


def _articles(basis: Sequence[Basis], laws: LawTable, name: str) -> tuple[Article, ...]:
    articles: list[Article] = []
    for ref in basis:
        law = laws.laws.get(ref.law)
        found = law.articles.get(ref.article) if law else None
        if law is None or found is None:
            raise ConfigError(
                f"{LAWS} 里没有 {ref.law} 第{ref.article}条", at=f"{name} legal_basis"
            )
        articles.append(
            Article(
                law=ref.law,
                title=law.title,
                number=ref.article,
                since=found.since,
                until=found.until,
                verified=found.verified,
            )
        )
    return tuple(articles)


def _samples(sources: Sequence[str | Example]) -> tuple[Sample, ...]:
    return tuple(
        Sample(text=source)
        if isinstance(source, str)
        else Sample(text=source.text, page=source.page)
        for source in sources
    )
