"""What a query means, written a second time over the plain strings of the documents."""

from __future__ import annotations

from datetime import timedelta, timezone

from domain.ports import SearchIndex
from domain.queries import (
    And,
    Between,
    Equals,
    Everything,
    Near,
    Not,
    Or,
    Query,
    SearchDocument,
    Text,
)
from language.normalise import compact, normalise
from language.tokens import segmenter, words
from tests.contract.indexes import ask


def expect(shared: SearchIndex, documents: list[SearchDocument], query: Query, tag: str) -> None:
    result = ask(shared, And(parts=(Equals(field="source", value=tag), query)), limit=50)
    wanted = {one.id for one in documents if holds(query, one)}
    assert {hit.id for hit in result.hits} == wanted
    assert result.total == len(wanted)


def holds(query: Query, one: SearchDocument) -> bool:
    """What a query means."""
    match query:
        case And(parts=parts):
            return all(holds(part, one) for part in parts)
        case Or(parts=parts):
            return any(holds(part, one) for part in parts)
        case Not(part=part):
            return not holds(part, one)
        case Everything():
            return True
        case _:
            return _matches(query, one)


def _matches(query: Text | Near | Equals | Between, one: SearchDocument) -> bool:
    match query:
        case Text(words=sought):
            return _contains(one.text, sought) or _contains(one.title, sought)
        case Near():
            return any(_near(query, view) for view in _views(one.text))
        case Equals(field=field, value=value):
            return value in _values(one, field)
        case Between():
            return _between(query, one)


def _views(text: str) -> tuple[str, str]:
    return normalise(text).text, compact(text).text


def _contains(text: str, sought: str) -> bool:
    needle = normalise(sought).text
    if len(needle) == 1:
        return needle in words(segmenter(), text)
    return bool(needle) and any(needle in view for view in _views(text))


def _near(near: Near, text: str) -> bool:
    left, right = normalise(near.left).text, normalise(near.right).text
    return any(
        max(there - (here + len(left)), here - (there + len(right))) <= near.distance
        for here in range(len(text))
        if text.startswith(left, here)
        for there in range(len(text))
        if text.startswith(right, there)
    )


def _values(one: SearchDocument, field: str) -> tuple[str, ...]:
    many = {"type": one.types, "identifier": one.identifiers, "office": one.offices}
    return many[field] if field in many else (getattr(one, field),)


def _between(between: Between, one: SearchDocument) -> bool:
    value = getattr(one, between.field)
    if value is None:
        return False
    if between.field == "score":
        return (between.low is None or value >= float(between.low)) and (
            between.high is None or value <= float(between.high)
        )
    day: str = value.astimezone(timezone(timedelta(hours=8))).date().isoformat()
    return (between.low or "") <= day <= (between.high or "9999")
