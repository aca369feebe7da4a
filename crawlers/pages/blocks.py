"""Pieces of text collected in reading order, and the document text that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable

from attrs import frozen

from domain.pages import Block, Origin

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f]+")
_PRIVATE = re.compile("[\ue000-\uf8ff\U000f0000-\U0010ffff]")


@frozen(kw_only=True)
class Piece:
    """A paragraph-like piece before its place in the document text is known.

    `private` counts the private-use glyphs that were left out of `text`.
    """

    text: str
    origin: Origin
    path: str = ""
    boilerplate: bool = False
    linked: bool = False
    private: int = 0


def piece(
    raw: str,
    origin: Origin,
    path: str = "",
    *,
    boilerplate: bool = False,
    linked: bool = False,
) -> Piece | None:
    """Clean text as a piece: blanks folded into one space, private-use glyphs left out.

    None when nothing is left. `linked`: all of it stands in a link.
    """
    text, private = _PRIVATE.subn("", raw)
    text = _BLANK.sub(" ", text).strip()
    if not text and not private:
        return None
    return Piece(
        text=text,
        origin=origin,
        path=path,
        boilerplate=boilerplate,
        linked=linked,
        private=private,
    )


def joined(pieces: Iterable[Piece]) -> tuple[str, tuple[Block, ...]]:
    """The document text (pieces on lines of their own) and its blocks with exact offsets."""
    blocks: list[Block] = []
    start = 0
    for one in pieces:
        if not one.text:
            continue
        end = start + len(one.text)
        blocks.append(
            Block(
                text=one.text,
                origin=one.origin,
                start=start,
                end=end,
                path=one.path,
                boilerplate=one.boilerplate,
            )
        )
        start = end + 1
    return "\n".join(block.text for block in blocks), tuple(blocks)


def private_notes(pieces: Iterable[Piece]) -> tuple[str, ...]:
    """A note when glyphs of a private font were left out (digits and addresses hidden so)."""
    count = sum(one.private for one in pieces)
    return (f"private_use_glyphs:{count}",) if count else ()
