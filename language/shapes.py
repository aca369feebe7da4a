"""How characters look: which are taken for one another, and what parts they are written in."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

# As they stand at the side of a character; in writing of their own they stand for nothing.
BARE = frozenset(
    "氵冫忄扌亻彳讠钅纟饣衤礻犭阝刂辶廴宀冖艹疒灬罒攵卩㔾彡囗匚勹癶夂⺈⺊⺌⺧𠃓㐱㐬㐅㠯"
)
# Parts that so many characters share that sharing them makes none alike.
_COMMON = BARE | frozenset(
    "土心力木女口日月贝页寸巾皿石衣金大火王目田禾竹米虫足车马鸟鱼酉雨风又子山工弓人刀水手白立羽走身"
    "骨革鬼欠彡文隹殳斤斗广尸门丿一十丶夕丷厶儿匕几己二卜小丨乚贝瓦爪穴衣耳舟糸食玉气"
)
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
    groups: dict[str, str] = {}
    shared: dict[str, list[str]] = defaultdict(list)
    for character, parts in _components():
        telling = [part for part in parts if part not in _COMMON]
        if len(telling) == 1:
            shared[telling[0]].append(character)
    for members in (*shared.values(), *_lines("lookalikes.txt")):
        _unite(groups, members)
    return {character: _first(groups, character) for character in groups}


def _unite(groups: dict[str, str], members: Sequence[str]) -> None:
    first = _first(groups, members[0])
    for member in members:
        groups[_first(groups, member)] = first


def _first(groups: dict[str, str], character: str) -> str:
    while groups.setdefault(character, character) != character:
        character = groups[character]
    return character


def _components() -> list[tuple[str, str]]:
    return [(word[0], word[1:]) for word in _lines("components.txt")]


def _lines(name: str) -> list[str]:
    text = files("language").joinpath(name).read_text("utf-8")
    return [word for line in text.splitlines() if line[:1] != "#" for word in line.split()]
