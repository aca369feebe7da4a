"""Posters cut in slices: which pictures continue each other, and where a line belongs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from classifiers.pictures.opening import MOST_PIXELS, Pixels
from domain.pictures import Box

_SEAM = 16.0


def continuations(pictures: Sequence[Pixels]) -> list[list[int]]:
    """Numbers of the pictures in groups, each one poster from top to bottom.

    Two that follow each other belong together when they are equally wide and most columns go on
    from the last row of the one to the first of the other: slices cut lines of text in half
    (sources.md 3.6), but never the paper under all of them.
    """
    groups: list[list[int]] = []
    pixels = 0
    for number, picture in enumerate(pictures):
        size = picture.shape[0] * picture.shape[1]
        follows = bool(groups) and _continues(pictures[number - 1], picture)
        if follows and pixels + size <= MOST_PIXELS:
            groups[-1].append(number)
            pixels += size
        else:
            groups.append([number])
            pixels = size
    return groups


def _continues(upper: Pixels, lower: Pixels) -> bool:
    if upper.shape[1] != lower.shape[1]:
        return False
    seam = np.abs(upper[-1].astype(np.int16) - lower[0].astype(np.int16))
    return float(np.median(seam.max(axis=1))) < _SEAM


def slice_of(box: Box, tops: Sequence[int], heights: Sequence[int]) -> tuple[int, Box]:
    """The slice in which the middle of a box lies, and the part of the box that lies in it.

    `tops` are where the slices begin on the whole poster.
    """
    left, top, right, bottom = box
    middle = (top + bottom) // 2
    number = max(i for i, start in enumerate(tops) if start <= middle or i == 0)
    start = tops[number]
    return number, (left, max(top - start, 0), right, min(bottom - start, heights[number]))
