"""What is suspected, on which words, by what."""

from __future__ import annotations

import re
from datetime import date, datetime
from enum import StrEnum

from attrs import frozen

from domain.pictures import PicturePlace


class Family(StrEnum):
    """Groups of violation types that one office handles together; one ticket per family."""

    ADVERTISING = "advertising"
    PRACTICE = "practice"
    PRODUCT = "product"
    CRIME = "crime"


class Verdict(StrEnum):
    """What follows from all findings of a document."""

    CLEAR = "CLEAR"
    REVIEW = "REVIEW"
    CLUE = "CLUE"


class Existence(StrEnum):
    """Answer of a register. A failed look-up is UNVERIFIED, never ABSENT."""

    PRESENT = "有"
    ABSENT = "无"
    UNVERIFIED = "未核实"


@frozen(kw_only=True)
class Article:
    """A provision with its period of force. `verified` is false until a person has read the text.

    `law` is the slug of the statute in the rulebook's law table; `number` the article and item,
    e.g. "16(1)(一)". `until` None: still in force.
    """

    law: str
    title: str
    number: str
    since: date
    until: date | None = None
    verified: bool = False

    def in_force(self, on: date) -> bool:
        """Whether the provision applied on that day (captures are judged by their own day)."""
        return self.since <= on and (self.until is None or on < self.until)

    @property
    def citation(self) -> str:
        """As print cites it: 《…法》第十六条第一款第（一）项; 待核 while it is unverified."""
        return f"《{self.title}》{_in_words(self.number)}{'' if self.verified else '（待核）'}"


_NUMBER = re.compile(
    r"(\d{1,3})(之[一二三四五六七八九十]+)?((?:\((?:\d{1,2}|[一二三四五六七八九十]+)\))*)"
)
_DIGITS = "零一二三四五六七八九"


def _in_words(number: str) -> str:
    """Article, paragraph and item in words; a form that is not known stands as it is."""
    parsed = _NUMBER.fullmatch(number)
    if parsed is None:
        return number
    words = f"第{_chinese(int(parsed[1]))}条{parsed[2] or ''}"
    for part in re.findall(r"\((.+?)\)", parsed[3]):
        words += f"第{_chinese(int(part))}款" if part.isdigit() else f"第（{part}）项"
    return words


def _chinese(value: int) -> str:
    """A number from 1 to 999 as statutes write it: 10 十, 16 十六, 105 一百零五, 120 一百二十."""
    hundreds, rest = divmod(value, 100)
    tens, ones = divmod(rest, 10)
    words = f"{_DIGITS[hundreds]}百" if hundreds else ""
    if tens:
        words += "十" if tens == 1 and not hundreds else f"{_DIGITS[tens]}十"
    elif hundreds and ones:
        words += "零"
    return words + (_DIGITS[ones] if ones else "")


@frozen(kw_only=True)
class Finding:
    """One suspected violation: the exact words, and who says so.

    `[start, end)` are code points of the document text, and `quote` is exactly that slice.
    `type` is a slug of the rulebook. `origin` is "rule:<slug>@<version>" or
    "model:<name>@<version>". `score` is in [0, 1]. `segment` is the key of the sentence-like
    piece it stands in (normalised), the same wherever that sentence is repeated. `picture` is set
    when the words stand in a picture.
    """

    id: str
    document_id: str
    type: str
    start: int
    end: int
    quote: str
    score: float
    origin: str
    articles: tuple[Article, ...] = ()
    explanation: str = ""
    segment: str = ""
    template: bool = False
    picture: PicturePlace | None = None


@frozen(kw_only=True)
class Registered:
    """Whom a register's record is about: the legal person, as it states it. "" where it does not
    tell the division (six digits) or the address."""

    name: str
    usci: str | None = None
    licence_no: str | None = None
    region: str = ""
    address: str = ""


@frozen(kw_only=True)
class Fact:
    """One answer of a register about a subject, for a given day.

    `name` says what was asked (e.g. "institution_licence"), `answer` what came of it, `detail`
    carries the record in words, `source` the register and its as-of date. `registered` is set when
    the page surely speaks for the party of one record.
    """

    name: str
    answer: Existence
    detail: str = ""
    source: str = ""
    as_of: date | None = None
    registered: Registered | None = None


@frozen(kw_only=True)
class Assessment:
    """The verdict on a document, with everything that produced it."""

    id: str
    document_id: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    facts: tuple[Fact, ...] = ()
    reasons: tuple[str, ...] = ()
    policy: str
    rulebook: str
    judged_at: datetime
