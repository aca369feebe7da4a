"""Count what ordinary Chinese text holds, for language/ordinary.npz and language/words.txt.

Usage: python -m tools.ordinary_text CORPORA   (a folder with corpus_*.jsonl.gz)

Strings that resemble a term of the rulebook and stand in lawful or general text are ordinary.
Everyday are terms of two characters that medicine and its advertising use hardly more than others.
Words are those that advertising of medicine, in our own texts and in the corpora, uses often.
Records whose id ends in one of HELD are left out, so that the gate of the tests can read them.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import rjieba

from classifiers import rulebook, voice
from classifiers.reading import Reader
from language import ordinary
from language.disguises import WORDS, Disguises
from language.normalise import compact
from language.tokens import segmenter

HELD = "01"
_MEDICAL, _GENERAL = "corpus_lawful_medical.jsonl.gz", "corpus_general.jsonl.gz"
_ADVERTISING = "corpus_medical_ads.jsonl.gz"
_OWN = Path("classifiers/training/texts")
_HAN = re.compile("[\u4e00-\u9fff]+")
_IN_OWN, _IN_THEIRS = 3, 100
_OFTEN = 10
_MUCH_MORE = 2.0
_SLIPS = 0.02
_SLIPS_OF_TWO = 0.002
_USUAL = 5


def main() -> None:
    """Write the filter."""
    corpora = Path(sys.argv[1])
    book = rulebook.load()
    terms = Reader(book, voice.load(book.lexicon)).scanner.words
    _write_words(corpora, frozenset(terms))
    disguises = Disguises(terms)
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
    everyday = list(_everyday(disguises.terms, counts))
    ordinary.save(ordinary.build(sorted(strings), sorted(everyday)))
    print(f"{len(strings)} ordinary strings, {len(everyday)} everyday terms")


def _write_words(corpora: Path, terms: frozenset[str]) -> None:
    """Words of two to four characters that a dictionary has and advertisers use."""
    own = Counter(word for text in _own() for word in segmenter().cut(text))
    theirs = Counter(w for t in _texts(corpora / _ADVERTISING) for w in segmenter().cut(t))
    usual = {word for word, count in own.items() if count >= _IN_OWN}
    usual |= {word for word, count in theirs.items() if count >= _IN_THEIRS}
    kept = (w for w in usual - terms if 2 <= len(w) <= 4 and _HAN.fullmatch(w))
    words = sorted(word for word in kept if rjieba.has_word(word))
    WORDS.write_text("\n".join(words) + "\n", encoding="utf-8")


def _own() -> Iterator[str]:
    for path in sorted(_OWN.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["text"]


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
