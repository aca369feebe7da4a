"""The engines that read: RapidOCR for words, ZXing for QR codes. They run in the child only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import zxingcpp
from rapidocr import RapidOCR

from classifiers.pictures.lines import merged, paragraphs, tiles
from classifiers.pictures.opening import Pixels
from classifiers.pictures.strips import continuations, slice_of
from domain.pictures import Box, PictureCode, PictureReading, PictureText

_FORMATS = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_LEAST_SCORE = 0.6
"""Below this the recogniser guesses; a guess must not become a quotation."""

_SETTINGS = {
    "EngineConfig.onnxruntime.intra_op_num_threads": 1,
    "EngineConfig.onnxruntime.inter_op_num_threads": 1,
    "Global.log_level": "error",
}


class Eyes:
    """Loaded models (about 30 MB of files, all in the wheel)."""

    def __init__(self) -> None:
        self._ocr = RapidOCR(params=_SETTINGS)

    def read(self, pictures: Sequence[Pixels]) -> list[PictureReading]:
        """One reading for each picture; those that continue each other are read as one poster."""
        found: dict[int, PictureReading] = {}
        for group in continuations(pictures):
            found |= dict(zip(group, self._poster([pictures[i] for i in group]), strict=True))
        return [found[number] for number in range(len(pictures))]

    def _poster(self, slices: Sequence[Pixels]) -> list[PictureReading]:
        poster = slices[0] if len(slices) == 1 else np.vstack(slices)
        heights = [one.shape[0] for one in slices]
        tops = [sum(heights[:i]) for i in range(len(heights))]
        words: list[list[PictureText]] = [[] for _ in slices]
        codes: list[list[PictureCode]] = [[] for _ in slices]
        for text in paragraphs(merged(self._lines(poster))):
            number, box = slice_of(text.box, tops, heights)
            words[number].append(PictureText(text=text.text, box=box, score=text.score))
        for code in _codes(poster):
            number, box = slice_of(code.box, tops, heights)
            codes[number].append(PictureCode(text=code.text, box=box))
        return [
            PictureReading(words=tuple(w), codes=tuple(c))
            for w, c in zip(words, codes, strict=True)
        ]

    def _lines(self, poster: Pixels) -> Iterator[PictureText]:
        for top, bottom in tiles(poster.shape[0]):
            tile = poster[top:bottom]
            # The models were trained on pictures as OpenCV reads them: blue, green, red.
            result: Any = self._ocr(np.ascontiguousarray(tile[:, :, ::-1]))
            texts, scores = result.txts or (), result.scores or ()
            boxes = result.boxes if result.boxes is not None else [_whole(tile)] * len(texts)
            for text, score, corners in zip(texts, scores, boxes, strict=True):
                if text.strip() and score >= _LEAST_SCORE:
                    box = _around(corners, tile.shape[1], tile.shape[0], top)
                    yield PictureText(text=text.strip(), box=box, score=float(score))


def _codes(poster: Pixels) -> Iterator[PictureCode]:
    height, width = poster.shape[:2]
    for code in zxingcpp.read_barcodes(poster, formats=_FORMATS):
        at = code.position
        corners = [(p.x, p.y) for p in (at.top_left, at.top_right, at.bottom_right, at.bottom_left)]
        if code.valid and code.text:
            yield PictureCode(text=code.text, box=_around(corners, width, height, 0))


def _whole(tile: Pixels) -> Sequence[tuple[int, int]]:
    return [(0, 0), (tile.shape[1], tile.shape[0])]


def _around(corners: Any, width: int, height: int, top: int) -> Box:
    """The upright box around four corners, within the picture."""
    across = [float(corner[0]) for corner in corners]
    down = [float(corner[1]) for corner in corners]
    return (
        max(0, int(min(across))),
        max(0, int(min(down))) + top,
        min(width, int(max(across)) + 1),
        min(height, int(max(down)) + 1) + top,
    )
