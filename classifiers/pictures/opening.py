"""From hostile bytes to pixels, within limits that are checked before anything is decoded."""

from __future__ import annotations

import io
import warnings

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from domain.errors import PermanentError

Pixels = NDArray[np.uint8]
"""Rows × columns × (red, green, blue)."""

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "BMP")
MOST_PIXELS = 40_000_000
MOST_BYTES = 16 * 1024 * 1024
_LONGEST_SIDE = 40_000
# Pillow meets damaged files with whatever error its own code runs into.
_DAMAGED = (OSError, SyntaxError, ValueError, IndexError, EOFError, OverflowError)


def pixels(body: bytes) -> Pixels:
    """The picture on white, an animation's first frame, turned as its camera says.

    Raises PermanentError when it is no picture of FORMATS, damaged, or larger than MOST_PIXELS;
    the size is that which the header declares, so a bomb is refused before it unpacks.
    """
    if len(body) > MOST_BYTES:
        raise PermanentError(f"图片超过 {MOST_BYTES >> 20} MiB")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # the size is checked here, more strictly
            with Image.open(io.BytesIO(body), formats=FORMATS) as image:
                _check_size(image.width, image.height)
                return _on_white(image)
    except UnidentifiedImageError as error:
        raise PermanentError(f"不是可以读取的图片格式（可读 {'、'.join(FORMATS)}）") from error
    except Image.DecompressionBombError as error:
        raise PermanentError("图片声明的像素过多") from error
    except _DAMAGED as error:
        raise PermanentError(f"图片损坏（{type(error).__name__}）") from error


def _check_size(width: int, height: int) -> None:
    if width * height > MOST_PIXELS or max(width, height) > _LONGEST_SIDE:
        raise PermanentError(f"图片过大（{width}×{height} 像素，最多 {MOST_PIXELS // 10**6} 百万）")


def _on_white(image: Image.Image) -> Pixels:
    image.load()
    if image.mode not in ("RGB", "L"):
        image = image.convert("RGBA")
        paper = Image.new("RGBA", image.size, "white")
        paper.alpha_composite(image)
        image = paper
    return np.asarray(image.convert("RGB"))
