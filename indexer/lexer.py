"""Search expressions cut into tokens, each with its place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import Enum, auto

from attrs import frozen

from domain.errors import QuerySyntaxError
from indexer.fields import field_named, names

MAX_LENGTH = 2000


class Kind(Enum):
    """What a token is. EVERYTHING is a lone `*`; FIELD carries its canonical name."""

    WORD = auto()
    PHRASE = auto()
    FIELD = auto()
    AND = auto()
    OR = auto()
    NOT = auto()
    NEAR = auto()
    EVERYTHING = auto()
    OPEN = auto()
    CLOSE = auto()
    END = auto()


@frozen(kw_only=True)
class Token:
    """One token; `place` counts characters from 1."""

    kind: Kind
    text: str
    place: int


_QUOTES = {'"': '"', "“": "”", "”": "”", "「": "」", "『": "』"}
_BRACKETS = {"(": Kind.OPEN, "（": Kind.OPEN, ")": Kind.CLOSE, "）": Kind.CLOSE}
_OPERATORS = {
    "AND": Kind.AND,
    "且": Kind.AND,
    "OR": Kind.OR,
    "或": Kind.OR,
    "NOT": Kind.NOT,
    "非": Kind.NOT,
    "*": Kind.EVERYTHING,
}
_NEAR = re.compile(r"(?:NEAR|近)(?:/(\d{1,4}))?")
_WORD = re.compile(r"[^\s()（）\"“”「」『』]+")
_FIELD = re.compile(r"([^\s()（）\"“”「」『』:：]+)[:：]")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


def failure(message: str, place: int) -> QuerySyntaxError:
    """The error for a place counted from 1."""
    return QuerySyntaxError(message, at=f"第{place}个字符")


def tokens(expression: str) -> Iterator[Token]:
    """The tokens in order, ending with END. Raises QuerySyntaxError."""
    if len(expression) > MAX_LENGTH:
        raise failure(f"检索式太长，最多{MAX_LENGTH}个字符", MAX_LENGTH + 1)
    place, value_due = 0, False
    while place < len(expression):
        if expression[place].isspace():
            place += 1
            continue
        token, place = _value(expression, place) if value_due else _next(expression, place)
        value_due = token.kind is Kind.FIELD
        yield token
    yield Token(kind=Kind.END, text="", place=len(expression) + 1)


def _next(expression: str, start: int) -> tuple[Token, int]:
    character = expression[start]
    if character in _BRACKETS:
        return Token(kind=_BRACKETS[character], text=character, place=start + 1), start + 1
    if character in _QUOTES:
        return _quoted(expression, start, _QUOTES[character])
    if character == "-" and _binds(expression, start + 1):
        return Token(kind=Kind.NOT, text="-", place=start + 1), start + 1
    field = _FIELD.match(expression, start)
    if field is not None:
        return _field(field[1], start), field.end()
    word, end = _raw(expression, start)
    return _word(word, start), end


def _value(expression: str, start: int) -> tuple[Token, int]:
    """What follows a field is taken as it stands, colons and operators included."""
    character = expression[start]
    if character in _BRACKETS or character in _QUOTES:
        return _next(expression, start)
    word, end = _raw(expression, start)
    return Token(kind=Kind.WORD, text=word, place=start + 1), end


def _raw(expression: str, start: int) -> tuple[str, int]:
    word = _WORD.match(expression, start)
    if word is None:
        raise failure(f"多了一个引号“{expression[start]}”", start + 1)
    return word[0], word.end()


def _binds(expression: str, place: int) -> bool:
    """Whether something stands right after a minus sign, so that it means NOT."""
    return place < len(expression) and not expression[place].isspace()


def _quoted(expression: str, start: int, closer: str) -> tuple[Token, int]:
    ends = re.compile(rf"((?:\\.|[^\\{closer}])*){closer}", re.DOTALL)
    found = ends.match(expression, start + 1)
    if found is None:
        raise failure("引号没有配对", start + 1)
    text = _ESCAPED.sub(r"\1", found[1])
    return Token(kind=Kind.PHRASE, text=text, place=start + 1), found.end()


def _field(name: str, start: int) -> Token:
    field = field_named(name)
    if field is None:
        raise failure(f"没有“{name}”这个字段；可用：{names()}。若要查原文，请加引号", start + 1)
    return Token(kind=Kind.FIELD, text=field, place=start + 1)


def _word(text: str, start: int) -> Token:
    near = _NEAR.fullmatch(text)
    if near is not None and near[1] is not None:
        return Token(kind=Kind.NEAR, text=near[1], place=start + 1)
    if text == "NEAR":
        raise failure("NEAR 要写明距离，如 NEAR/5", start + 1)
    return Token(kind=_OPERATORS.get(text, Kind.WORD), text=text, place=start + 1)
