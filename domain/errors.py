"""What can go wrong, sorted by who has to act."""

from __future__ import annotations


class CluewatchError(Exception):
    """Root of all errors that Cluewatch raises on purpose.

    `at` names the place in the user's terms: a file and line, a source, a ticket.
    """

    def __init__(self, message: str, *, at: str | None = None) -> None:
        self.message = message
        self.at = at
        super().__init__(f"{at}: {message}" if at else message)


class RetryableError(CluewatchError):
    """The same work may succeed later; the worker returns it to its queue."""


class Unreachable(RetryableError):
    """The other side does not answer, or its name has no address: what was there may be gone."""


class StoreUnavailable(RetryableError):
    """The database does not answer, is full or is busy; what was being written was undone.

    Only a commit that was under way may hold all the same: its work, done again, finds it.
    """


class PermanentError(CluewatchError):
    """Trying again cannot help; a person has to act, and the message says on what."""


class ConfigError(PermanentError):
    """A setting, source, rule, route or agency file is wrong; `at` is file:line where known."""


class EvidenceError(PermanentError):
    """Stored proof is missing, altered or could not be written. Nothing may be built on it."""


class IllegalMove(PermanentError):
    """A clue or ticket was asked to make a move that its state does not allow."""


class Unindexable(PermanentError):
    """The search engine does not take this document; `at` is its id."""


class NotFound(PermanentError):
    """No record has this id."""


class QuerySyntaxError(PermanentError):
    """A search expression cannot be read; `at` is the position, counted from 1."""


class LeaseLost(RetryableError):
    """The worker's lease expired and another worker may hold the work now; write nothing."""
