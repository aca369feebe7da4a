"""Lines to paragraphs, tiles and slices: pure, so checked on many shapes."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from classifiers.pictures.lines import OVERLAP, TILE_HEIGHT, merged, paragraphs, tiles
from classifiers.pictures.strips import slice_of
from domain.pictures import PictureText

HEIGHT = 40


def line(text: str, top: int, *, left: int = 30, score: float = 1.0) -> PictureText:
    """A line of square letters."""
    return PictureText(
        text=text, box=(left, top, left + HEIGHT * len(text), top + HEIGHT), score=score
    )


@given(st.integers(1, 40_000))
def test_every_line_is_whole_in_some_tile(height: int) -> None:
    cut = tiles(height)
    assert cut[0][0] == 0 and cut[-1][1] == height
    assert all(0 < bottom - top <= TILE_HEIGHT for top, bottom in cut)
    assert all(before[1] - after[0] == OVERLAP for before, after in itertools.pairwise(cut))


@given(st.lists(st.text("保证根治永不复发", min_size=1, max_size=17), max_size=12), st.randoms())
def test_what_two_tiles_saw_is_kept_once_in_reading_order(texts: list[str], random: object) -> None:
    lines = [line(text, 60 * number) for number, text in enumerate(texts)]
    seen_twice = lines + [
        PictureText(text=one.text[:1], box=(*one.box[:3], one.box[3] - 12), score=0.9)
        for one in lines
    ]
    random.shuffle(seen_twice)  # type: ignore[attr-defined]
    assert merged(seen_twice) == lines


@given(st.lists(st.text("保证根治。永不复发", min_size=1, max_size=17), max_size=12))
def test_paragraphs_lose_and_invent_nothing(texts: list[str]) -> None:
    lines = [line(text, 52 * number) for number, text in enumerate(texts)]
    found = paragraphs(lines)
    assert "".join(one.text for one in found) == "".join(texts)
    for one in found:
        assert all(one.box[0] <= part.box[0] for part in lines if part.text in one.text)


def test_only_a_full_line_wraps() -> None:
    full, rest = line("一二三四五六七八九十百千万亿", 0), line("治愈。", 50)
    assert [one.text for one in paragraphs([full, rest])] == [full.text + rest.text]
    assert paragraphs([full, rest])[0].box == (30, 0, full.box[2], 90)
    far = line("治愈。", 120)
    assert len(paragraphs([full, far])) == 2
    closed = line("一二三四五六七八九十百千万。", 0)
    assert len(paragraphs([closed, rest])) == 2
    assert len(paragraphs([line("祖传秘方", 0), line("保证根治", 50)])) == 2


@given(st.lists(st.integers(1, 500), min_size=1, max_size=8), st.data())
def test_a_box_belongs_to_the_slice_of_its_middle(heights: list[int], data: st.DataObject) -> None:
    tops = [sum(heights[:i]) for i in range(len(heights))]
    top = data.draw(st.integers(0, sum(heights) - 1))
    bottom = data.draw(st.integers(top + 1, sum(heights)))
    number, box = slice_of((0, top, 10, bottom), tops, heights)
    middle = (top + bottom) // 2
    assert tops[number] <= middle <= tops[number] + heights[number]
    assert 0 <= box[1] <= box[3] <= heights[number]
