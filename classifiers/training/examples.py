"""What training reads: sentences with what they violate, from our own texts and from corpora.

The corpora stay where the caller has them; only `texts/` is part of this package.
"""

from __future__ import annotations

import gzip
import json
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from pathlib import Path
from typing import Any

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from classifiers.model import VIOLATES
from classifiers.rulebook import Rulebook
from language.normalise import compact
from language.segments import segments

OWN = Path(__file__).with_name("texts")
MARKS = Path(__file__).with_name("marks.jsonl")
HELD = "held"
SHARES = 6
FEWEST = 15
"""A type with fewer examples than this is left to the rules."""

_ADS = ("labels_ads.jsonl", "corpus_medical_ads.jsonl.gz")
_LAWFUL = ("corpus_lawful_medical.jsonl.gz", "corpus_general.jsonl.gz")
_PENALISED = "ads_penalised_tw.jsonl.gz"
_HELD_DIGITS = "01"
_OWN_WEIGHT = 3.0
_OWN_IMPORTANCE = 1.5
_FOREIGN_IMPORTANCE = 0.5


@frozen(kw_only=True)
class Sources:
    """Where the training data lies: our own texts, and the corpora (None: without them).

    Of the lawful corpora one record in `keep` is taken.
    """

    own: Path = OWN
    corpora: Path | None = None
    keep: int = 24


@frozen(kw_only=True)
class Example:
    """One sentence in normal form. `types` are the slugs it violates.

    `violates` may hold without a type (a violation outside the slugs); `typed` is false where
    nobody said which. `source` is the site or set it comes from, `held` keeps it out of training.
    """

    text: str
    types: frozenset[str]
    violates: bool
    source: str
    kind: str
    typed: bool = True
    held: bool = False
    weight: float = 1.0


@frozen(kw_only=True)
class Passage:
    """A piece of a page with what a person marked in it: start, end, code."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    source: str
    kind: str


def heads(examples: Sequence[Example], rulebook: Rulebook) -> tuple[str, ...]:
    """What a model answers: whether a sentence violates, and each type with enough examples."""
    seen = Counter(slug for example in examples for slug in example.types)
    return (VIOLATES, *(rule.slug for rule in rulebook.active if seen[rule.slug] >= FEWEST))


def targets(
    examples: Sequence[Example], heads: Sequence[str]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """What each head should answer, and whether that counts: 0 where nobody said which type."""
    wanted = np.array(
        [[e.violates, *(head in e.types for head in heads[1:])] for e in examples],
        dtype=np.float32,
    )
    counts = np.repeat(np.array([[e.typed] for e in examples], np.float32), len(heads), axis=1)
    counts[:, 0] = 1
    return wanted, counts


def importance(examples: Sequence[Example]) -> NDArray[np.float32]:
    """How much each example counts with the transformer and the blend.

    Less far from one than `weight`, which the linear model needs to hear our few texts at all.
    """
    return np.array(
        [
            _OWN_IMPORTANCE
            if e.source.startswith("own_")
            else 1.0
            if e.typed
            else _FOREIGN_IMPORTANCE
            for e in examples
        ],
        dtype=np.float32,
    )


def development(examples: Sequence[Example], seed: int) -> NDArray[np.bool_]:
    """Which examples choose thresholds and never train: about a sixth of what every kind has.

    Sites go whole, texts of our own and of corpora one by one. Of six shares of like size the one
    with the most sites is taken.
    """
    sizes = Counter(e.source for e in examples if "/" in e.source)
    order = sorted(sizes)
    random.Random(seed).shuffle(order)  # noqa: S311 - dealing, not a secret
    shares: list[list[str]] = [[] for _ in range(SHARES)]
    for site in sorted(order, key=lambda name: -sizes[name]):
        min(shares, key=lambda share: sum(sizes[name] for name in share)).append(site)
    chosen = frozenset(sorted(shares, key=len)[-1])
    return np.array(
        [
            e.source in chosen
            if "/" in e.source
            else zlib.crc32(f"{seed}{e.text}".encode()) % SHARES == 0
            for e in examples
        ]
    )


def gather(sources: Sources) -> list[Example]:
    """All examples, in a fixed order."""
    examples = list(own(sources.own))
    if sources.corpora is not None:
        examples += labelled_ads(sources.corpora)
        examples += penalised(sources.corpora)
        examples += lawful(sources.corpora, sources.keep)
    return examples


def own(directory: Path) -> Iterator[Example]:
    """Our own texts: whole rows are lawful, or violate in the sentence that holds the quote."""
    for path in sorted(directory.glob("*.jsonl")):
        for row in rows(path):
            types = row.get("types", ())
            at = row["text"].find(row["quote"]) if types else 0
            spans = [(at, at + len(row["quote"]), slug) for slug in types]
            for example in _sentences(
                row["text"],
                spans=spans,
                source=f"own_{path.stem}",
                kind=row.get("style") or row.get("voice", ""),
                held=row["split"] == HELD,
                weight=_OWN_WEIGHT,
            ):
                if example.violates or not types:
                    yield example


def labelled_ads(corpora: Path) -> Iterator[Example]:
    """The marked passages of real sites, sentence by sentence."""
    for passage in passages(corpora):
        yield from _sentences(
            passage.text,
            spans=passage.spans,
            source=passage.source,
            kind=passage.kind,
            held=False,
        )


def passages(corpora: Path) -> Iterator[Passage]:
    """The passages of real sites that the corpora or we have marked, whole."""
    labels = {row["id"]: row for path in (MARKS, corpora / _ADS[0]) for row in rows(path)}
    for row in rows(corpora / _ADS[1]):
        label = labels.get(row["id"])
        if label is not None:
            yield Passage(
                text=row["text"],
                spans=tuple((s["start"], s["end"], s["code"]) for s in label["spans"]),
                source=row["src"],
                kind=label["kind"],
            )


def unmarked(corpora: Path, without: Set[str]) -> list[str]:
    """Sentences of the passages that nobody marked, each once, of all sites but these."""
    marks = {row["id"] for path in (MARKS, corpora / _ADS[0]) for row in rows(path)}
    texts = {
        sentence
        for row in rows(corpora / _ADS[1])
        if row["id"] not in marks and row["src"] not in without
        for sentence in _texts(row["text"])
    }
    return sorted(texts)


def penalised(corpora: Path) -> Iterator[Example]:
    """Penalised advertisements of another law: claims, but of no slug of ours for certain."""
    for row in rows(corpora / _PENALISED):
        _, _, claims = row["text_s"].partition("\n")
        for sentence in _texts(claims):
            yield Example(
                text=sentence,
                types=frozenset(),
                violates=True,
                source="penalised_tw",
                kind="penalised",
                typed=False,
                weight=0.3,
            )


def lawful(corpora: Path, keep: int) -> Iterator[Example]:
    """Sentences of laws, doctors' articles, questions, news, reviews and other trades."""
    for name in _LAWFUL:
        for row in rows(corpora / name):
            held = row["id"][0] in _HELD_DIGITS
            if held or int(row["id"][1:5], 16) % keep == 0:
                for sentence in _texts(row["text"]):
                    yield Example(
                        text=sentence,
                        types=frozenset(),
                        violates=False,
                        source=name.split(".")[0],
                        kind=row["kind"],
                        held=held,
                    )


def held_lawful(corpora: Path, most: int) -> dict[str, list[str]]:
    """At most `most` whole records of each lawful corpus that no training sees."""
    kept = {
        name: [row["text"] for row in rows(corpora / name) if row["id"][0] in _HELD_DIGITS]
        for name in _LAWFUL
    }
    return {
        name.split(".")[0]: texts[:: max(1, len(texts) // most)] for name, texts in kept.items()
    }


def rows(path: Path) -> Iterator[Mapping[str, Any]]:
    """The records of a JSON-lines file, packed or not."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as lines:
        for line in lines:
            yield json.loads(line)


def _texts(text: str) -> Iterator[str]:
    view = compact(text)
    for segment in segments(text):
        start, end = view.norm_span(segment.start, segment.end)
        yield view.text[start:end]


def _sentences(
    text: str,
    *,
    spans: Iterable[tuple[int, int, str]],
    source: str,
    kind: str,
    held: bool,
    weight: float = 1.0,
) -> Iterator[Example]:
    view, spans = compact(text), list(spans)
    for segment in segments(text):
        codes = {code for start, end, code in spans if start < segment.end and segment.start < end}
        start, end = view.norm_span(segment.start, segment.end)
        yield Example(
            text=view.text[start:end],
            types=frozenset(codes),
            violates=bool(codes),
            source=source,
            kind=kind,
            held=held,
            weight=weight,
        )
