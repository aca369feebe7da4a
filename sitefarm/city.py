"""An invented city of institutions with its registers, and pages' mentions of them with the truth.

Everything follows from the seed. Lists are as authorities hand them out; `mentions.jsonl` says how
a page names an institution and which record, if any, it means.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from importlib.resources import files

import cattrs
import yaml
from attrs import evolve, frozen

from sitefarm.dice import Dice
from sitefarm.identity import organisation_code, usci

BEFORE, TODAY = date(2025, 12, 31), date(2026, 2, 28)
"""The days of the two institution lists: what was closed or renamed between them differs."""

_POPULAR = 120
_CLOSED, _RENAMED = 0.02, 0.02


@frozen(kw_only=True)
class Institution:
    """One institution of the city, as its licence states it."""

    name: str
    usci: str
    licence_no: str
    region: str
    departments: str
    level: str
    address: str
    phone: str
    legal_representative: str


@frozen(kw_only=True)
class Mention:
    """How a page names somebody. `truth` is the 登记号 that it means, None for nobody registered;
    `case` is the way in which it was written."""

    case: str
    name: str
    region: str
    phone: str
    address: str
    number: str
    truth: str | None


@frozen(kw_only=True)
class City:
    """The institutions before and today, and the mentions."""

    before: tuple[Institution, ...]
    today: tuple[Institution, ...]
    mentions: tuple[Mention, ...]


@frozen(kw_only=True)
class _Form:
    """A sort of institution: its share in per mille, its trades, and its category in a 登记号."""

    share: int
    kind: str
    trades: list[str]
    code: str


@frozen(kw_only=True)
class _Words:
    """city.yml."""

    city: str
    districts: dict[str, str]
    first: str
    second: str
    streets: list[str]
    forms: list[_Form]
    departments: dict[str, list[str]]
    persons: list[str]
    strangers: list[str]


def build(*, seed: str, institutions: int, mentions: int) -> City:
    """The city of a seed, with so many institutions and mentions."""
    text = (files("sitefarm") / "city.yml").read_text(encoding="utf-8")
    builder = _Builder(cattrs.structure(yaml.safe_load(text), _Words), seed)
    before = tuple(builder.institutions(institutions))
    dice = Dice(seed, "changes")
    kept = [one for one in before if dice.random() >= _CLOSED]
    today = tuple(builder.renamed(one) if dice.random() < _RENAMED else one for one in kept)
    found = tuple(builder.mentions(before, today, mentions))
    return City(before=before, today=today, mentions=found)


class _Builder:
    """Draws the city; names are unique within a district, as the law asks, and not beyond."""

    def __init__(self, words: _Words, seed: str) -> None:
        self._words = words
        self._seed = seed
        self._dice = Dice(seed, "city")
        marks = dict.fromkeys(a + b for a in words.first for b in words.second if a != b)
        self._marks = self._dice.shuffled(list(marks))
        used = len(self._marks) * 3 // 4
        self._marks, self._unused = self._marks[:used], self._marks[used:]
        self._taken: set[tuple[str, str]] = set()

    def institutions(self, count: int) -> Iterator[Institution]:
        """So many institutions, each with numbers, house and telephone of its own."""
        forms = self._words.forms
        shares = [form.share for form in forms]
        for serial in range(count):
            form = self._dice.choices(forms, shares)[0]
            trade = self._dice.choice(form.trades)
            region = self._dice.choice(list(self._words.districts))
            yield self._institution(serial, form, trade, region)

    def renamed(self, one: Institution) -> Institution:
        """The institution under a new name; its numbers stay."""
        mark = self._dice.choice(self._marks)
        name = f"{mark}{one.name[-6:]}" if len(one.name) > 8 else f"{mark}{one.name[2:]}"
        if (one.region, name) in self._taken:
            return one
        self._taken.add((one.region, name))
        return evolve(one, name=name)

    def mentions(
        self, before: Sequence[Institution], today: Sequence[Institution], count: int
    ) -> Iterator[Mention]:
        """So many mentions, the ways of writing in turn."""
        dice = Dice(self._seed, "mentions")
        now = {one.licence_no: one for one in today}
        closed = [one for one in before if one.licence_no not in now]
        former = [
            one for one in before if one.licence_no in now and now[one.licence_no].name != one.name
        ]
        for turn in range(count):
            case = _CASES[turn % len(_CASES)]
            if case == "stranger":
                yield self._stranger(dice, case, self._unused)
            elif case == "stranger_known_mark":
                yield self._stranger(dice, case, self._marks[:_POPULAR])
            elif case == "closed":
                yield _written(dice.choice(closed), case, truth=None)
            elif case == "former_name":
                one = dice.choice(former)
                yield _written(one, case, truth=one.licence_no, phone=one.phone)
            else:
                yield self._known(dice, case, dice.choice(today))

    def _institution(self, serial: int, form: _Form, trade: str, region: str) -> Institution:
        dice = self._dice
        organisation = organisation_code(f"{serial:08d}")
        name = self._name(trade, form.kind, region)
        departments = dice.choice(self._words.departments[trade])
        street, house = dice.choice(self._words.streets), dice.randint(1, 999)
        return Institution(
            name=name,
            usci=usci(region=region, organisation=organisation),
            licence_no=f"{organisation}{region}17{form.code}{dice.choice('12')}",
            region=region,
            departments=departments,
            level=dice.choice(["一级", "二级", "未定级"]) if form.kind == "医院" else "",
            address=f"{self._words.city}{self._words.districts[region]}{street}{house}号",
            phone=f"010-00{serial:06d}",
            legal_representative=dice.choice(self._words.persons),
        )

    def _name(self, trade: str, kind: str, region: str) -> str:
        while True:
            marks = self._marks[:_POPULAR] if self._dice.random() < 0.3 else self._marks
            mark, district = self._dice.choice(marks), self._words.districts[region]
            name = self._dice.choice(
                [
                    f"{mark}{trade}{kind}",
                    f"{self._words.city}{mark}{trade}{kind}",
                    f"{self._words.city}{district}{mark}{trade}{kind}",
                    f"{mark}{trade}{kind}有限公司",
                ]
            )
            own = (region, f"{mark}{trade}{kind}")
            if own not in self._taken:
                self._taken.add(own)
                return name

    def _known(self, dice: Dice, case: str, one: Institution) -> Mention:
        name, typo = one.name, self._typo(dice, one.name)
        division = "" if name.startswith(self._words.city) else self._words.city
        ways: dict[str, dict[str, str]] = {
            "number": {"name": f"{name[:4]}官网", "number": one.licence_no},
            "credit_code": {"number": one.usci},
            "short_name_and_phone": {"name": _short(name), "phone": one.phone},
            "typo_and_phone": {"name": typo, "phone": one.phone},
            "typo_and_address": {"name": typo, "address": one.address},
            "with_division": {"name": f"{division}{name}"},
            "no_place": {"region": "", "phone": one.phone},
            "exact": {},
        }
        return _written(one, case, truth=one.licence_no, **ways[case])

    def _stranger(self, dice: Dice, case: str, marks: Sequence[str]) -> Mention:
        name = dice.choice(marks) + dice.choice(self._words.strangers)
        region = dice.choice(list(self._words.districts))
        return Mention(
            case=case, name=name, region=region, phone="", address="", number="", truth=None
        )

    def _typo(self, dice: Dice, name: str) -> str:
        place = dice.randrange(len(name))
        return name[:place] + dice.choice(self._words.second) + name[place + 1 :]


_CASES = (
    "exact",
    "number",
    "credit_code",
    "short_name_and_phone",
    "typo_and_phone",
    "typo_and_address",
    "with_division",
    "no_place",
    "former_name",
    "closed",
    "stranger",
    "stranger_known_mark",
)


def _written(one: Institution, case: str, *, truth: str | None, **changes: str) -> Mention:
    plain = Mention(
        case=case,
        name=one.name,
        region=one.region,
        phone="",
        address="",
        number="",
        truth=truth,
    )
    return evolve(plain, **changes)


def _short(name: str) -> str:
    for ending in ("有限公司", "门诊部", "诊所", "医院", "卫生室", "社区卫生服务站", "医务室"):
        name = name.removesuffix(ending) if len(name.removesuffix(ending)) >= 4 else name
    return name
