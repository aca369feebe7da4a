"""Who uses the system, and what each may do: one table, everything else is denied."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class Role(StrEnum):
    """The roles of interfaces.md; the first three are kept apart (三员分立)."""

    SYSADMIN = "sysadmin"
    SECADMIN = "secadmin"
    AUDITOR = "auditor"
    OPERATOR = "operator"
    ANALYST = "analyst"
    REVIEWER = "reviewer"
    OFFICE = "office"


class Permission(StrEnum):
    """What an endpoint or command needs."""

    SEARCH = "search"
    SAVE_SEARCH = "save_search"
    READ_DOCUMENT = "read_document"
    READ_EVIDENCE = "read_evidence"
    APPROVE_ORIGINAL = "approve_original"
    READ_CLUE = "read_clue"
    REVIEW_CLUE = "review_clue"
    READ_RULES = "read_rules"
    TAKE_COMPLAINT = "take_complaint"
    READ_TICKET = "read_ticket"
    MOVE_TICKET = "move_ticket"
    APPROVE_TICKET = "approve_ticket"
    READ_OPERATIONS = "read_operations"
    RETRY_WORK = "retry_work"
    MANAGE_SOURCES = "manage_sources"
    MANAGE_USERS = "manage_users"
    READ_AUDIT = "read_audit"


_P = Permission
_ANALYST = frozenset(
    {
        _P.SEARCH,
        _P.SAVE_SEARCH,
        _P.READ_DOCUMENT,
        _P.READ_EVIDENCE,
        _P.READ_CLUE,
        _P.REVIEW_CLUE,
        _P.READ_RULES,
        _P.TAKE_COMPLAINT,
        _P.READ_TICKET,
    }
)
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.SYSADMIN: frozenset({_P.READ_OPERATIONS}),
    Role.SECADMIN: frozenset({_P.MANAGE_USERS}),
    Role.AUDITOR: frozenset({_P.READ_AUDIT}),
    Role.OPERATOR: frozenset({_P.READ_OPERATIONS, _P.RETRY_WORK, _P.MANAGE_SOURCES, _P.READ_RULES}),
    Role.ANALYST: _ANALYST,
    Role.REVIEWER: _ANALYST | {_P.APPROVE_TICKET, _P.MOVE_TICKET, _P.APPROVE_ORIGINAL},
    Role.OFFICE: frozenset({_P.READ_CLUE, _P.READ_EVIDENCE, _P.READ_TICKET, _P.MOVE_TICKET}),
}


@frozen(kw_only=True)
class User:
    """A person with an account. `offices` limits whoever is only an office handler to the tickets
    in which those offices take part, and to the clues behind them. `region` (a six-digit division
    code, "" for no limit) limits everyone to that division and those below it."""

    id: str
    name: str
    roles: frozenset[Role]
    offices: frozenset[str] = frozenset()
    region: str = ""

    def may(self, permission: Permission) -> bool:
        """Whether any of the user's roles grants it; anything not granted is denied."""
        return any(permission in GRANTS[role] for role in self.roles)

    @property
    def limited_to_offices(self) -> bool:
        """Whether the user sees nothing but what reached their own offices."""
        return self.roles <= {Role.OFFICE}
