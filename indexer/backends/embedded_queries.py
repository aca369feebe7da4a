"""What the embedded index holds, and queries in its terms."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import tantivy
from tantivy import FieldType, Occur
from tantivy import Query as TantivyQuery

from domain.ports import Segmenter
from domain.queries import (
    KEYWORD_FIELDS,
    MOMENT_FIELDS,
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
from indexer.terms import (
    PHRASE_FIELDS,
    TEXT_FIELDS,
    asked,
    bigrams_field,
    compact_field,
    near_placings,
    title_field,
    words_field,
)
from indexer.values import bounds, keyword_field, keyword_values, milliseconds, month_start

TOKENS = "tokens"
"""Name of the analyzer that splits at blanks; registered whenever the index is opened."""


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("id", stored=True, tokenizer_name="raw", index_option="basic")
    builder.add_integer_field("tie", fast=True)
    builder.add_text_field("words", tokenizer_name=TOKENS, index_option="freq")
    builder.add_text_field("title", tokenizer_name=TOKENS, index_option="freq")
    for name in PHRASE_FIELDS:
        builder.add_text_field(name, tokenizer_name=TOKENS)
    for name in KEYWORD_FIELDS:
        builder.add_text_field(name, fast=True, tokenizer_name="raw", index_option="basic")
    for name in MOMENT_FIELDS:
        builder.add_integer_field(name, indexed=True, fast=True)
    builder.add_float_field("score", indexed=True, fast=True)
    return builder.build()


SCHEMA = _schema()
"""Fields of an index; a change of them takes a new name of the layout."""


def row(segmenter: Segmenter, document: SearchDocument) -> tantivy.Document:
    """The document as it is written; `tie` orders hits that are alike."""
    made = tantivy.Document(
        id=document.id,
        tie=int(hashlib.sha256(document.id.encode()).hexdigest()[:15], 16),
        words=words_field(segmenter, document.text),
        title=words_field(segmenter, document.title),
        bigrams=bigrams_field(document.text),
        compact=compact_field(document.text),
        title_bigrams=title_field(document.title),
        captured_at=milliseconds(document.captured_at),
        score=float(document.score),
    )
    if document.published_at is not None:
        made.add_integer("published_at", milliseconds(document.published_at))
    for name, values in keyword_values(document).items():
        for value in values:
            made.add_text(name, value)
    return made


def with_ids(ids: Sequence[str]) -> TantivyQuery:
    """Documents with these ids."""
    return _unranked(TantivyQuery.term_set_query(SCHEMA, "id", list(ids)))


def captured_before(month: str) -> TantivyQuery:
    """Documents captured in China before a month."""
    last = month_start(month) - 1
    return TantivyQuery.range_query(SCHEMA, "captured_at", FieldType.Integer, None, last)


def narrowed(segmenter: Segmenter, query: Query, among: Sequence[str] | None) -> TantivyQuery:
    """The question for the engine, asked of the documents `among` only where they are given."""
    asked_for = translated(segmenter, query)
    if among is None:
        return asked_for
    return TantivyQuery.boolean_query([(Occur.Must, asked_for), (Occur.Must, with_ids(among))])


def translated(segmenter: Segmenter, query: Query) -> TantivyQuery:
    """The same question for the engine. Raises PermanentError for fields or values it lacks."""
    match query:
        case And(parts=parts) if parts:
            every = [(Occur.Must, translated(segmenter, part)) for part in parts]
            return TantivyQuery.boolean_query(every)
        case Or(parts=parts):
            return _any([translated(segmenter, part) for part in parts])
        case Not(part=part):
            excluded = (Occur.MustNot, translated(segmenter, part))
            everything = (Occur.Must, _unranked(TantivyQuery.all_query()))
            return TantivyQuery.boolean_query([everything, excluded])
        case And() | Everything():
            return TantivyQuery.all_query()
        case Text(words=words):
            return _text(segmenter, words)
        case _:
            return _exact(query)


def _exact(query: Near | Equals | Between) -> TantivyQuery:
    match query:
        case Near():
            return _anywhere(TEXT_FIELDS, near_placings(query))
        case Equals(field=field, value=value):
            return _unranked(TantivyQuery.term_query(SCHEMA, keyword_field(field), value))
        case Between():
            return _unranked(_range(query))


def _text(segmenter: Segmenter, text: str) -> TantivyQuery:
    wanted = asked(segmenter, text)
    if not wanted.phrase:
        return _any(_ranking(wanted.words))
    phrase = _anywhere(PHRASE_FIELDS, [tuple(enumerate(wanted.phrase))])
    must = (Occur.Must, TantivyQuery.const_score_query(phrase, 1.0))
    return TantivyQuery.boolean_query(
        [must, *((Occur.Should, part) for part in _ranking(wanted.words))]
    )


def _ranking(words: Sequence[str]) -> list[TantivyQuery]:
    fields = ("words", "title")
    return [TantivyQuery.term_query(SCHEMA, field, word) for field in fields for word in words]


def _anywhere(
    fields: Sequence[str], placings: Sequence[tuple[tuple[int, str], ...]]
) -> TantivyQuery:
    return _any([_phrase(field, placed) for field in fields for placed in placings])


def _phrase(field: str, placed: tuple[tuple[int, str], ...]) -> TantivyQuery:
    if len(placed) == 1:
        return TantivyQuery.term_query(SCHEMA, field, placed[0][1])
    return TantivyQuery.phrase_query(SCHEMA, field, list(placed))


def _range(between: Between) -> TantivyQuery:
    limits = bounds(between)
    if limits.low is None and limits.high is None:
        return TantivyQuery.exists_query(between.field)
    kind = FieldType.Integer if between.field in MOMENT_FIELDS else FieldType.Float
    return TantivyQuery.range_query(SCHEMA, between.field, kind, limits.low, limits.high)


def _any(parts: Sequence[TantivyQuery]) -> TantivyQuery:
    if not parts:
        return TantivyQuery.empty_query()
    return TantivyQuery.boolean_query([(Occur.Should, part) for part in parts])


def _unranked(query: TantivyQuery) -> TantivyQuery:
    return TantivyQuery.const_score_query(query, 0.0)
