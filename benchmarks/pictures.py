"""How well and how fast pictures are read, on advertisements drawn for the purpose.

Usage: python -m benchmarks.pictures
"""

from __future__ import annotations

import difflib
import resource
import time
from collections.abc import Iterator, Sequence

from PIL import ImageFilter
from rich.console import Console
from rich.table import Table

from classifiers.pictures.reader import ChildReader
from domain.pictures import PictureReading
from tests.pictures.drawing import encoded, poster, slices

LINES = (
    "青禾医院牛皮癣专科门诊",
    "祖传秘方三个疗程保证根治",
    "治愈率高达百分之九十八",
    "无效全额退款签约治疗",
    "央视上榜百年品牌全国领先",
    "著名专家王主任亲自坐诊",
    "原价 9800 元 今日特价 980 元",
    "预约电话 400-000-0123",
    "加微信 qinghe0123 免费咨询",
)
"""Written here, not met in any rule or text that the product was made with."""


def main() -> None:
    """Print the table of docs/pictures.md."""
    reader = ChildReader()
    reader.look(encoded(poster(LINES[:1])))
    table = Table(title="pictures of 9 lines, one core")
    for column in ("kind", "lines found", "characters found", "seconds a picture", "peer", "ratio"):
        table.add_column(column)
    for kind, bodies, text in kinds():
        started = time.perf_counter()
        readings = reader.read(bodies)
        spent = time.perf_counter() - started
        apart, alone = peer(reader, bodies)
        lines, characters = recall(text, readings)
        table.add_row(
            kind,
            f"{lines:.3f}",
            f"{characters:.3f}",
            f"{spent:.2f}",
            f"each slice alone: {recall(text, apart)[0]:.3f}",
            f"{spent / alone:.2f}",
        )
    reader.close()
    Console(width=140).print(table)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
    Console().print(f"most memory of the child: {peak} MB")


def kinds() -> Iterator[tuple[str, Sequence[bytes], Sequence[str]]]:
    """Name, bodies and words of each kind of picture."""
    plain = poster(LINES)
    yield "JPEG 85, black on white, 40 px", [encoded(plain)], LINES
    red = poster(LINES, paper="#c01020", ink="#ffe080", size=32)
    yield "JPEG 60, yellow on red, 32 px", [encoded(red, quality=60)], LINES
    yield "JPEG 35, 24 px", [encoded(poster(LINES, size=24), quality=35)], LINES
    yield "14 px, grey", [encoded(poster(LINES, size=14, ink="#707070"), "PNG")], LINES
    turned = plain.rotate(4, expand=True, fillcolor="white")
    yield "turned by 4 degrees", [encoded(turned)], LINES
    soft = plain.filter(ImageFilter.GaussianBlur(1.5))
    yield "blurred", [encoded(soft)], LINES
    yield "slices of 130 px", slices(plain, 130), LINES
    long = poster(LINES * 4)
    yield "long poster, 36 lines", [encoded(long)], LINES * 4


def peer(reader: ChildReader, bodies: Sequence[bytes]) -> tuple[list[PictureReading], float]:
    """The plain way: every file read by itself, nothing stitched."""
    started = time.perf_counter()
    found = [reading for body in bodies for reading in reader.read([body])]
    return found, time.perf_counter() - started


def recall(lines: Sequence[str], readings: Sequence[PictureReading]) -> tuple[float, float]:
    """Shares of the lines found word for word, and of their characters found in order."""
    found = "".join("".join(w.text.split()) for r in readings for w in r.words)
    wanted = ["".join(line.split()) for line in lines]
    whole = sum(line in found for line in wanted) / len(wanted)
    matcher = difflib.SequenceMatcher(None, "".join(wanted), found, autojunk=False)
    characters = sum(block.size for block in matcher.get_matching_blocks())
    return whole, characters / len("".join(wanted))


if __name__ == "__main__":
    main()
