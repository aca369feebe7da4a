"""What one walk over a page finds."""

from __future__ import annotations

from attrs import define, field, frozen

from crawlers.pages.blocks import Piece


@frozen(kw_only=True)
class Address:
    """An address as written, the words on it, and what sort of element names it."""

    written: str
    text: str
    rel: str


@define(kw_only=True)
class Walked:
    """All that one walk finds. `metas` holds the first value of each named meta."""

    pieces: list[Piece] = field(factory=list)
    addresses: list[Address] = field(factory=list)
    metas: dict[str, str] = field(factory=dict)
    code: list[str] = field(factory=list)
    data: list[str] = field(factory=list)
    times: list[str] = field(factory=list)
    base: str | None = None
    phones: list[str] = field(factory=list)
