"""The keys of this installation: a file of its own, for its owner only, never in the repository.

One key a line, "name base64"; the last one closes what is new, the earlier ones open what was
closed before. Lost keys cannot be replaced: without them sealed originals stay closed for ever.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from attrs import field, frozen
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from domain.errors import ConfigError, EvidenceError

KEY_BYTES = 32
_NONCE = 12
_OTHERS = stat.S_IRWXG | stat.S_IRWXO


@frozen(kw_only=True)
class ClosedKey:
    """The key of one seal, wrapped: `key` names which key of the ring opens it."""

    key: str
    wrapped: bytes = field(repr=False)


@frozen(kw_only=True)
class KeyRing:
    """AES-256 keys by name; `current` is the one that closes."""

    keys: Mapping[str, bytes] = field(repr=False)
    current: str

    def close(self, data_key: bytes, *, owner: str) -> ClosedKey:
        """Wrap the key of a seal (AES-256-GCM); `owner` is bound to it, so that none is swapped."""
        nonce = secrets.token_bytes(_NONCE)
        box = AESGCM(self.keys[self.current]).encrypt(nonce, data_key, owner.encode())
        return ClosedKey(key=self.current, wrapped=nonce + box)

    def open(self, closed: ClosedKey, *, owner: str) -> bytes:
        """The key of a seal. Raises EvidenceError when the ring lacks it, or it was altered."""
        key = self.keys.get(closed.key)
        if key is None:
            raise EvidenceError(f"密钥文件中没有密钥 {closed.key}，原件无法打开", at=owner)
        try:
            nonce, box = closed.wrapped[:_NONCE], closed.wrapped[_NONCE:]
            return AESGCM(key).decrypt(nonce, box, owner.encode())
        except InvalidTag as error:
            raise EvidenceError("固证密钥被改动，原件无法打开", at=owner) from error


def load(path: Path) -> KeyRing:
    """The ring that `path` holds. Raises ConfigError when it is missing, open to others, or bad."""
    try:
        mode = path.stat().st_mode
        lines = path.read_text("ascii").split("\n")
    except FileNotFoundError as error:
        message = "没有证据密钥文件；首次使用请运行 cluewatch init，否则请从备份恢复"
        raise ConfigError(message, at=str(path)) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"证据密钥文件读不出：{error}", at=str(path)) from error
    if mode & _OTHERS:
        raise ConfigError("证据密钥文件对他人开放；请 chmod 600", at=str(path))
    keys = dict(_key(line, f"{path}:{n}") for n, line in enumerate(lines, 1) if line.strip())
    if not keys:
        raise ConfigError("证据密钥文件是空的", at=str(path))
    return KeyRing(keys=keys, current=list(keys)[-1])


def add_key(path: Path) -> str:
    """Append a fresh key, which closes from now on; the file is made (mode 0600) if need be.

    Returns the name of the key.
    """
    key = secrets.token_bytes(KEY_BYTES)
    name = _name(key)
    line = f"{name} {base64.b64encode(key).decode()}\n".encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(file, line)
        os.fsync(file)
    finally:
        os.close(file)
    return name


def _key(line: str, at: str) -> tuple[str, bytes]:
    name, _, text = line.partition(" ")
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ConfigError("证据密钥不是 base64", at=at) from error
    if len(key) != KEY_BYTES or _name(key) != name:
        raise ConfigError("证据密钥不完整", at=at)
    return name, key


def _name(key: bytes) -> str:
    return hashlib.sha256(b"cluewatch key name" + key).hexdigest()[:16]
