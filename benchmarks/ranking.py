"""How well the embedded index ranks: nDCG@10 on judged queries, beside plain BM25.

Usage: python -m benchmarks.ranking

Peer: SQLite FTS5 on the same words, title and text as two columns, its own BM25, all words of a
query joined by OR (what a multi-match query does). Documents and grades: benchmarks/ranking.yml.
"""

from __future__ import annotations

import math
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import yaml
from attrs import frozen

from domain.queries import SearchDocument, SearchRequest
from indexer.backends.embedded import EmbeddedIndex
from indexer.language import parse
from language.tokens import segmenter, words

FILE = Path(__file__).parent / "ranking.yml"
DEPTH = 10
NOON = datetime(2026, 3, 1, 4, tzinfo=UTC)


@frozen(kw_only=True)
class Judged:
    """A query and the grades of the documents (by id) that are worth something to its asker."""

    expression: str
    grades: Mapping[str, int]


def main() -> None:
    """Print both figures."""
    documents, queries = read()
    with tempfile.TemporaryDirectory() as folder:
        ours = scores_of_index(Path(folder), documents, queries)
        theirs = scores_of_peer(documents, queries)
    print(f"{len(queries)} queries, {len(documents)} documents, one judge")
    print(f"embedded index\tnDCG@{DEPTH} {mean(ours):.3f}\tworst {min(ours):.3f}")
    print(f"plain BM25 (FTS5)\tnDCG@{DEPTH} {mean(theirs):.3f}\tworst {min(theirs):.3f}")
    for judged, mine, other in zip(queries, ours, theirs, strict=True):
        if mine < 0.85:
            print(f"low\t{judged.expression}\t{mine:.3f}\t(BM25 {other:.3f})")


def read() -> tuple[list[SearchDocument], list[Judged]]:
    """Documents and judged queries of the file."""
    documents, queries = [], []
    for name, topic in yaml.safe_load(FILE.read_text("utf-8"))["topics"].items():
        ids = [f"{name}-{place}" for place, _ in enumerate(topic["documents"])]
        documents += [
            _document(id_, *pair) for id_, pair in zip(ids, topic["documents"], strict=True)
        ]
        for expression, grades in topic["queries"].items():
            kept = {id_: grade for id_, grade in zip(ids, grades, strict=True) if grade}
            queries.append(Judged(expression=str(expression), grades=kept))
    return documents, queries


def scores_of_index(
    folder: Path, documents: Sequence[SearchDocument], queries: Sequence[Judged]
) -> list[float]:
    """nDCG of every query on the embedded index."""
    index = EmbeddedIndex(folder, segmenter())
    index.rebuild(documents)
    return [
        ndcg([hit.id for hit in index.search(SearchRequest(query=parse(q.expression))).hits], q)
        for q in queries
    ]


def scores_of_peer(documents: Sequence[SearchDocument], queries: Sequence[Judged]) -> list[float]:
    """nDCG of every query by plain BM25."""
    peer = sqlite3.connect(":memory:")
    peer.execute("CREATE VIRTUAL TABLE d USING fts5(id UNINDEXED, title, text)")
    rows = ((one.id, _words(one.title), _words(one.text)) for one in documents)
    peer.executemany("INSERT INTO d VALUES (?, ?, ?)", rows)
    found = []
    for judged in queries:
        match = " OR ".join(f'"{word}"' for word in words(segmenter(), judged.expression))
        ranked = "SELECT id FROM d WHERE d MATCH ? ORDER BY rank LIMIT 10"
        found.append(ndcg([row[0] for row in peer.execute(ranked, (match,))], judged))
    return found


def ndcg(ids: Sequence[str], judged: Judged) -> float:
    """Normalised discounted cumulative gain with gains 2^grade - 1 (Burges et al. 2005)."""
    best = sorted(judged.grades.values(), reverse=True)[:DEPTH]
    return _gain([judged.grades.get(id_, 0) for id_ in ids[:DEPTH]]) / _gain(best)


def mean(values: Sequence[float]) -> float:
    """The arithmetic mean."""
    return sum(values) / len(values)


def _gain(grades: Sequence[int]) -> float:
    return sum((pow(2.0, grade) - 1) / math.log2(n + 2) for n, grade in enumerate(grades))


def _words(text: str) -> str:
    return " ".join(words(segmenter(), text))


def _document(id_: str, title: str, text: str) -> SearchDocument:
    return SearchDocument(
        id=id_,
        url=f"http://a.test/{id_}",
        title=title,
        text=text,
        site="a.test",
        source="",
        kind="article",
        verdict="",
        types=(),
        region="",
        offices=(),
        subject="",
        outcome="ok",
        identifiers=(),
        captured_at=NOON,
        published_at=None,
        score=0.0,
    )


if __name__ == "__main__":
    main()
