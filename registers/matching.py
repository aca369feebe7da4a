"""Which record of a register a page speaks of, with a score and the reasons for it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from difflib import SequenceMatcher

from attrs import evolve, field, frozen
from sqlalchemy import Connection

from domain.pages import Document, Identifier, IdentifierKind
from registers import lookup
from registers.kinds import Kind
from registers.lookup import Version
from registers.names import core, name_key, neighbours, number_key, place_key, plain_key
from registers.readers import Entry

DECIDED = 0.75
"""From this score a single candidate is the one that is meant."""

SURE = 0.85
"""From this score the page is attributed to the party of the record."""

NEAR = 0.3
"""From this score a candidate stands in the way of 无."""

_LEAD = 0.8
"""The rest to certainty of the best may be at most this part of the second's."""

_UNNAMED = 0.7
"""What phone and house can reach at most when the page gives another name."""

_LEAST_NAME = 4
"""Shorter names are not compared by parts: 口腔 is in hundreds of names."""

_NUMBERS = {"licence_no": (0.99, 0.5), "usci": (0.95, 0.8), "filing_no": (0.97, 0.7)}
"""What an equal number proves, and what is left of a score where the page states another."""

_BRANCH = re.compile(r"[一-龥]{1,6}(?:分院|分店|分部|分诊所|分公司|店|院区)$")
_ADDRESS = re.compile(r"地\s*址\s*[:：]?\s*([^\n]{4,60})")
_SUBJECT = {
    IdentifierKind.INSTITUTION: "licence_no",
    IdentifierKind.USCI: "usci",
}


@frozen(kw_only=True)
class Inquiry:
    """What is asked: numbers, name keys, phones and houses of one subject, on the day of capture.

    `subject` is how the page names it; `region` the division where it is believed to be. Both
    are "" when unknown. `numbers` are by the register's fields (licence_no, usci).
    """

    day: date
    subject: str = ""
    numbers: Mapping[str, tuple[str, ...]] = field(factory=dict)
    names: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    region: str = ""


@frozen(kw_only=True)
class Candidate:
    """A record that the page may speak of: how sure (0 to 1) and why, in words."""

    version: Version
    score: float
    reasons: tuple[str, ...]

    @property
    def words(self) -> str:
        """The reasons and the score as a report prints them."""
        return f"{'、'.join(self.reasons)}，匹配度 {self.score:.2f}"


@frozen(kw_only=True)
class _Shared:
    """One thing that page and record share: how much it proves by itself, and its words."""

    weight: float
    words: str


def inquiry(document: Document, *, day: date, region: str) -> Inquiry:
    """The inquiry that a page gives rise to; `region` is that of its source, "" if unknown."""
    values = {kind: _values(document.identifiers, kind) for kind in IdentifierKind}
    numbers = {scheme: values[kind] for kind, scheme in _SUBJECT.items() if values[kind]}
    filings = values[IdentifierKind.PSB]
    names = [name for name in (document.subject_hint, document.account) if name]
    keys = (name_key(name) for name in names)
    # The credit code names the registering authority, not the place, so it comes last.
    places = (
        *(number[9:15] for number in numbers.get("licence_no", ())),
        region,
        *("".join(c for c in filing if c.isdigit())[:6] for filing in filings),
        *(code[2:8] for code in numbers.get("usci", ())),
    )
    houses = (place_key(found) for found in _ADDRESS.findall(document.text))
    stated = (number for found in numbers.values() for number in found)
    return Inquiry(
        day=day,
        subject="、".join(dict.fromkeys((*names, *stated))),
        numbers=numbers,
        names=tuple(dict.fromkeys(key for key in keys if key)),
        phones=tuple(phone.partition("-")[0] for phone in values[IdentifierKind.PHONE]),
        places=tuple(dict.fromkeys(house for house in houses if house)),
        region=next((place for place in places if place), ""),
    )


def candidates(tx: Connection, kind: Kind, asked: Inquiry) -> tuple[Candidate, ...]:
    """The records that the inquiry may mean, best first; similar names only where nothing that
    was asked for is found as it is written."""
    wanted = {
        **{s: [number_key(v) for v in found] for s, found in asked.numbers.items()},
        kind.subject: asked.names,
        "near": [plain_key(name) for name in asked.names],
        "phone": asked.phones,
        "place": asked.places,
    }
    found = lookup.find(tx, kind, wanted, day=asked.day)
    ranked = _ranked(found, kind, asked)
    by_name = asked.names and kind.subject == "name"
    if by_name and not any(c.score >= DECIDED for c in ranked):
        by_identity = {version.identity: version for version in found}
        for name in asked.names:
            city = asked.region[:4]
            alike = lookup.find_alike(tx, kind, name, city=city, day=asked.day)
            by_identity |= {version.identity: version for version in alike}
        ranked = _ranked(by_identity.values(), kind, asked)
    return ranked


def decided(found: tuple[Candidate, ...], *, several: bool = False) -> Candidate | None:
    """The one that is meant: sure enough by itself, and clearly more so than the next.

    `several`: the register holds many records of one party, so that equals are no rivals.
    """
    if not found or found[0].score < DECIDED:
        return None
    if not several and len(found) > 1 and (1 - found[0].score) > _LEAD * (1 - found[1].score):
        return None
    return found[0]


def score(entry: Entry, names: Sequence[str], asked: Inquiry) -> tuple[float, tuple[str, ...]]:
    """How surely the inquiry means this record, and why. `names` are its party's, newest first.

    Clues are taken as independent: the doubt that each leaves multiplies. Another number, another
    branch or another city takes its part away again.
    """
    keys = [name_key(name) for name in names]
    alike = _name_clue(keys, asked)
    clues = [
        *_number_clues(entry, asked),
        *([alike] if alike else []),
        *([_Shared(weight=0.65, words="电话一致")] if {*entry.phones} & {*asked.phones} else []),
        *(
            [_Shared(weight=0.45, words="门牌一致")]
            if place_key(entry.address) in asked.places
            else []
        ),
    ]
    doubt = 1.0
    for clue in clues:
        doubt *= 1 - clue.weight
    sure = 1 - doubt
    named = alike is not None or any(clue.weight >= DECIDED for clue in clues)
    if asked.names and not named:
        sure = min(sure, _UNNAMED)
    words = [clue.words for clue in clues]
    for factor, reason in _doubts(entry, keys[0], asked):
        sure *= factor
        words.append(reason)
    return sure, tuple(words)


def _ranked(versions: Iterable[Version], kind: Kind, asked: Inquiry) -> tuple[Candidate, ...]:
    found = []
    for version in versions:
        entry = version.entry
        name = entry.parties.get(kind.subject, entry.name)
        sure, reasons = score(entry, (name, *version.former), asked)
        if sure > 0:
            found.append(Candidate(version=version, score=sure, reasons=reasons))
    return tuple(sorted(found, key=lambda c: (-c.score, c.version.identity)))


def _number_clues(entry: Entry, asked: Inquiry) -> Iterator[_Shared]:
    for scheme, (weight, _) in _NUMBERS.items():
        if entry.numbers.get(scheme) in asked.numbers.get(scheme, ()):
            yield _Shared(weight=weight, words=f"{_TITLES[scheme]}一致")


def _name_clue(keys: Sequence[str], asked: Inquiry) -> _Shared | None:
    """The strongest thing that a name asked for and one of the record's have in common."""
    found = []
    for place, key in enumerate(keys):
        for name in asked.names:
            clue = _alike(key, name)
            if clue is not None:
                found.append(evolve(clue, words=f"曾用{clue.words}") if place else clue)
    return max(found, key=lambda clue: clue.weight, default=None)


def _alike(key: str, name: str) -> _Shared | None:
    if key == name:
        return _Shared(weight=0.85, words="名称完全一致")
    if plain_key(key) == plain_key(name):
        return _Shared(weight=0.80, words="名称一致（区划、公司字样除外）")
    short, long = sorted((key, name), key=len)
    if len(short) >= _LEAST_NAME and short in long:
        return _Shared(weight=0.5, words="名称相互包含")
    if neighbours(plain_key(key)) & neighbours(plain_key(name)):
        return _Shared(weight=0.55, words="名称仅一字之差")
    return _alike_in_part(key, name)


def _alike_in_part(key: str, name: str) -> _Shared | None:
    """What the own parts of two names have in common."""
    own, other = core(key), core(name)
    for part, whole in ((own, name), (other, key)):
        if part in whole:
            return _Shared(weight=0.45, words=f"字号“{part}”见于名称")
    ratio = SequenceMatcher(None, own, other, autojunk=False).ratio()
    if ratio < 0.5 or min(len(own), len(other)) < 2:
        return None
    return _Shared(weight=0.55 * ratio, words=f"字号相近（{ratio:.2f}）")


def _doubts(entry: Entry, key: str, asked: Inquiry) -> Iterator[tuple[float, str]]:
    for scheme, (_, factor) in _NUMBERS.items():
        own, stated = entry.numbers.get(scheme), asked.numbers.get(scheme, ())
        if own and stated and own not in stated:
            yield factor, f"{_TITLES[scheme]}不一致"
    if asked.names and all(
        bool(_BRANCH.search(n)) != bool(_BRANCH.search(key)) for n in asked.names
    ):
        yield 0.8, "分支字样不同"
    yield from _place_doubt(entry.region, asked)


def _place_doubt(region: str, asked: Inquiry) -> Iterator[tuple[float, str]]:
    if not asked.region or not region:
        yield 0.97, "区划未知"
    elif region == asked.region:
        yield 1.0, "同一区县"
    elif region[:4] == asked.region[:4]:
        yield 0.9, "同一地市"
    elif not asked.numbers:
        yield 0.7, "不在同一地市"


_TITLES = {"licence_no": "登记号", "usci": "统一社会信用代码", "filing_no": "诊所备案编号"}


def _values(identifiers: Iterable[Identifier], kind: IdentifierKind) -> tuple[str, ...]:
    found = (i.value for i in identifiers if i.kind is kind and i.valid is not False)
    return tuple(dict.fromkeys(found))
