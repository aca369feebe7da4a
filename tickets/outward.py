"""What of a clue leaves the house: a private person's telephones show only their ends."""

from __future__ import annotations

from attrs import evolve

from domain.clues import Clue, Subject, SubjectKind

_PRIVATE = (SubjectKind.PERSON, SubjectKind.UNKNOWN)


def outward(clue: Clue) -> Clue:
    """The clue as bundles show it."""
    return evolve(clue, subject=evolve(clue.subject, phones=outward_phones(clue.subject)))


def outward_phones(subject: Subject) -> tuple[str, ...]:
    """The subject's telephones; those of a business, which it publishes, stay as they are."""
    return tuple(masked(p) if subject.kind in _PRIVATE else p for p in subject.phones)


def masked(phone: str) -> str:
    """A private person's number with only its ends to be read."""
    if len(phone) <= 7:
        return "*" * len(phone)
    return f"{phone[:3]}{'*' * (len(phone) - 7)}{phone[-4:]}"
