"""How fast documents are indexed and found, beside plain peers in the same run.

Usage: python -m benchmarks.searching [--documents 100000] [--elasticsearch URL]

Documents of 200 characters are made from a seed. Embedded: the time of one page of 20 hits with
the total, over 600 queries of six kinds, beside SQLite FTS5 (the same words, ranked by its own
BM25). Elasticsearch: documents per second in bulk, beside a plain index of the same server
(standard analyzer, one text field); the client shares its two cores. A page about the numbers
is docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import random
import secrets
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from importlib import resources
from itertools import accumulate
from pathlib import Path

from elasticsearch import Elasticsearch
from elasticsearch.helpers import bulk

from domain.queries import SearchDocument, SearchRequest
from indexer.backends.elasticsearch import ElasticsearchIndex
from indexer.backends.embedded import EmbeddedIndex
from indexer.batches import batches
from indexer.language import parse
from language.tokens import segmenter, words

FIRST = datetime(2026, 1, 1, tzinfo=UTC)
LENGTH = 200
QUERIES = 100
BATCH = 2000
COMMON = 20_000
CLAIMS = segmenter().cut(
    "本院采用国际领先技术治疗牛皮癣糖尿病高血压鼻炎失眠白癜风康复专家教授亲诊预约热线免费咨询复发根治"
    "无效退款承诺疗效显著患者好评中医祖传秘方微创美容双眼皮玻尿酸注射隆鼻吸脂植发优惠价格套餐健康科普"
)
KINDS = ("根治", "糖尿病 且 免费", "“无效退款”", "专家 近/10 预约", "植发 判定:CLUE", "根治 -复发")


def main() -> None:
    """Run what is asked for and print the rows."""
    options = argparse.ArgumentParser()
    options.add_argument("--documents", type=int, default=100_000)
    options.add_argument("--elasticsearch", help="URL of a server to write to")
    given = options.parse_args()
    if given.elasticsearch:
        served(given.elasticsearch, given.documents)
    else:
        embedded(given.documents)


def made(count: int) -> Iterator[SearchDocument]:
    """Words of jieba's dictionary in their frequencies; a third of the documents say claims too."""
    rng = random.Random(20260301)  # noqa: S311 - no secret
    vocabulary, weights = common_words()
    for number in range(count):
        text = "".join(rng.choices(CLAIMS, k=12)) + "。" if number % 3 == 0 else ""
        while len(text) < LENGTH:
            text += "".join(rng.choices(vocabulary, cum_weights=weights, k=8)) + rng.choice(
                "，。！"
            )
        yield SearchDocument(
            id=f"d{number:07}",
            url=f"http://a{number % 500}.test/{number}",
            title=text[:12],
            text=text[:LENGTH],
            site=f"a{number % 500}.test",
            source="",
            kind="article",
            verdict=("CLEAR", "REVIEW", "CLUE")[number % 3],
            types=(),
            region="320500",
            offices=(),
            subject="",
            outcome="ok",
            identifiers=(),
            captured_at=FIRST + timedelta(minutes=number),
            published_at=None,
            score=0.5,
        )


def common_words() -> tuple[list[str], list[int]]:
    """The most frequent words of the dictionary, and their frequencies, added up."""
    lines = resources.files("jieba").joinpath("dict.txt").read_text("utf-8").splitlines()
    entries = ((word, int(frequency)) for word, frequency, _ in map(str.split, lines))
    found = sorted(entries, key=lambda entry: -entry[1])[:COMMON]
    return [word for word, _ in found], list(accumulate(frequency for _, frequency in found))


def embedded(count: int) -> None:
    """Queries on the embedded index and on SQLite FTS5."""
    with tempfile.TemporaryDirectory() as folder:
        index = EmbeddedIndex(Path(folder) / "index", segmenter())
        rate = timed(lambda: index.rebuild(made(count)), count)
        peer = sqlite3.connect(Path(folder) / "peer.db")
        peer.execute("CREATE VIRTUAL TABLE d USING fts5(words, content='', tokenize='unicode61')")
        peer_rate = timed(lambda: fill(peer, count), count)
        print(f"index {count} documents: embedded {rate:.0f}/s, FTS5 {peer_rate:.0f}/s")
        ours, theirs = [], []
        for kind in KINDS:
            request = SearchRequest(query=parse(kind))
            word = " ".join(words(segmenter(), kind.split()[0].strip("“”")))
            mine = [seconds(lambda: index.search(request)) for _ in range(QUERIES)]  # noqa: B023 - called at once
            other = [seconds(lambda: peer_page(peer, word)) for _ in range(QUERIES)]  # noqa: B023 - called at once
            print(f"{kind}\tembedded p95 {p95(mine):.1f} ms\tFTS5 first word {p95(other):.1f} ms")
            ours += mine
            theirs += other
        print(f"all\tembedded p95 {p95(ours):.1f} ms\tFTS5 p95 {p95(theirs):.1f} ms")
        print(f"ratio\t{p95(ours) / p95(theirs):.2f}")


def fill(peer: sqlite3.Connection, count: int) -> None:
    """The words of the same documents."""
    rows = ((n, " ".join(words(segmenter(), one.text))) for n, one in enumerate(made(count)))
    peer.executemany("INSERT INTO d (rowid, words) VALUES (?, ?)", rows)
    peer.commit()


def peer_page(peer: sqlite3.Connection, word: str) -> None:
    """Twenty hits by BM25, and how many there are."""
    match = f'"{word}"'
    ranked = "SELECT rowid FROM d WHERE d MATCH ? ORDER BY rank LIMIT 20"
    peer.execute(ranked, (match,)).fetchall()
    peer.execute("SELECT count(*) FROM d WHERE d MATCH ?", (match,)).fetchall()


def served(url: str, count: int) -> None:
    """Bulk into a server, and a plain index of the same server."""
    prefix = f"bench-{secrets.token_hex(4)}"
    index = ElasticsearchIndex(url, prefix=prefix, segmenter=segmenter())
    client = Elasticsearch(url, request_timeout=60)
    try:
        index.rebuild(made(BATCH))  # the server's machine compiles what is used often
        rate = timed(lambda: index.rebuild(made(count)), count)
        plain = timed(lambda: fill_plain(client, f"{prefix}-plain", count), count)
        print(f"Elasticsearch bulk\tCluewatch {rate:.0f}/s\tplain text field {plain:.0f}/s")
        print(f"ratio\t{rate / plain:.2f}")
        taken = []
        for kind in KINDS:
            request = SearchRequest(query=parse(kind), facets=("site", "verdict"))
            taken += [seconds(lambda: index.search(request)) for _ in range(QUERIES)]  # noqa: B023 - called at once
        print(f"Elasticsearch search, two facets, {count} documents\tp95 {p95(taken):.1f} ms")
    finally:
        for name in client.indices.get(index=f"{prefix}-*"):
            client.indices.delete(index=name)


def fill_plain(client: Elasticsearch, name: str, count: int) -> None:
    """What a quick start would do."""
    client.indices.create(index=name, mappings={"properties": {"text": {"type": "text"}}})
    for batch in batches(made(count), BATCH):
        bulk(client, ({"_index": name, "_id": one.id, "text": one.text} for one in batch))
    client.indices.refresh(index=name)


def timed(work: Callable[[], object], count: int) -> float:
    """Items per second."""
    return count / seconds(work)


def seconds(work: Callable[[], object]) -> float:
    """How long it takes."""
    begin = time.perf_counter()
    work()
    return time.perf_counter() - begin


def p95(values: Sequence[float]) -> float:
    """The 95th percentile, in milliseconds."""
    return statistics.quantiles(values, n=20)[-1] * 1000


if __name__ == "__main__":
    main()
