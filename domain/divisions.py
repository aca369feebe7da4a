"""Administrative divisions by their six-digit codes (GB/T 2260)."""

from __future__ import annotations

from enum import StrEnum


class Level(StrEnum):
    """Levels of government, the highest first."""

    STATE = "state"
    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"

    @property
    def rank(self) -> int:
        """0 for the state, growing downwards."""
        return list(Level).index(self)


def division_prefix(region: str) -> str:
    """The significant digits of a division code: 990100 → 9901, 990000 → 99, 000000 → ""."""
    while region.endswith("00"):
        region = region[:-2]
    return region


def contains(outer: str, region: str) -> bool:
    """Whether a division is `outer` or lies in it; an unknown one ("") lies nowhere."""
    return bool(region) and region.startswith(division_prefix(outer))


def level_of(region: str) -> Level:
    """The level of the government that sits in a division."""
    return tuple(Level)[len(division_prefix(region)) // 2]
