"""A picture at a glance: is there likely to be text, and have we seen it before?"""

from __future__ import annotations

import cv2
import numpy as np

from classifiers.pictures.opening import Pixels
from domain.pictures import PictureLook

_NARROWEST, _LOWEST = 80, 16
_THINNEST = 60
# Text and codes have strokes: many small cells in which dark stands beside light.
_CELL = 8
_CONTRAST = 48
_LEAST_STROKES = 0.004
_GLANCE_WIDTH = 768
_HASH_SIDE, _HASH_KEPT = 32, 8
_RECOMPRESSED = 11.0
"""Measured: JPEG 90 to 75 leaves at most 9.6, one digit of 12 pixels in grey at least 13.3."""


def look(pixels: Pixels) -> PictureLook:
    """Size, perceptual hash, and why the picture is not worth reading, if it is not."""
    height, width = pixels.shape[:2]
    return PictureLook(
        width=width, height=height, likeness=likeness(pixels), refusal=_refusal(pixels)
    )


def likeness(pixels: Pixels) -> str:
    """Perceptual hash: signs of the low frequencies of the cosine transform against their median
    (Zauner 2010, pHash). Nearly the same for a picture compressed again; words are too fine
    for it, so it only names candidates for `is_same`."""
    small = cv2.resize(_grey(pixels), (_HASH_SIDE, _HASH_SIDE), interpolation=cv2.INTER_AREA)
    low = cv2.dct(small.astype(np.float32))[:_HASH_KEPT, :_HASH_KEPT].flatten()
    bits = low > np.median(low)
    return f"{int(''.join('1' if bit else '0' for bit in bits), 2):016x}"


def is_same(one: Pixels, other: Pixels) -> bool:
    """Whether two pictures are one, only compressed differently: of one size, and nowhere, not
    even within one cell of strokes, is the mean difference more than compression leaves."""
    if one.shape != other.shape:
        return False
    difference = cv2.absdiff(_grey(one), _grey(other))
    return float(_cells(difference).mean(axis=(1, 3)).max(initial=0.0)) < _RECOMPRESSED


def _refusal(pixels: Pixels) -> str:
    height, width = pixels.shape[:2]
    if width < _NARROWEST or height < _LOWEST:
        return f"图片太小（{width}×{height}）"
    if max(width, height) > _THINNEST * min(width, height):
        return f"细条，不含文字（{width}×{height}）"
    return "" if _strokes(pixels) >= _LEAST_STROKES else "没有像文字的笔画"


def _strokes(pixels: Pixels) -> float:
    """The share of cells in which dark and light stand side by side."""
    grey = _grey(pixels)
    height, width = grey.shape
    if width > _GLANCE_WIDTH:
        size = (_GLANCE_WIDTH, max(_CELL, height * _GLANCE_WIDTH // width))
        grey = cv2.resize(grey, size, interpolation=cv2.INTER_AREA)
    cells = _cells(grey)
    spread = cells.max(axis=(1, 3)).astype(np.int16) - cells.min(axis=(1, 3))
    return float((spread > _CONTRAST).mean())


def _cells(grey: cv2.typing.MatLike) -> cv2.typing.MatLike:
    """Rows × 8 × columns × 8; what is left over at the right and below is cut off."""
    height, width = grey.shape[0] // _CELL * _CELL, grey.shape[1] // _CELL * _CELL
    return grey[:height, :width].reshape(height // _CELL, _CELL, width // _CELL, _CELL)


def _grey(pixels: Pixels) -> cv2.typing.MatLike:
    return cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
