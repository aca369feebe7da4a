"""Invented institutions with identifiers whose checksums hold, and names that change by seed."""

from __future__ import annotations

from collections.abc import Sequence

from attrs import frozen

from sitefarm.dice import Dice, digest
from sitefarm.phrases import Bank
from sitefarm.records import Entity

_USCI = "0123456789ABCDEFGHJKLMNPQRTUWXY"
_ORG_WEIGHTS = (3, 7, 9, 10, 5, 8, 4, 2)
_SYLLABLES = ("ba", "do", "fi", "ge", "ku", "la", "mo", "ne", "pu", "ri", "sa", "te", "vo", "xi")


@frozen(kw_only=True)
class Place:
    """A district: its code (GB/T 2260), its province's letter, its words in an address."""

    code: str
    letter: str
    words: str


def organisation_code(eight: str) -> str:
    """Eight digits with the check character of GB 11714."""
    total = sum(int(c) * w for c, w in zip(eight, _ORG_WEIGHTS, strict=True))
    return eight + "0123456789X0"[(11 - total % 11) % 12]


def usci(*, region: str, organisation: str, prefix: str = "91") -> str:
    """A unified social credit code with the check character of GB 32100-2015."""
    body = prefix + region + organisation
    total = sum(_USCI.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + _USCI[(31 - total % 31) % 31]


def licence_number(*, region: str, organisation: str, public: bool) -> str:
    """A 22-character registration number of a medical institution (law.md C.3)."""
    return organisation + region + ("11A1001" if public else "17A5212")


class Registry:
    """Draws entities; no two share a name or a code."""

    def __init__(self, bank: Bank, seed: str) -> None:
        self._bank = bank
        self._dice = Dice(seed, "entities")
        self._taken: set[str] = set()
        code, letter, words = (
            bank.names["regions"][0] if seed == "dev" else self._dice.choice(bank.names["regions"])
        )
        self.place = Place(code=code, letter=letter, words=words)

    def person(self) -> str:
        """An invented full name."""
        return self._bank.fill("{person}", self._dice, {})

    def name(self, marks: Sequence[str], kinds: Sequence[str]) -> str:
        """A name not given before."""
        while True:
            name = self._dice.choice(marks) + self._dice.choice(kinds)
            if name not in self._taken:
                self._taken.add(name)
                return name

    def entity(
        self,
        key: str,
        name: str,
        *,
        subject_type: str,
        licensed: bool,
        public: bool = False,
        departments: str = "",
        grade: str = "",
    ) -> Entity:
        """An entity with valid codes, a telephone and an address of its own."""
        dice, place = self._dice, self.place
        organisation = organisation_code(f"{dice.randint(0, 99_999_999):08d}")
        number = dice.randint(0, 999)
        road = dice.choice(self._bank.names["roads"])
        return Entity(
            id=key,
            name=name,
            subject_type=subject_type,
            region=place.code,
            address=f"{place.words}{road}{dice.randint(1, 299)}号",
            phone=f"010-0000-0{number:03d}" if public else f"400-000-0{number:03d}",
            wechat=f"{_word(dice)}{number:03d}",
            legal_person=self.person(),
            usci=usci(
                region=place.code, organisation=organisation, prefix="12" if public else "91"
            ),
            icp=f"{place.letter}ICP备{dice.randint(2020_000_000, 2025_999_999)}号",
            licence_no=licence_number(region=place.code, organisation=organisation, public=public)
            if licensed
            else None,
            departments=departments,
            grade=grade,
        )


def _word(dice: Dice) -> str:
    return "".join(dice.choice(_SYLLABLES) for _ in range(3))


class Renamer:
    """Directory names and CSS classes: as written on `dev`, invented on every other seed."""

    def __init__(self, seed: str, host: str) -> None:
        self._seed = seed
        self._host = host
        self._given: dict[str, str] = {}

    def __call__(self, word: str) -> str:
        if self._seed == "dev":
            return word
        if word not in self._given:
            self._given[word] = self._fresh(word)
        return self._given[word]

    def _fresh(self, word: str) -> str:
        for attempt in range(1000):
            name = _word(Dice(self._seed, self._host, word, str(attempt)))
            if name not in self._given.values():
                return name
        raise RuntimeError(f"no fresh name for {word!r}")


def loopback(host: str, taken: set[str]) -> str:
    """An address of its own in 127.0.0.0/8 for a host, never one of 127.0.x.y."""
    for attempt in range(1000):
        value = digest("address", host, str(attempt))
        ip = f"127.{1 + value % 250}.{value // 250 % 250}.{1 + value // 62_500 % 250}"
        if ip not in taken:
            taken.add(ip)
            return ip
    raise RuntimeError("no loopback address left")
