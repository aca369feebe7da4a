"""New sources: what points to them, and the queue in which a person decides."""

from crawlers.discovery.queue import accept, get, note, reject, waiting
from crawlers.discovery.records import Candidate, CandidateKind, CandidateState, Lead, Sign
from crawlers.discovery.signs import signs_of

__all__ = [
    "Candidate",
    "CandidateKind",
    "CandidateState",
    "Lead",
    "Sign",
    "accept",
    "get",
    "note",
    "reject",
    "signs_of",
    "waiting",
]
