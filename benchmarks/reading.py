"""How fast text is read: normaliser, phrase scan and judge, each against a plain peer.

Usage: python -m benchmarks.reading
"""

from __future__ import annotations

import time
import unicodedata
from collections.abc import Callable
from datetime import UTC, datetime

import opencc
from rich.console import Console
from rich.table import Table

from classifiers import policy, rulebook
from classifiers.judge import Judge
from language.normalise import normalise
from sitefarm.world import build

NOW = datetime(2026, 3, 2, tzinfo=UTC)
REPEATS = 3
PAGES = 1000


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    texts = texts_of_pages()
    size = sum(len(text.encode()) for text in texts) / 1e6
    book = rulebook.load()
    judge = Judge(book, policy.load())
    words = sorted({word for members in book.lexicon.words.values() for word in members})
    simplify = opencc.OpenCC("t2s").convert
    rows = [
        (
            "normalise (offsets kept)",
            "unicodedata NFKC + OpenCC t2s (no offsets)",
            seconds(lambda: [normalise(text) for text in texts]),
            seconds(lambda: [simplify(unicodedata.normalize("NFKC", t)) for t in texts]),
        ),
        (
            "judge (rules, voice, model)",
            "keyword list: `word in text` for every word of the rulebook (no voice, no offsets)",
            seconds(lambda: [judge.judge_text(text, captured_at=NOW) for text in texts]),
            seconds(lambda: [[word in text for word in words] for text in texts]),
        ),
    ]
    table = Table(title=f"{len(texts)} farm pages, {size:.2f} MB of text, one core")
    for column in ("what", "MB/s", "pages/s", "peer", "peer MB/s", "ratio"):
        table.add_column(column)
    for what, peer, ours, theirs in rows:
        table.add_row(
            what,
            f"{size / ours:.2f}",
            f"{len(texts) / ours:.0f}",
            peer,
            f"{size / theirs:.2f}",
            f"{theirs / ours:.2f}",
        )
    Console(width=160).print(table)


def texts_of_pages() -> list[str]:
    pages = (page for site in build("benchmark").sites.values() for page in site.pages.values())
    texts = ("\n".join(s.text for paragraph in page.body(0) for s in paragraph) for page in pages)
    return [text for text in texts if text][:PAGES]


def seconds(work: Callable[[], object]) -> float:
    """Processor time of the best of a few runs after a warm-up."""
    work()
    best = float("inf")
    for _ in range(REPEATS):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


if __name__ == "__main__":
    main()
