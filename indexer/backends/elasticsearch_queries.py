"""What an Elasticsearch index holds, and queries in its terms.

Only what every managed cluster has: built-in analyzers, no scripts, no plug-ins.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from domain.ports import Segmenter
from domain.queries import (
    KEYWORD_FIELDS,
    MOMENT_FIELDS,
    And,
    Between,
    Equals,
    Everything,
    Histogram,
    Near,
    Not,
    Or,
    Query,
    SearchDocument,
    Text,
)
from indexer.terms import (
    PHRASE_FIELDS,
    TEXT_FIELDS,
    asked,
    bigrams_field,
    compact_field,
    near_phrases,
    title_field,
    words_field,
)
from indexer.values import bounds, keyword_field, keyword_values, milliseconds, moment_field

Json = dict[str, Any]

_LONGEST_KEYWORD = 8000
"""In characters: Lucene refuses terms above 32,766 bytes."""


def _mapping() -> Json:
    moment = {"type": "date", "format": "epoch_millis"}
    words = {"type": "text", "analyzer": "whitespace", "index_options": "freqs"}
    phrases = {"type": "text", "analyzer": "whitespace", "norms": False}
    keyword = {"type": "keyword", "ignore_above": _LONGEST_KEYWORD}
    return {
        "dynamic": "strict",
        "_source": {"excludes": ["words", "title", *PHRASE_FIELDS]},
        "properties": {
            "id": {"type": "keyword"},
            "words": words,
            "title": words,
            **dict.fromkeys(PHRASE_FIELDS, phrases),
            **dict.fromkeys(KEYWORD_FIELDS, keyword),
            **dict.fromkeys(MOMENT_FIELDS, moment),
            "score": {"type": "double"},
        },
    }


MAPPING = _mapping()
"""Fields of an index; a change of them takes a new name of the layout."""


def row(segmenter: Segmenter, document: SearchDocument) -> Json:
    """The document as it is sent."""
    published = document.published_at
    return {
        "id": document.id,
        "words": words_field(segmenter, document.text),
        "title": words_field(segmenter, document.title),
        "bigrams": bigrams_field(document.text),
        "compact": compact_field(document.text),
        "title_bigrams": title_field(document.title),
        **keyword_values(document),
        "captured_at": milliseconds(document.captured_at),
        "published_at": None if published is None else milliseconds(published),
        "score": document.score,
    }


def narrowed(segmenter: Segmenter, query: Query, among: Sequence[str] | None) -> Json:
    """The question for the engine, asked of the documents `among` only where they are given."""
    asked_for = translated(segmenter, query)
    if among is None:
        return asked_for
    return {"bool": {"must": [asked_for], "filter": [{"ids": {"values": list(among)}}]}}


def days(histogram: Histogram) -> Json:
    """Documents counted by days in China."""
    day = {"field": moment_field(histogram.field), "fixed_interval": "1d", "time_zone": "+08:00"}
    return {"date_histogram": {**day, "min_doc_count": 1}}


def translated(segmenter: Segmenter, query: Query) -> Json:
    """The same question for the engine. Raises PermanentError for fields or values it lacks."""
    match query:
        case And(parts=parts) if parts:
            return {"bool": {"must": [translated(segmenter, part) for part in parts]}}
        case Or(parts=parts):
            return _any([translated(segmenter, part) for part in parts])
        case Not(part=part):
            return {"bool": {"must_not": [translated(segmenter, part)], "boost": 0.0}}
        case And() | Everything():
            return {"match_all": {}}
        case Text(words=words):
            return _text(segmenter, words)
        case _:
            return _exact(query)


def _exact(query: Near | Equals | Between) -> Json:
    match query:
        case Near():
            return _near(query)
        case Equals(field=field, value=value):
            return _unranked({"term": {keyword_field(field): value}})
        case Between():
            return _unranked(_range(query))


def _text(segmenter: Segmenter, text: str) -> Json:
    wanted = asked(segmenter, text)
    ranking = [{"term": {field: word}} for field in ("words", "title") for word in wanted.words]
    if not wanted.phrase:
        return _any(ranking)
    sought = {"query": " ".join(wanted.phrase)}
    phrase = _any([{"match_phrase": {field: sought}} for field in PHRASE_FIELDS])
    return {"bool": {"must": [{"constant_score": {"filter": phrase}}], "should": ranking}}


def _near(near: Near) -> Json:
    """Both orders and, third, phrases that overlap; between two phrases of bigrams there is one
    position more than there are characters. A phrase is near itself, which the engine denies."""
    left, right = map(_interval, near_phrases(near))
    if left == right:
        return _anywhere(left)
    gaps = near.distance + 1
    ways = [
        _both(left, right, ordered=True, max_gaps=gaps),
        _both(right, left, ordered=True, max_gaps=gaps),
        _both(left, right, ordered=False, max_gaps=0),
    ]
    return _anywhere({"any_of": {"intervals": ways}})


def _anywhere(interval: Json) -> Json:
    return _any([{"intervals": {field: interval}} for field in TEXT_FIELDS])


def _interval(phrase: tuple[str, ...]) -> Json:
    return {"match": {"query": " ".join(phrase), "ordered": True, "max_gaps": 0}}


def _both(first: Json, second: Json, *, ordered: bool, max_gaps: int) -> Json:
    return {"all_of": {"intervals": [first, second], "ordered": ordered, "max_gaps": max_gaps}}


def _range(between: Between) -> Json:
    limits = bounds(between)
    sides = {"gte": limits.low, "lte": limits.high}
    given = {side: value for side, value in sides.items() if value is not None}
    return {"range": {between.field: given}} if given else {"exists": {"field": between.field}}


def _any(parts: Sequence[Json]) -> Json:
    if not parts:
        return {"match_none": {}}
    return {"bool": {"should": list(parts), "minimum_should_match": 1}}


def _unranked(query: Json) -> Json:
    return {"constant_score": {"filter": query, "boost": 0.0}}
