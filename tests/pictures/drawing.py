"""Pictures as advertisers make them, drawn with the Chinese font that the set-up installs."""

from __future__ import annotations

import io
import shutil
import subprocess
from collections.abc import Sequence
from functools import cache

import pytest
import segno
from PIL import Image, ImageDraw, ImageFont

WIDTH = 750


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """The system's font for Chinese; the test is skipped when there is none."""
    tool = shutil.which("fc-match")
    if tool is None:
        pytest.skip("没有 fontconfig，找不到中文字体")
    found = subprocess.run(
        [tool, "-f", "%{file}|%{lang}", ":lang=zh-cn"], capture_output=True, text=True, check=True
    ).stdout
    path, _, languages = found.partition("|")
    if "zh-cn" not in languages:
        pytest.skip("没有中文字体：安装 fonts-wqy-microhei")
    return ImageFont.truetype(path, size)


def poster(
    lines: Sequence[str],
    *,
    size: int = 40,
    pitch: int = 90,
    width: int = WIDTH,
    paper: str = "white",
    ink: str = "black",
) -> Image.Image:
    """Lines of text below each other, `pitch` pixels apart."""
    image = Image.new("RGB", (width, 60 + pitch * len(lines)), paper)
    draw = ImageDraw.Draw(image)
    for number, line in enumerate(lines):
        draw.text((30, 30 + pitch * number), line, font=font(size), fill=ink)
    return image


def with_code(image: Image.Image, text: str, *, at: tuple[int, int]) -> Image.Image:
    """The picture with a QR code on it."""
    stream = io.BytesIO()
    segno.make(text, error="m").save(stream, kind="png", scale=5, border=4)
    stream.seek(0)
    image.paste(Image.open(stream).convert("RGB"), at)
    return image


def encoded(image: Image.Image, form: str = "JPEG", quality: int = 85) -> bytes:
    """The picture as a server sends it."""
    stream = io.BytesIO()
    image.save(stream, form, quality=quality)
    return stream.getvalue()


def slices(image: Image.Image, height: int) -> list[bytes]:
    """The picture cut into strips, wherever the cuts fall."""
    tops = range(0, image.height, height)
    cut = (image.crop((0, t, image.width, min(image.height, t + height))) for t in tops)
    return [encoded(one) for one in cut]
