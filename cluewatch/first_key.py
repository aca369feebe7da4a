"""The first key of an installation."""

from __future__ import annotations

from pathlib import Path

from evidence import keyring, seal_keys
from storage.database import Database


def make_first_key(path: Path, truth: Database) -> None:
    """A new installation gets its key; one that has closed seals and lost it gets none, so that
    nobody takes a new key for the old one."""
    with truth.read() as tx:
        is_new = not path.exists() and not seal_keys.any_kept(tx)
    if is_new:
        keyring.add_key(path)
