"""The reader of pictures: words, slices, codes, hostile bytes, and a child that dies."""

from __future__ import annotations

import io
import os
import signal
import struct
import zlib

import pytest
from PIL import Image

from classifiers.pictures.reader import ChildReader
from domain.errors import PermanentError, RetryableError
from tests.pictures.drawing import encoded, poster, slices, with_code

ADVERT = ("青禾专科治疗牛皮癣", "祖传秘方保证根治", "预约电话 400-000-0123")


def words(reading: object) -> str:
    """Everything in a reading, blanks left out."""
    texts = (part.text for part in reading.words)  # type: ignore[attr-defined]
    return "".join("".join(texts).split())


@pytest.mark.parametrize(
    ("paper", "ink", "size", "form"),
    [
        ("#e8f4ff", "#104080", 24, "WEBP"),
        ("#c01020", "#ffe080", 36, "PNG"),
        ("white", "#c00000", 16, "GIF"),
    ],
)
def test_words_are_read_with_their_places(
    reader: ChildReader, paper: str, ink: str, size: int, form: str
) -> None:
    body = encoded(poster(ADVERT, paper=paper, ink=ink, size=size), form)
    assert reader.look(body).refusal == ""
    (reading,) = reader.read([body])
    assert words(reading) == "".join("".join(ADVERT).split())
    middle = next(part for part in reading.words if "根治" in part.text)
    left, top, right, bottom = middle.box
    assert (left, top) == pytest.approx((30, 120), abs=size // 2)
    assert 8 * size <= right - left + size // 2 and bottom - top <= 2 * size


def test_a_line_cut_in_half_by_slices_is_read_once_and_whole(reader: ChildReader) -> None:
    image = poster(ADVERT * 2)
    cut = slices(image, 145)  # through the second line, among others
    readings = reader.read(cut)
    assert len(readings) == len(cut)
    assert "".join(map(words, readings)) == "".join("".join(ADVERT * 2).split())
    for body, reading in zip(cut, readings, strict=True):
        height = Image.open(io.BytesIO(body)).height
        assert all(0 <= part.box[1] < part.box[3] <= height for part in reading.words)


def test_pictures_that_do_not_continue_each_other_are_read_apart(reader: ChildReader) -> None:
    first = encoded(poster(("保证",), paper="#c01020", ink="white"))
    second = encoded(poster(("根治",), paper="#104080", ink="white"))
    assert [words(one) for one in reader.read([first, second])] == ["保证", "根治"]


def test_a_long_poster_is_read_in_tiles_without_doubled_lines(reader: ChildReader) -> None:
    lines = [f"第{n:02d}条保证根治永不复发" for n in range(1, 24)]
    (reading,) = reader.read([encoded(poster(lines, pitch=100))])
    assert [part.text for part in reading.words] == lines


def test_wrapped_lines_become_one_sentence(reader: ChildReader) -> None:
    lines = ("青禾医院采用新型透皮疗法治疗银屑", "病，一个疗程即可保证根治。", "欢迎来院就诊")
    (reading,) = reader.read([encoded(poster(lines, pitch=56))])
    assert reading.words[0].text.endswith("银屑病，一个疗程即可保证根治。")
    assert reading.words[-1].text == "欢迎来院就诊"


def test_a_qr_code_says_what_was_written_into_it(reader: ChildReader) -> None:
    target = "http://yuyue.qinghe.test/form?from=poster"
    image = with_code(poster(ADVERT), target, at=(520, 120))
    (reading,) = reader.read([encoded(image)])
    (code,) = reading.codes
    assert code.text == target
    assert 520 <= code.box[0] < code.box[2] <= 750


def test_what_holds_no_words_is_told_at_a_glance(reader: ChildReader) -> None:
    smooth = Image.linear_gradient("L").resize((640, 480))
    assert reader.look(encoded(smooth)).refusal == "没有像文字的笔画"
    assert "太小" in reader.look(encoded(poster(ADVERT).crop((0, 0, 60, 60)))).refusal


def test_the_same_picture_compressed_again_is_told_from_another_number(
    reader: ChildReader,
) -> None:
    image = poster(ADVERT, size=24)
    one, again = encoded(image, quality=90), encoded(image, quality=75)
    other = encoded(poster((*ADVERT[:2], "预约电话 400-000-0128"), size=24), quality=90)
    assert reader.same(one, again)
    assert not reader.same(one, other)


def bomb(width: int, height: int) -> bytes:
    """A small PNG that declares very many pixels."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + crc

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = zlib.compress(bytes(1_000_000))
    parts = (chunk(b"IHDR", header), chunk(b"IDAT", data), chunk(b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (bomb(60_000, 60_000), "像素"),
        (bomb(39_000, 30_000), "像素"),
        (bomb(600, 600)[:200], "损坏"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "格式"),
        (b"GIF89a" + bytes(40), "损坏|格式"),
        (bytes(17 << 20), "MiB"),
    ],
)
def test_bombs_and_broken_pictures_are_refused(
    reader: ChildReader, body: bytes, reason: str
) -> None:
    with pytest.raises(PermanentError, match=reason):
        reader.look(body)
    assert reader.look(encoded(poster(ADVERT))).refusal == ""


def test_a_killed_child_is_told_as_retryable_and_replaced(reader: ChildReader) -> None:
    body = encoded(poster(ADVERT))
    reader.look(body)
    child = reader._child
    assert child is not None
    os.kill(child.pid, signal.SIGSTOP)  # it no longer answers, and dies when it is asked
    os.kill(child.pid, signal.SIGKILL)
    with pytest.raises(RetryableError):
        reader.look(body)
        reader.look(body)
    assert reader.look(body).refusal == ""


def test_a_reader_out_of_time_gives_up() -> None:
    hasty = ChildReader(seconds=0.01)
    with pytest.raises(RetryableError, match="超过限时"):
        hasty.look(encoded(poster(ADVERT)))
    hasty.close()


def test_a_child_without_memory_dies_and_not_we() -> None:
    poor = ChildReader(memory=200 * 1024**2)
    with pytest.raises(RetryableError, match="内存"):
        poor.read([encoded(poster(ADVERT))])
    poor.close()
