"""What enters the text fields of the index, and what is asked of them.

Four fields, all lists of tokens joined by blanks so that any engine can split them again:
`words` for ranking and for one-character queries, `bigrams` (one token a position) so that every
substring of two or more characters is a phrase, `compact`, the bigrams of the text without the
fillers that break its words up, empty where there are none, and `title_bigrams`, both for the
title. Phrases near each other are looked for in the text only.
"""

from __future__ import annotations

from itertools import zip_longest

from attrs import frozen

from domain.errors import PermanentError
from domain.ports import Segmenter
from domain.queries import Near
from language.normalise import compact, normalise
from language.tokens import bigrams, words

TEXT_FIELDS = ("bigrams", "compact")
"""Where phrases near each other are looked for."""

PHRASE_FIELDS = (*TEXT_FIELDS, "title_bigrams")
"""Where phrases are looked for."""

MAX_DISTANCE = 200
MAX_PHRASE = 400

# Blanks are part of a substring but separate tokens; the normaliser removes these two
# non-characters from every text, so nothing else can be meant by them.
_BLANKS = str.maketrans({" ": "\ufdd0", "\n": "\ufdd1"})


@frozen(kw_only=True)
class Asked:
    """What a `Text` asks of the fields: `phrase` are neighbouring bigrams that must all be there
    in order, none for one character; `words` rank, and for one character decide."""

    phrase: tuple[str, ...]
    words: tuple[str, ...]


def words_field(segmenter: Segmenter, text: str) -> str:
    """The words of a text, joined by blanks."""
    return " ".join(words(segmenter, text))


def bigrams_field(text: str) -> str:
    """The bigrams of a text, joined by blanks."""
    letters = normalise(text).text.translate(_BLANKS)
    return " ".join(a + b for a, b in zip_longest(letters, letters[1:], fillvalue=""))


def compact_field(text: str) -> str:
    """The bigrams of the text without fillers; nothing when it has none."""
    whole = compact(text).text
    return "" if whole == normalise(text).text else bigrams_field(whole)


def title_field(title: str) -> str:
    """The bigrams of a title as it is and without fillers. No phrase reaches from one into the
    other, because the last character of each stands alone."""
    return f"{bigrams_field(title)} {compact_field(title)}".strip()


def asked(segmenter: Segmenter, text: str) -> Asked:
    """How to find a text; both parts are empty when nothing of it is left to look for."""
    return Asked(phrase=phrase(text), words=tuple(dict.fromkeys(words(segmenter, text))))


def phrase(text: str) -> tuple[str, ...]:
    """The bigrams that `text` has wherever it stands; none when it is one character or empty."""
    tokens = [token.translate(_BLANKS) for token in bigrams(text)[:-1]]
    if len(tokens) > MAX_PHRASE:
        raise PermanentError(f"检索词太长，最多{MAX_PHRASE}个字")
    return tuple(tokens)


def near_phrases(near: Near) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The phrases on both sides. Raises PermanentError where engines could not answer exactly."""
    if not 0 <= near.distance <= MAX_DISTANCE:
        raise PermanentError(f"“近/n”的距离须在0到{MAX_DISTANCE}之间")
    left, right = phrase(near.left), phrase(near.right)
    if not left or not right:
        raise PermanentError("“近/n”两边的词各须至少两个字")
    return left, right


def near_placings(near: Near) -> list[tuple[tuple[int, str], ...]]:
    """Every way in which both phrases may stand to each other, as tokens with their positions.

    Phrases that overlap are at distance 0.
    """
    left, right = near_phrases(near)
    placings = []
    for shift in range(-len(right) - 1 - near.distance, len(left) + 2 + near.distance):
        first = max(0, -shift)
        placed = {first + place: token for place, token in enumerate(left)}
        other = {first + shift + place: token for place, token in enumerate(right)}
        if all(placed.get(place, token) == token for place, token in other.items()):
            placings.append(tuple(sorted((placed | other).items())))
    return placings
