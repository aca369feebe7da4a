"""The query language of analysts, as in `根治 且 (站点:a.test 或 "无效退款") -判定:复核`.

words and "phrases" (also “ ” 「 」) · 字段:值 · 时间:2026-01-01..2026-02-01 · AND 且, OR 或, NOT 非
and a leading minus · NEAR/5 近/5 between two phrases · brackets of either width · * everything.
Things that stand side by side must all hold; AND binds closer than OR.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from domain.errors import PermanentError
from domain.queries import (
    RANGE_FIELDS,
    And,
    Between,
    Equals,
    Everything,
    Near,
    Not,
    Or,
    Query,
    Text,
)
from indexer.fields import stored_value
from indexer.lexer import Kind, Token, failure, tokens
from indexer.terms import near_phrases, phrase
from indexer.values import bounds
from language.normalise import normalise

MAX_DEPTH = 40

_STARTS = (Kind.WORD, Kind.PHRASE, Kind.FIELD, Kind.EVERYTHING, Kind.OPEN, Kind.NOT)


def parse(expression: str) -> Query:
    """The query that an expression means. Raises QuerySyntaxError with the place, in Chinese."""
    parser = _Parser(expression)
    query = parser.either(0)
    parser.finish()
    return query


def pretty(query: Query) -> str:
    """An expression that means the same; `parse` gives the same tree for it."""
    match query:
        case And(parts=parts):
            return " AND ".join(_inner(part) for part in parts)
        case Or(parts=parts):
            return " OR ".join(_inner(part) for part in parts)
        case Not(part=part):
            return f"NOT {_inner(part)}"
        case _:
            return _leaf(query)


def _leaf(query: Text | Near | Equals | Between | Everything) -> str:
    match query:
        case Text(words=words):
            return _quoted(words)
        case Near(left=left, right=right, distance=distance):
            return f"{_quoted(left)} NEAR/{distance} {_quoted(right)}"
        case Equals(field=field, value=value):
            return f"{field}:{_quoted(value)}"
        case Between(field=field, low=low, high=high):
            return f"{field}:{_quoted((low or '') + '..' + (high or ''))}"
        case Everything():
            return "*"


def _inner(query: Query) -> str:
    return f"({pretty(query)})" if isinstance(query, And | Or | Not | Near) else pretty(query)


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Parser:
    """Recursive descent; `depth` bounds what an expression can make it recurse."""

    def __init__(self, expression: str) -> None:
        self._tokens = list(tokens(expression))
        self._next = 0

    def either(self, depth: int) -> Query:
        parts = [self._both(depth)]
        while self._take(Kind.OR):
            parts.append(self._both(depth))
        return parts[0] if len(parts) == 1 else Or(parts=tuple(parts))

    def finish(self) -> None:
        token = self._peek()
        if token.kind is Kind.CLOSE:
            raise failure("多了一个右括号", token.place)
        if token.kind is not Kind.END:
            raise failure(f"这里不应有“{token.text}”", token.place)

    def _both(self, depth: int) -> Query:
        parts = [self._negated(depth)]
        while self._take(Kind.AND) or self._peek().kind in _STARTS:
            parts.append(self._negated(depth))
        return parts[0] if len(parts) == 1 else And(parts=tuple(parts))

    def _negated(self, depth: int) -> Query:
        if depth > MAX_DEPTH:
            raise failure(f"括号或“非”嵌套太深，最多{MAX_DEPTH}层", self._peek().place)
        if self._take(Kind.NOT):
            return Not(part=self._negated(depth + 1))
        return self._close_by(depth)

    def _close_by(self, depth: int) -> Query:
        left = self._operand(depth)
        near = self._take(Kind.NEAR)
        if near is None:
            return left
        right = self._operand(depth)
        if not isinstance(left, Text) or not isinstance(right, Text):
            raise failure("“近/n”两边须是词或引号中的短语", near.place)
        query = Near(left=left.words, right=right.words, distance=int(near.text))
        with _placed(near.place):
            near_phrases(query)
        return query

    def _operand(self, depth: int) -> Query:
        token = self._peek()
        self._next += 1
        match token.kind:
            case Kind.OPEN:
                query = self.either(depth + 1)
                if not self._take(Kind.CLOSE):
                    raise failure("这个左括号没有配对的右括号", token.place)
                return query
            case Kind.EVERYTHING:
                return Everything()
            case Kind.FIELD:
                return self._field(token)
            case Kind.WORD | Kind.PHRASE:
                return _text(token)
            case Kind.END:
                raise failure("检索式没有写完", token.place)
            case _:
                raise failure(f"“{token.text}”前面缺少检索词", token.place)

    def _field(self, field: Token) -> Query:
        value = self._peek()
        if value.kind not in (Kind.WORD, Kind.PHRASE) or not value.text:
            raise failure("字段后面缺少值", value.place)
        self._next += 1
        if field.text not in RANGE_FIELDS:
            return Equals(field=field.text, value=stored_value(field.text, value.text))
        low, dots, high = value.text.partition("..")
        query = Between(field=field.text, low=low or None, high=(high if dots else low) or None)
        with _placed(value.place):
            bounds(query)
        return query

    def _peek(self) -> Token:
        return self._tokens[self._next]

    def _take(self, kind: Kind) -> Token | None:
        token = self._peek()
        if token.kind is not kind:
            return None
        self._next += 1
        return token


def _text(token: Token) -> Text:
    words = token.text.strip()
    sought = normalise(words).text.strip()
    if not sought or (len(sought) == 1 and not sought.isalnum()):
        raise failure(f"“{token.text}”里没有可检索的字", token.place)
    with _placed(token.place):
        phrase(words)
    return Text(words=words)


@contextmanager
def _placed(place: int) -> Iterator[None]:
    """What the backends would refuse is refused here, with its place."""
    try:
        yield
    except PermanentError as error:
        raise failure(error.message, place) from None
