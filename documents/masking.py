"""Private persons made unrecognisable, character for character.

Masked are numbers of identity documents and of patients' records, names in places that say that
a patient, a customer, a parent or a child is meant, and telephones with a private owner. What a
business says about itself, its doctors and its staff stays clear: clues are grouped by it.
"""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from documents.private_names import private_names
from documents.private_numbers import Span, private_numbers
from domain.pages import Block, Document

STAR = "*"
"""One for each character taken away."""

_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# No database keeps them, and a hostile page may hold them.
_UNKEPT = dict.fromkeys([0, *range(0xD800, 0xE000)], "\ufffd")


def mask(text: str) -> str:
    """`text` with stars in place of what is private; its length, in code points, stays.

    Masking what is masked changes nothing. Characters that cannot be stored (NUL, lone
    surrogates) become U+FFFD.
    """
    kept = text.translate(_UNKEPT)
    while (shown := _starred(kept)) != kept:  # a name that is gone may lay another bare
        kept = shown
    return kept


def masked(document: Document) -> Document:
    """The document as it may be stored; all offsets hold.

    A telephone that was masked is no identifier any more, nor the target of a link.
    """
    text = mask(document.text)
    private = _private_values(document, text)
    links = (link for link in document.links if not any(value in link.url for value in private))
    return evolve(
        document,
        text=text,
        title=mask(document.title),
        blocks=tuple(_block(block, document.text, text) for block in document.blocks),
        links=tuple(evolve(link, text=mask(link.text)) for link in links),
        identifiers=tuple(one for one in document.identifiers if one.value not in private),
    )


def _private_values(document: Document, shown: str) -> set[str]:
    """Identifiers that stand only where something was masked."""
    hidden: set[str] = set()
    clear: set[str] = set()
    for one in document.identifiers:
        if one.start >= 0:
            is_clear = document.text[one.start : one.end] == shown[one.start : one.end]
            (clear if is_clear else hidden).add(one.value)
    return hidden - clear


def _block(block: Block, before: str, after: str) -> Block:
    if before[block.start : block.end] == block.text:
        return evolve(block, text=after[block.start : block.end])
    return evolve(block, text=mask(block.text))


def _starred(text: str) -> str:
    letters = list(text)
    for start, end in _private(text.translate(_PLAIN)):
        letters[start:end] = STAR * (end - start)
    return "".join(letters)


def _private(plain: str) -> Iterator[Span]:
    yield from private_numbers(plain)
    yield from private_names(plain)
