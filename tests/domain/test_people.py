"""Rights: one table, everything else denied; the three administrators apart (三员分立)."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.people import GRANTS, Permission, Role, User


def user(*roles: Role) -> User:
    """A person with these roles."""
    return User(id="u", name="甲", roles=frozenset(roles))


@given(st.sets(st.sampled_from(Role)), st.sampled_from(Permission))
def test_a_right_comes_from_a_role_alone(roles: set[Role], permission: Permission) -> None:
    """A person may what one of the roles grants, and nothing without a role."""
    assert user(*roles).may(permission) == any(permission in GRANTS[role] for role in roles)
    assert not user().may(permission)


def test_every_role_and_permission_is_in_the_table() -> None:
    """No role is forgotten, and nobody lacks the right to do something that exists."""
    assert set(GRANTS) == set(Role)
    assert set().union(*GRANTS.values()) == set(Permission)


def test_the_three_administrators_share_nothing() -> None:
    """系统、安全、审计 administrators hold no right in common."""
    three = (Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR)
    for one, other in combinations(three, 2):
        assert not GRANTS[one] & GRANTS[other]


@pytest.mark.parametrize("role", [Role.SYSADMIN, Role.SECADMIN, Role.AUDITOR, Role.OPERATOR])
def test_who_runs_the_system_reads_no_cases(role: Role) -> None:
    """Administration gives no sight of evidence, clues or tickets, and no hand in them."""
    cases = {
        Permission.READ_EVIDENCE,
        Permission.READ_CLUE,
        Permission.REVIEW_CLUE,
        Permission.READ_TICKET,
        Permission.MOVE_TICKET,
        Permission.APPROVE_TICKET,
    }
    assert not GRANTS[role] & cases


def test_approval_is_the_reviewers() -> None:
    """待审批 is decided by a reviewer; neither the analyst nor an office can approve."""
    assert [role for role in Role if Permission.APPROVE_TICKET in GRANTS[role]] == [Role.REVIEWER]
