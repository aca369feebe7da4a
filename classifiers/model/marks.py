"""A few things about a piece that n-grams do not say: how long it is, what kind of signs it has."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from classifiers.model.grams import Strip

_LENGTHS = (8, 16, 32, 64)
_SIGNS = {
    "digit": "0",
    "percent": "%",
    "price": "元¥",
    "quotation": '“”「」『』"',
    "question": "?",
    "exclamation": "!",
    "colon": ":",
    "title": "《》",
    "negation": "不未无勿禁非别没",
}
_PROVIDER = ("我本", "院店馆所科中诊公会")
_CODES = {
    name: np.array([ord(c) for c in signs], dtype=np.uint32) for name, signs in _SIGNS.items()
}
_FIRST, _SECOND = (np.array([ord(c) for c in part], dtype=np.uint32) for part in _PROVIDER)

NAMES = (
    *(f"up_to_{length}" for length in _LENGTHS),
    f"over_{_LENGTHS[-1]}",
    *_SIGNS,
    "provider",
)
WORTH = np.float32(0.2)
"""The value of a mark that a piece shows, beside grams worth 1/√(their number)."""


def marks(laid: Strip) -> NDArray[np.float32]:
    """One row per piece, one column per name in NAMES: WORTH where it shows, else 0."""
    if not len(laid.starts):
        return np.zeros((0, len(NAMES)), dtype=np.float32)
    size = laid.ends - laid.starts - 2
    bucket = np.searchsorted(np.array(_LENGTHS), size)
    columns = [bucket == number for number in range(len(_LENGTHS) + 1)]
    shows = [np.isin(laid.codes, codes) for codes in _CODES.values()]
    pair = np.isin(laid.codes, _FIRST)
    pair[:-1] &= np.isin(laid.codes[1:], _SECOND)
    columns += [np.logical_or.reduceat(each, laid.starts) for each in (*shows, pair)]
    return np.stack(columns, axis=1).astype(np.float32) * WORTH
