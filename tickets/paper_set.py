"""Papers from a template set: data that an office may replace, every field traced to a record.

A paper is one YAML file: a title and parts (heading, text, fields, each). Values are Jinja
expressions over the records of one ticket (`ROOTS`), run in a sandbox; a name that no record has
is an error of the file when it loads, and an attribute that a record lacks when it is written.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import Any

from attrs import fields, frozen
from jinja2 import StrictUndefined, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field, model_validator

from domain.captures import Seal
from domain.clues import Clue, Subject
from domain.errors import ConfigError, NotFound, PermanentError
from domain.facts import FACT_TITLES
from domain.findings import Article
from domain.tickets import Ticket
from storage.datafiles import DataFile, Strict, read, shipped
from tickets.calendar import CHINA
from tickets.letter_file import Letter, cut, moment
from tickets.letters import Sender
from tickets.offices import Office
from tickets.outward import outward_phones
from tickets.routes import Exchange

LETTERHEAD = "letterhead.docx"
SHIPPED = (
    "transfer",
    "extraction-record",
    "evidence-list",
    "receipt",
    "criminal-transfer",
    "supervision",
)
ROWS_PRINTED = 100
_EXPRESSION = re.compile(r"\{\{\s*(.+?)\s*\}\}")


@frozen(kw_only=True)
class CaseFile:
    """The records that a paper may print. `proof` is the manifest of the seal, {} without one."""

    ticket: Ticket
    clue: Clue
    seal: Seal | None
    proof: Mapping[str, Any]
    recipient: Office
    exchange: Exchange
    sender: Sender
    at: datetime


ROOTS = frozenset(attribute.name for attribute in fields(CaseFile))


class _Part(Strict):
    """One part: exactly one of heading, text, fields, or each with its columns."""

    heading: str | None = None
    text: str | None = None
    fields: list[tuple[str, str]] | None = None
    each: str | None = None
    columns: list[tuple[str, str, float]] = Field(default_factory=list)

    @model_validator(mode="after")
    def _is_one_thing(self) -> _Part:
        kinds = (self.heading, self.text, self.fields, self.each)
        if sum(kind is not None for kind in kinds) != 1 or bool(self.columns) != bool(self.each):
            raise ValueError("须且只须有 heading、text、fields 或 each（附 columns）之一")
        return self


class _Template(Strict):
    """One file of the set."""

    title: str
    needs_seal: bool = False
    parts: list[_Part]


@frozen(kw_only=True)
class PaperField:
    """A field of a paper and the expression that fills it."""

    paper: str
    title: str
    name: str
    expression: str


class PaperSet:
    """The papers of an installation: those shipped, and in their place the office's own."""

    def __init__(self, titles: Mapping[str, str], own: Path | None = None) -> None:
        """`titles` are the Chinese names of violation types; `own` is the office's directory.

        Raises ConfigError with file and line for a template that cannot be used.
        """
        self._environment = _environment(titles)
        letterhead = own / LETTERHEAD if own else None
        self._letterhead = letterhead.read_bytes() if letterhead and letterhead.exists() else None
        self._templates: dict[str, _Template] = {}
        sources = {name: shipped("tickets.papers", f"{name}.yml") for name in SHIPPED}
        for path in sorted(own.glob("*.yml")) if own else ():
            sources[path.stem] = path
        for name, source in sources.items():
            file = read(source)
            self._templates[name] = file.validated(_Template)
            self._check(file, self._templates[name])

    @property
    def titles(self) -> dict[str, str]:
        """What can be written: Chinese titles by name."""
        return {name: template.title for name, template in self._templates.items()}

    def fields(self, name: str) -> list[PaperField]:
        """Every field of a paper with the record that it is taken from."""
        found, title = [], self._named(name).title
        for part in self._named(name).parts:
            pairs = [*(part.fields or ()), *((head, value) for head, value, _ in part.columns)]
            for label, value in [*pairs, *([("正文", part.text)] if part.text else [])]:
                shown = "；".join(_EXPRESSION.findall(value)) or "固定文字或空白"
                each = f"（{part.each} 的每一项）" if part.each else ""
                found.append(
                    PaperField(paper=name, title=title, name=label, expression=shown + each)
                )
        return found

    def write(self, name: str, case: CaseFile) -> bytes:
        """The paper as DOCX; the same case gives the same bytes.

        Raises NotFound for an unknown paper, PermanentError when the case lacks what it needs or a
        template asks a record for what it does not have.
        """
        template = self._named(name)
        if template.needs_seal and case.seal is None:
            raise PermanentError(f"线索尚未固证，不能制作{template.title}", at=case.clue.number)
        head = BytesIO(self._letterhead) if self._letterhead else None
        letter = Letter(title=template.title, author=case.sender.name, at=case.at, base=head)
        values = {root: getattr(case, root) for root in ROOTS}
        try:
            for part in template.parts:
                self._write(letter, part, values)
        except TemplateError as error:
            raise PermanentError(f"文书模板“{name}”不能套用：{error}") from error
        return letter.to_bytes()

    def _write(self, letter: Letter, part: _Part, values: Mapping[str, Any]) -> None:
        fill = partial(self._fill, values=values)
        if part.heading is not None:
            letter.heading(fill(part.heading))
        elif part.text is not None:
            letter.paragraph(fill(part.text))
        elif part.fields is not None:
            letter.fields((name, cut(fill(value))) for name, value in part.fields)
        elif part.each is not None:
            self._table(letter, part, list(self._rows(part.each, values)), values)

    def _table(
        self, letter: Letter, part: _Part, rows: list[object], values: Mapping[str, Any]
    ) -> None:
        if not rows:
            letter.paragraph("无。")
            return
        heads = [head for head, _, _ in part.columns]
        lines = [
            [cut(self._fill(value, {**values, "row": row})) for _, value, _ in part.columns]
            for row in rows[:ROWS_PRINTED]
        ]
        letter.table(heads, lines, widths=[width for _, _, width in part.columns])
        if len(rows) > ROWS_PRINTED:
            letter.paragraph(f"其余 {len(rows) - ROWS_PRINTED} 条从略，全部列于证据包。")

    def _fill(self, text: str, values: Mapping[str, Any]) -> str:
        return self._environment.from_string(text).render(values)

    def _rows(self, expression: str, values: Mapping[str, Any]) -> tuple[object, ...]:
        rows = self._environment.compile_expression(expression, undefined_to_none=False)(**values)
        return tuple(rows or ())

    def _named(self, name: str) -> _Template:
        if name not in self._templates:
            raise NotFound(f"没有这种文书；可用：{'、'.join(self._templates)}", at=name)
        return self._templates[name]

    def _check(self, file: DataFile, template: _Template) -> None:
        for place, part in enumerate(template.parts):
            row = {"row"} if part.each else set()
            at = file.at("parts", place)
            if part.each:
                self._check_text(f"{{{{ {part.each} }}}}", ROOTS, at)
            texts = [part.heading, part.text, *(value for _, value in part.fields or ())]
            for text in [*filter(None, texts), *(value for _, value, _ in part.columns)]:
                self._check_text(text, ROOTS | row, at)

    def _check_text(self, text: str, known: frozenset[str], at: str) -> None:
        try:
            unknown = meta.find_undeclared_variables(self._environment.parse(text)) - known
        except TemplateError as error:
            raise ConfigError(f"模板语法有误：{error}", at=at) from error
        if unknown:
            raise ConfigError(f"没有这种记录：{'、'.join(sorted(unknown))}", at=at)


def _environment(titles: Mapping[str, str]) -> ImmutableSandboxedEnvironment:
    made = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
    made.filters |= {
        "moment": moment,
        "day": _day,
        "phones": _phones,
        "title": lambda slug: titles.get(slug, slug),
        "titles": lambda slugs: "、".join(titles.get(slug, slug) for slug in slugs),
        "fact": lambda name: FACT_TITLES.get(name, name),
        "citations": _citations,
    }
    return made


def _day(at: datetime | date) -> str:
    return f"{at.astimezone(CHINA) if isinstance(at, datetime) else at:%Y年%m月%d日}"


def _phones(subject: Subject) -> str:
    return "、".join(outward_phones(subject))


def _citations(articles: tuple[Article, ...]) -> str:
    """Articles as they are printed; one that was not verified says 待核 beside it."""
    return "\n".join(article.citation for article in articles)
