"""The language in which rules say what to look for.

An expression is a sequence of words with bounded gaps, over the normalised text::

    {certain}~4{cure}        a member of the word class `certain`, up to four characters of the
                             same clause, a member of `cure`
    {cure}~~12{refund}       the gap may cross commas, never the end of the sentence
    (一|首)针{effect}         alternatives
    最(新|先进)!(消息|通知)    not followed by one of these
    <!(不|未){cure}           not preceded by one of these
    三?甲                    the atom before `?` may be missing

The marks above are written full width (？（｜) where the text itself has them.
Nothing in an expression repeats without a bound, so the time to match grows with the text alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import reduce

from attrs import field, frozen

MAX_GAP = 40
MAX_GAP_PRODUCT = 2000

_CLAUSE = r"[^，,。;；:：!！?？\n…]"
_SENTENCE = r"[^。!！?？\n]"
_SPECIAL = frozenset("{}()|~?!<")

Requirement = frozenset[str]


class ExpressionError(ValueError):
    """The expression cannot be read; the message says what and where in it."""


@frozen(kw_only=True)
class Lexicon:
    """What the class names in expressions stand for.

    `words` are literal members, matched as a class and indexed for the scan; `shapes` are bounded
    regular expressions (numbers, spans of time) that need a word beside them.
    """

    words: Mapping[str, tuple[str, ...]]
    shapes: Mapping[str, str]


@frozen(kw_only=True)
class Expression:
    """A compiled expression.

    `requires` lists what must be present in a sentence before the regular expression is worth
    running: at least one key of each set; a key is a class name in braces or a literal.
    """

    source: str
    regex: re.Pattern[str] = field(repr=False, eq=False)
    requires: tuple[Requirement, ...]


@frozen
class _Node:
    regex: str
    requires: tuple[Requirement, ...] = ()
    gap: int = 1
    literals: tuple[str, ...] | None = None


def fold(text: str) -> str:
    """The form that literals take, the same as the normaliser gives to the text."""
    return unicodedata.normalize("NFKC", text).lower()


def compile_expression(source: str, lexicon: Lexicon) -> Expression:
    """Read one expression. Raises ExpressionError."""
    node, end = _alternation(source, 0, lexicon)
    if end != len(source):
        raise ExpressionError(f"第 {end + 1} 个字符处多出“{source[end]}”：{source}")
    if not node.requires:
        raise ExpressionError(f"表达式里必须有一个词或词类：{source}")
    if node.gap > MAX_GAP_PRODUCT:
        raise ExpressionError(f"间隔过多过宽（乘积 {node.gap}，上限 {MAX_GAP_PRODUCT}）：{source}")
    return Expression(source=source, regex=re.compile(node.regex), requires=node.requires)


def any_of(words: Sequence[str]) -> str:
    """A regular expression for one of the words, the longest first."""
    ordered = sorted({fold(word) for word in words}, key=lambda word: (-len(word), word))
    return "(?:" + "|".join(re.escape(word) for word in ordered) + ")"


def _alternation(source: str, at: int, lexicon: Lexicon) -> tuple[_Node, int]:
    branches: list[_Node] = []
    while True:
        node, at = _sequence(source, at, lexicon)
        branches.append(node)
        if at >= len(source) or source[at] != "|":
            break
        at += 1
    return (branches[0] if len(branches) == 1 else _either(branches)), at


def _either(branches: Sequence[_Node]) -> _Node:
    regex = "(?:" + "|".join(branch.regex for branch in branches) + ")"
    literals = [branch.literals for branch in branches]
    known = None if None in literals else tuple(word for each in literals for word in each or ())
    requires: tuple[Requirement, ...] = ()
    if all(branch.requires for branch in branches):
        keys: Requirement = frozenset()
        requires = (reduce(Requirement.union, (min(b.requires, key=len) for b in branches), keys),)
    return _Node(regex, requires, max(branch.gap for branch in branches), known)


def _sequence(source: str, at: int, lexicon: Lexicon) -> tuple[_Node, int]:
    parts: list[_Node] = []
    while at < len(source) and source[at] not in "|)":
        node, at = _atom(source, at, lexicon)
        if source[at : at + 1] == "?":
            node, at = _Node(f"(?:{node.regex})?", (), node.gap), at + 1
        parts.append(node)
    if not parts:
        raise ExpressionError(f"第 {at + 1} 个字符处缺少内容：{source}")
    literals = parts[0].literals if len(parts) == 1 else None
    requires = tuple(need for part in parts for need in part.requires)
    gap = reduce(lambda total, part: total * part.gap, parts, 1)
    return _Node("".join(part.regex for part in parts), requires, gap, literals), at


def _atom(source: str, at: int, lexicon: Lexicon) -> tuple[_Node, int]:
    if source.startswith("<!(", at):
        node, at = _group(source, at + 2, lexicon)
        return _not_after(node, source), at
    if source.startswith("!(", at):
        node, at = _group(source, at + 1, lexicon)
        return _Node(f"(?!{node.regex})"), at
    match source[at]:
        case "(":
            return _group(source, at, lexicon)
        case "{":
            return _named(source, at, lexicon)
        case "~":
            return _gap(source, at)
        case character if character in _SPECIAL:
            raise ExpressionError(f"第 {at + 1} 个字符“{character}”用法不对：{source}")
    return _literal(source, at)


def _literal(source: str, at: int) -> tuple[_Node, int]:
    end = at + 1
    while end < len(source) and source[end] not in _SPECIAL:
        end += 1
    if source[end : end + 1] == "?" and end - at > 1:
        end -= 1  # the mark makes only the last character optional
    literal = fold(source[at:end])
    return _Node(re.escape(literal), (frozenset({literal}),), 1, (literal,)), end


def _group(source: str, at: int, lexicon: Lexicon) -> tuple[_Node, int]:
    node, end = _alternation(source, at + 1, lexicon)
    if end >= len(source) or source[end] != ")":
        raise ExpressionError(f"括号没有闭合：{source}")
    return _Node(f"(?:{node.regex})", node.requires, node.gap, node.literals), end + 1


def _named(source: str, at: int, lexicon: Lexicon) -> tuple[_Node, int]:
    end = source.find("}", at)
    name = source[at + 1 : end]
    if end < 0:
        raise ExpressionError(f"花括号没有闭合：{source}")
    if name in lexicon.shapes:
        return _Node(f"(?:{lexicon.shapes[name]})"), end + 1
    if name not in lexicon.words:
        raise ExpressionError(f"没有名为“{name}”的词类：{source}")
    words = lexicon.words[name]
    return _Node(any_of(words), (frozenset({f"{{{name}}}"}),), 1, words), end + 1


def _gap(source: str, at: int) -> tuple[_Node, int]:
    found = re.compile(r"(~~?)(\d{1,2})").match(source, at)
    if not found or int(found[2]) > MAX_GAP:
        raise ExpressionError(f"间隔写作 ~数字 或 ~~数字，最多 {MAX_GAP}：{source}")
    width = int(found[2])
    filler = _CLAUSE if found[1] == "~" else _SENTENCE
    return _Node(f"{filler}{{0,{width}}}?", (), width + 1), found.end()


def _not_after(node: _Node, source: str) -> _Node:
    if node.literals is None:
        raise ExpressionError(f"<!(…) 里只能是词或词类：{source}")
    return _Node("".join(f"(?<!{re.escape(fold(word))})" for word in node.literals))
