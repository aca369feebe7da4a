"""Derived ids: the same parts, the same id; other parts, another id."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from domain.ids import derive_id

_PARTS = st.lists(st.text(), max_size=4)


@given(_PARTS)
def test_the_same_parts_give_the_same_id(parts: list[str]) -> None:
    """32 hexadecimal characters, whatever the text, lone surrogates included."""
    assert derive_id(*parts) == derive_id(*parts)
    assert re.fullmatch(r"[0-9a-f]{32}", derive_id(*parts, "\ud800"))


@given(_PARTS, _PARTS)
def test_other_parts_give_another_id(one: list[str], other: list[str]) -> None:
    """Where the parts are divided matters as much as what they say."""
    assert (derive_id(*one) == derive_id(*other)) == (one == other)


def test_known_value() -> None:
    """Stored ids must never change with a release."""
    assert derive_id("ab", "c") != derive_id("a", "bc")
    assert derive_id("线索", "1") == "6b7aab4198834d25bc630c60e3c6c453"
