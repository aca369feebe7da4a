"""How characters look: which are taken for one another, and what parts they are written in."""

from __future__ import annotations

from collections import defaultdict
from functools import cache
from importlib.resources import files

# As they stand at the side of a character; in writing of their own they stand for nothing.
BARE = frozenset(
    "氵冫忄扌亻彳讠钅纟饣衤礻犭阝刂辶廴宀冖艹疒灬罒攵卩㔾彡囗匚勹癶夂⺈⺊⺌⺧𠃓㐱㐬㐅㠯"
)
_MOST_ALIKE = 16
"""More characters than that share a part without looking alike."""

_WHOLE = {
    "氵": "水", "扌": "手", "忄": "心", "亻": "人", "讠": "言", "钅": "金", "纟": "丝", "饣": "食",
    "衤": "衣", "礻": "示", "犭": "犬", "刂": "刀", "辶": "走", "艹": "草", "疒": "病", "灬": "火",
    "阝": "阜", "月": "肉", "攵": "攴", "冫": "冰",
}  # fmt: skip


@cache
def splits() -> dict[str, str]:
    """Every way to write a character as its parts, and the character meant.

    Parts are given as they look in it and as whole characters (氵台, 水台). A way that fits
    several characters is left out.
    """
    ways: dict[str, set[str]] = defaultdict(set)
    for character, parts in _components():
        for first in (parts[0], _WHOLE.get(parts[0], parts[0])):
            for last in (parts[1], _WHOLE.get(parts[1], parts[1])):
                ways[first + last].add(character)
    return {way: meant.copy().pop() for way, meant in ways.items() if len(meant) == 1}


@cache
def alike() -> dict[str, str]:
    """For characters that look like others: one character that stands for all of its kind."""
    kinds: dict[str, str] = {}
    shared: dict[str, list[str]] = defaultdict(list)
    for character, parts in _components():
        shared[parts[1]].append(character)
    few = [members for members in shared.values() if len(members) <= _MOST_ALIKE]
    for members in (*_lines("lookalikes.txt"), *few):
        kind = next((kinds[member] for member in members if member in kinds), members[0])
        for member in members:
            kinds.setdefault(member, kind)
    return kinds


def _components() -> list[tuple[str, str]]:
    return [(word[0], word[1:]) for word in _lines("components.txt")]


def _lines(name: str) -> list[str]:
    text = files("language").joinpath(name).read_text("utf-8")
    return [word for line in text.splitlines() if line[:1] != "#" for word in line.split()]
