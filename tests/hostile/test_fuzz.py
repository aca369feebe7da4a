"""No bytes of strangers crash a reader, keep it busy for long, or pass for something that is empty.

In the long form: `python -m pytest tests/hostile/test_fuzz.py --inputs 40000` (a million and more).
"""

from __future__ import annotations

import random
import time

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.errors import CluewatchError
from language.decoding import BadContent
from tests.hostile.damage import damaged, damaged_inside
from tests.hostile.readers import READERS, Reader

MOST_SECONDS = 2.0
MOST_BYTES = 30_000
UNITS = (b"(", b"[", b'{"a":', b"<a ", b"<div>", b"a", b"1-", b"&", b"9", b" \n", b"\0", b"- ")
# Of a damaged workbook openpyxl leaves out what it cannot read, and warns.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:openpyxl")
each = pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)


@each
def test_the_good_sample_is_read_and_not_empty(reader: Reader) -> None:
    found = reader.read(reader.sample)
    assert found is not None
    assert found != []
    assert not isinstance(found, BadContent)


@each
def test_damaged_files_are_read_or_refused_in_time(
    reader: Reader, request: pytest.FixtureRequest
) -> None:
    @fuzzed(request)
    @given(seed=st.integers(0, 2**32), cuts=st.integers(1, 6), inside=st.booleans())
    def attack(seed: int, cuts: int, inside: bool) -> None:
        dice = random.Random(seed)  # noqa: S311 - repeatable damage
        spoil = damaged_inside if inside and reader.packed else damaged
        taken(reader, spoil(reader.sample, dice, cuts))

    attack()


@each
def test_any_bytes_are_read_or_refused_in_time(
    reader: Reader, request: pytest.FixtureRequest
) -> None:
    @fuzzed(request)
    @given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode))
    def attack(data: bytes) -> None:
        taken(reader, data)

    attack()


@each
def test_repetition_and_nesting_take_no_time_out_of_proportion(reader: Reader) -> None:
    for unit in UNITS:
        taken(reader, unit * (MOST_BYTES // len(unit)))
        taken(reader, reader.sample + unit * (MOST_BYTES // len(unit)))


def fuzzed(request: pytest.FixtureRequest) -> settings:
    """As many inputs as the run asks for."""
    return settings(
        max_examples=request.config.getoption("inputs"),
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )


def taken(reader: Reader, data: bytes) -> None:
    """Read within two seconds of computing; only errors of ours may come out."""
    began = time.process_time()
    try:
        reader.read(data)
    except CluewatchError as error:
        assert error.message
    assert time.process_time() - began < MOST_SECONDS
