"""Files closed with AES-256-GCM in pieces, so that a large one needs little memory.

The construction is STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) as age uses it: 64 KiB
pieces, each with its number and a mark on the last one in the nonce, so that no piece can be
moved, left out or cut off. Every file has a key of its own, derived (HKDF-SHA256) from the key of
its seal, its name and a random salt.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from domain.errors import EvidenceError
from evidence.keyring import KEY_BYTES

MAGIC = b"cluewatch-envelope/1\n"
_SALT = 16
_PIECE = 64 << 10
_TAG = 16


def closed(chunks: Iterable[bytes], *, key: bytes, name: str) -> Iterator[bytes]:
    """The bytes of the closed file."""
    salt = secrets.token_bytes(_SALT)
    yield MAGIC + salt
    box = AESGCM(_file_key(key, name, salt))
    for number, (piece, is_last) in enumerate(_pieces(chunks, _PIECE)):
        yield box.encrypt(_nonce(number, is_last), piece, None)


def opened(chunks: Iterable[bytes], *, key: bytes, name: str) -> Iterator[bytes]:
    """The bytes that were closed. Raises EvidenceError at the first piece that was altered."""
    head, rest = _head(chunks)
    if not head.startswith(MAGIC):
        raise EvidenceError("加密文件的格式不符", at=name)
    box = AESGCM(_file_key(key, name, head[len(MAGIC) :]))
    for number, (piece, is_last) in enumerate(_pieces(rest, _PIECE + _TAG)):
        try:
            yield box.decrypt(_nonce(number, is_last), piece, None)
        except InvalidTag as error:
            raise EvidenceError("加密文件被改动，或密钥不符", at=name) from error


def _head(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    size = len(MAGIC) + _SALT
    stream, head = iter(chunks), b""
    while len(head) < size and (chunk := next(stream, b"")):
        head += chunk
    return head[:size], _chained(head[size:], stream)


def _chained(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _pieces(chunks: Iterable[bytes], size: int) -> Iterator[tuple[bytes, bool]]:
    """Pieces of `size` and whether each is the last; what is empty has one empty piece."""
    held = bytearray()
    for chunk in chunks:
        held += chunk
        while len(held) > size:
            yield bytes(held[:size]), False
            del held[:size]
    yield bytes(held), True


def _file_key(key: bytes, name: str, salt: bytes) -> bytes:
    return HKDF(SHA256(), KEY_BYTES, salt, b"cluewatch member " + name.encode()).derive(key)


def _nonce(number: int, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])
