"""How fast text is normalised, plainly and with disguises undone, against a plain peer.

Usage: python -m benchmarks.normalising
"""

from __future__ import annotations

import unicodedata

import opencc
from rich.console import Console
from rich.table import Table

from benchmarks.reading import seconds, texts_of_pages
from classifiers import rulebook, voice
from classifiers.reading import Reader
from language.disguises import of_terms
from language.normalise import compact, normalise

PEER = "unicodedata NFKC + OpenCC t2s alone (no offsets)"


def main() -> None:
    """Print the table of docs/benchmarks.md."""
    texts = texts_of_pages()
    size = sum(len(text.encode()) for text in texts) / 1e6
    book = rulebook.load()
    disguises = of_terms(Reader(book, voice.load(book.lexicon)).scanner.words)
    simplify = opencc.OpenCC("t2s").convert
    peer = seconds(lambda: [simplify(unicodedata.normalize("NFKC", text)) for text in texts])
    stages = {
        "plain stages (NFKC, case, script, blanks; offsets)": lambda: [*map(normalise, texts)],
        "and fillers": lambda: [*map(compact, texts)],
        "all stages (disguises undone)": lambda: [
            disguises.view(disguises.laid_out(text)) for text in texts
        ],
    }
    table = Table(title=f"{len(texts)} farm pages, {size:.2f} MB of text, one core; peer: {PEER}")
    for column in ("what", "MB/s", "peer MB/s", "ratio"):
        table.add_column(column)
    for what, work in stages.items():
        ours = seconds(work)
        table.add_row(what, f"{size / ours:.2f}", f"{size / peer:.2f}", f"{peer / ours:.2f}")
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
