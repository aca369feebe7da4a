"""What a look at the web came to. An outcome is what was seen, not an HTTP status."""

from __future__ import annotations

from enum import StrEnum


class Outcome(StrEnum):
    """Result of one capture. Only `OK` is ever judged; the others are lifecycle or gap signals."""

    OK = "ok"
    NOT_MODIFIED = "not_modified"
    REDIRECTED = "redirected"
    DELETED = "deleted"
    DELETED_BY_AUTHOR = "deleted_by_author"
    REMOVED_VIOLATION = "removed_violation"
    ACCOUNT_GONE = "account_gone"
    EXPIRED_LINK = "expired_link"
    TEMPORARILY_UNAVAILABLE = "temporarily_unavailable"
    SOFT_404 = "soft_404"
    LOGIN_WALL = "login_wall"
    CAPTCHA = "captcha"
    JS_CHALLENGE = "js_challenge"
    SOFT_BLOCK = "soft_block"
    THROTTLED = "throttled"
    DENIED = "denied"
    POLICY_DENIED = "policy_denied"
    ROBOTS_DENIED = "robots_denied"
    EMPTY_SHELL = "empty_shell"
    TOO_LARGE = "too_large"
    BAD_CONTENT = "bad_content"
    SERVER_ERROR = "server_error"
    UNREACHABLE = "unreachable"
    TIMEOUT = "timeout"

    @property
    def is_block(self) -> bool:
        """The site refused us: the host backs off, and the page is never "changed content"."""
        return self in _BLOCKS

    @property
    def is_gone(self) -> bool:
        """The page is no longer there, which is itself a signal on its clue."""
        return self in _GONE

    @property
    def is_gap(self) -> bool:
        """Something may be there that was not seen; it becomes a coverage gap."""
        return self in _GAPS


_BLOCKS = frozenset(
    {
        Outcome.LOGIN_WALL,
        Outcome.CAPTCHA,
        Outcome.JS_CHALLENGE,
        Outcome.SOFT_BLOCK,
        Outcome.THROTTLED,
        Outcome.DENIED,
    }
)
_GONE = frozenset(
    {
        Outcome.DELETED,
        Outcome.DELETED_BY_AUTHOR,
        Outcome.REMOVED_VIOLATION,
        Outcome.ACCOUNT_GONE,
        Outcome.EXPIRED_LINK,
        Outcome.SOFT_404,
    }
)
_GAPS = _BLOCKS | {
    Outcome.POLICY_DENIED,
    Outcome.ROBOTS_DENIED,
    Outcome.EMPTY_SHELL,
    Outcome.TOO_LARGE,
    Outcome.BAD_CONTENT,
    Outcome.SERVER_ERROR,
    Outcome.UNREACHABLE,
    Outcome.TIMEOUT,
}
