"""Count what ordinary Chinese text holds, for language/ordinary.npz.

Usage: python -m tools.ordinary_text CORPORA   (a folder with corpus_*.jsonl.gz)

Strings that resemble a term of the rulebook and stand in lawful or general text are ordinary.
Everyday are terms of two characters that medicine and its advertising use hardly more than others.
Records whose id ends in one of HELD are left out, so that the gate of the tests can read them.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from classifiers import rulebook, voice
from classifiers.reading import Reader
from language import ordinary
from language.disguises import Disguises
from language.normalise import compact

HELD = "01"
_MEDICAL, _GENERAL = "corpus_lawful_medical.jsonl.gz", "corpus_general.jsonl.gz"
_ADVERTISING = "corpus_medical_ads.jsonl.gz"
_OFTEN = 10
_MUCH_MORE = 2.0
_SLIPS = 0.02
_SLIPS_OF_TWO = 0.002
_USUAL = 5


def main() -> None:
    """Write the filter."""
    corpora = Path(sys.argv[1])
    book = rulebook.load()
    words = frozenset(Reader(book, voice.load(book.lexicon)).scanner.words)
    disguises = Disguises(words)
    found: Counter[str] = Counter()
    resembled: dict[str, tuple[str, ...]] = {}
    counts: dict[str, Counter[str]] = {}
    for name in (_MEDICAL, _GENERAL, _ADVERTISING):
        counts[name] = Counter()
        for text in _texts(corpora / name):
            counts[name].update(disguises.terms_in(text))
            if name != _ADVERTISING:  # it may hold the very disguises that are to be found
                for written, terms in disguises.doubtful(text):
                    found[written] += 1
                    resembled[written] = terms
    known = counts[_MEDICAL] + counts[_GENERAL]
    strings = [s for s, n in found.items() if not _slip(s, n, resembled[s], known)]
    everyday = list(_everyday(words, counts))
    ordinary.save(ordinary.build(sorted(strings), sorted(everyday)))
    print(f"{len(strings)} ordinary strings, {len(everyday)} everyday terms")


def _texts(path: Path) -> Iterator[str]:
    with gzip.open(path, "rb") as lines:
        for line in lines:
            row = json.loads(line)
            if row["id"][-1] not in HELD:
                yield compact(row["text"]).text


def _slip(written: str, count: int, terms: tuple[str, ...], known: Counter[str]) -> bool:
    """Whether a string is but a rare slip for a term that differs in few characters.

    A run of letters is ordinary only when it is usual.
    """
    if not terms:
        return count < _USUAL
    share = _SLIPS if len(written) > 2 else _SLIPS_OF_TWO
    return any(
        sum(one != other for one, other in zip(written, term, strict=True)) <= len(term) // 2
        and count <= known[term] * share
        for term in terms
    )


def _everyday(terms: Iterable[str], counts: Mapping[str, Counter[str]]) -> Iterator[str]:
    """Two-character terms that medicine and its advertising do not use much more than others."""
    general, ours = counts[_GENERAL], counts[_MEDICAL] + counts[_ADVERTISING]
    for term in terms:
        share, elsewhere = ours[term] / ours.total(), general[term] / general.total()
        telling = ours[term] >= _OFTEN and share >= _MUCH_MORE * elsewhere
        if len(term) == 2 and not telling:
            yield term


if __name__ == "__main__":
    main()
