"""What a page offers and what an institution must be registered for to offer it (projects.yml)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import cache

from ahocorasick_rs import AhoCorasick, MatchKind
from attrs import frozen
from pydantic import Field

from domain.errors import ConfigError
from language.normalise import normalise
from registers.kinds import kinds
from storage.datafiles import Strict, read, shipped


class Cover(StrEnum):
    """How a registered list of 诊疗科目 stands to what a project needs."""

    COVERED = "covered"
    PARENT_ONLY = "parent_only"
    MISSING = "missing"


@frozen(kw_only=True)
class Project:
    """Something that is offered. `needs` are 诊疗科目 of which one suffices.

    `grade` is the level of a surgical project, 1 to 4, None when it is not graded; `lead` the
    specialty of the 主诊医师 in charge, "" when none is prescribed; `register` the register of
    approvals that it needs beside the licence; `source` the catalogue, 待核 until compared.
    """

    name: str
    needs: tuple[str, ...]
    source: str
    grade: int | None = None
    lead: str = ""
    register: str = ""


@frozen(kw_only=True)
class Claims:
    """What a page says that registers can be asked about: projects with the words for each, and
    further registers with the words that make them worth asking."""

    projects: Mapping[Project, tuple[str, ...]]
    registers: Mapping[str, tuple[str, ...]]


@frozen(kw_only=True)
class ProjectTable:
    """All projects and claims, found in a text in one pass."""

    projects: tuple[Project, ...]
    parents: Mapping[str, str]
    _words: tuple[str, ...]
    _meanings: tuple[Project | str, ...]
    _finder: AhoCorasick

    def claims(self, text: str) -> Claims:
        """What the text names; of words inside longer words only the longest counts."""
        plain = normalise(text).text
        projects: dict[Project, dict[str, None]] = {}
        registers: dict[str, dict[str, None]] = {}
        for number, start, end in self._finder.find_matches_as_indexes(plain):
            if _within_word(plain, start, end):
                continue
            word, meaning = self._words[number], self._meanings[number]
            if isinstance(meaning, str):
                registers.setdefault(meaning, {})[word] = None
                continue
            projects.setdefault(meaning, {})[word] = None
            if meaning.register:
                registers.setdefault(meaning.register, {})[word] = None
        return Claims(
            projects={project: tuple(words) for project, words in projects.items()},
            registers={register: tuple(words) for register, words in registers.items()},
        )

    def cover(self, project: Project, departments: Sequence[str]) -> Cover:
        """Whether these registered 诊疗科目 let an institution offer the project.

        A first-level 诊疗科目 alone leaves it open, unless others of its second level are
        registered: then the one that is needed is missing.
        """
        registered = "、".join(departments)
        if any(need in registered for need in project.needs):
            return Cover.COVERED
        above = {self.parents[need] for need in project.needs if need in self.parents}
        for parent in above:
            siblings = [child for child, under in self.parents.items() if under == parent]
            if parent in registered and not any(child in registered for child in siblings):
                return Cover.PARENT_ONLY
        return Cover.MISSING


def _within_word(text: str, start: int, end: int) -> bool:
    """Whether Latin letters or digits go on beyond the match: prp is not part of corpprp1."""
    return any(
        0 < at < len(text) and _latin(text[at - 1]) and _latin(text[at]) for at in (start, end)
    )


def _latin(character: str) -> bool:
    return character.isascii() and character.isalnum()


class _Source(Strict):
    title: str
    verified: bool


class _Project(Strict):
    name: str
    needs: list[str] = Field(min_length=1)
    source: str
    also: list[str] = Field(default_factory=list)
    grade: int | None = Field(default=None, ge=1, le=4)
    lead: str = ""
    register_: str = Field(default="", alias="register")


class _Claim(Strict):
    register_: str = Field(alias="register")
    words: list[str]
    source: str


class _Table(Strict):
    version: int
    sources: dict[str, _Source]
    parents: dict[str, str]
    projects: list[_Project]
    claims: list[_Claim]


@cache
def project_table() -> ProjectTable:
    """The shipped table. Raises ConfigError for an unknown source or register, and for a word
    that means two things."""
    data = read(shipped("registers", "projects.yml"))
    content = data.validated(_Table)
    meanings: dict[str, Project | str] = {}
    projects = []
    for number, one in enumerate(content.projects):
        at = data.at("projects", number)
        project = Project(
            name=one.name,
            needs=tuple(one.needs),
            source=_source(content, one.source, at),
            grade=one.grade,
            lead=one.lead,
            register=_register(one.register_, at),
        )
        projects.append(project)
        _add(meanings, (one.name, *one.also), project, at)
    for number, claim in enumerate(content.claims):
        at = data.at("claims", number)
        _source(content, claim.source, at)
        _add(meanings, claim.words, _register(claim.register_, at), at)
    return _built(projects, content, meanings)


def _built(
    projects: Sequence[Project], content: _Table, meanings: Mapping[str, Project | str]
) -> ProjectTable:
    return ProjectTable(
        projects=tuple(projects),
        parents=content.parents,
        words=tuple(meanings),
        meanings=tuple(meanings.values()),
        finder=AhoCorasick(list(meanings), matchkind=MatchKind.LeftmostLongest),
    )


def _source(content: _Table, key: str, at: str) -> str:
    if key not in content.sources:
        raise ConfigError(f"没有来源“{key}”", at=at)
    source = content.sources[key]
    return f"《{source.title}》{'' if source.verified else '（待核）'}"


def _register(key: str, at: str) -> str:
    if key and key not in kinds():
        raise ConfigError(f"没有登记簿“{key}”", at=at)
    return key


def _add(
    meanings: dict[str, Project | str], words: Sequence[str], meaning: Project | str, at: str
) -> None:
    for word in dict.fromkeys(normalise(word).text for word in words):
        if word in meanings:
            raise ConfigError(f"“{word}”已另有含义", at=at)
        meanings[word] = meaning
