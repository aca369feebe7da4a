"""Fingerprints of texts."""

from hypothesis import given
from hypothesis import strategies as st

from language.simhash import distance, simhash64

TEXT = (
    "本中心开展个性化的口腔护理课程，由经验丰富的老师带领，课程包括刷牙方法、"
    "牙线使用和日常饮食建议，适合各年龄段的朋友参加，名额有限，请提前预约。"
)


def test_a_small_change_moves_few_bits() -> None:
    assert distance(simhash64(TEXT), simhash64(TEXT.replace("老师", "教师"))) <= 12


def test_another_text_is_far() -> None:
    other = (
        "天气预报说明天有雨，气温下降，出门请带伞，高速公路部分路段限速，注意行车安全，保持车距。"
    )
    assert distance(simhash64(TEXT), simhash64(other)) >= 20


def test_writing_does_not_matter() -> None:
    assert simhash64("ＡＢＣ療法 效果\n好") == simhash64("abc疗法效果好")


def test_the_value_lasts() -> None:
    """Stored fingerprints are compared with those of later versions."""
    assert simhash64("一份用于核对的固定文字") == 5287642577253026569


@given(st.text())
def test_sixty_four_bits(text: str) -> None:
    assert 0 <= simhash64(text) < 2**64


def test_distance_counts_bits() -> None:
    assert (distance(0, 0), distance(0, 2**64 - 1), distance(0b101, 0b110)) == (0, 64, 2)
