"""Identities of clues, tickets and whatever else is not derived from its inputs."""

from __future__ import annotations

import uuid_utils


class UuidIds:
    """Fresh UUIDv7: unique, and ordered by time."""

    def new(self) -> str:
        """A new id in canonical text form."""
        return str(uuid_utils.uuid7())
