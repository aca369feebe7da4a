"""The packed encoder file: pieces, plain tensors, 4-bit matrices, and files of another kind."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.training import e5
from domain.errors import PermanentError

PIECES = ("<s>", "治", "治愈")


def _file(halves: list[int], scale: float) -> bytes:
    """A file with three pieces, a bias of two numbers and one block of 32 weights."""
    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)]).astype("<u4")
    head = struct.pack("<4sI7ifi5iQ", e5.MAGIC, 1, 8, 2, 1, 16, 3, 4, 1, 1e-12, 32, 3, 0, 2, 1, 0,
                       len(blob))  # fmt: skip
    scores = np.array([0, -1.5, -2.5], dtype="<f4")
    tables = ends.tobytes() + scores.tobytes() + blob + struct.pack("<iI", 1, 9) + bytes(9)
    packed = struct.pack("<e", scale) + bytes(
        low | high << 4 for low, high in zip(halves[:16], halves[16:], strict=True)
    )
    names = ((b"emb.ln.b", 0, 2), (b"l0.q.w", 1, 32))
    size = 4 + sum(2 + len(name) + 21 for name, _, _ in names)
    at = len(head) + len(tables) + size
    directory = struct.pack("<i", len(names))
    for name, kind, count in names:
        directory += struct.pack("<H", len(name)) + name + struct.pack("<BIQQ", kind, count, at, 0)
        at += 8
    return head + tables + directory + struct.pack("<2f", 0.5, -2) + packed


@given(st.lists(st.integers(0, 15), min_size=32, max_size=32), st.sampled_from([0.25, 1.0, -2.0]))
def test_every_weight_is_unpacked(
    tmp_path_factory: pytest.TempPathFactory, halves: list[int], scale: float
) -> None:
    path = tmp_path_factory.mktemp("e5") / "encoder.bin"
    path.write_bytes(_file(halves, scale))
    encoder = e5.read(path)
    assert (encoder.hidden, encoder.layers, encoder.heads, encoder.inner) == (8, 2, 1, 16)
    assert encoder.pieces == (("<s>", 0.0), ("治", -1.5), ("治愈", -2.5))
    assert encoder.tensors["emb.ln.b"].tolist() == [0.5, -2.0]
    assert encoder.tensors["l0.q.w"].tolist() == [(half - 8) * scale for half in halves]


def test_another_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.bin"
    path.write_bytes(b"GGUF" + bytes(200))
    with pytest.raises(PermanentError, match=r"other\.bin"):
        e5.read(path)
