"""Rules: what each type of violation rests on, how right it has been, what it found lately."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request, Response

from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from documents import counts, reviews
from domain.errors import NotFound
from tickets.calendar import civil_date

router = APIRouter()
RECENT = timedelta(days=30)
MOST_SHOWN = 30


@router.get("/rules")
def rule_list(request: Request, wired: Wired, session: SignedIn) -> Response:
    """Every type with its findings of the last thirty days and what people said of them.

    The numbers are of the whole country, so a district's people see the rules without them.
    """
    whole = not session.user.region
    with wired.truth.read() as tx:
        found = counts.by_type(tx, since=wired.clock.now() - RECENT) if whole else {}
        tallies = reviews.tally(tx) if whole else {}
        policy = wired.policy_in_force(tx)
    return page(
        request,
        "rules.html",
        book=wired.rulebook,
        found=found,
        tallies=tallies,
        policy=policy,
        whole=whole,
    )


@router.get("/rules/{slug}")
def rule_page(request: Request, wired: Wired, session: SignedIn, slug: str) -> Response:
    """One type: articles, penalty, examples, decisions on it, what it found lately."""
    rule = wired.rulebook.rules.get(slug)
    if rule is None:
        raise NotFound(f"规则库没有类型 {slug}")
    now = wired.clock.now()
    whole = not session.user.region
    with wired.truth.read() as tx:
        seen = counts.latest(tx, slug, since=now - RECENT, limit=MOST_SHOWN) if whole else ()
        tally = reviews.tally(tx).get(slug) if whole else None
        policy = wired.policy_in_force(tx)
    return page(
        request,
        "rule.html",
        rule=rule,
        today=civil_date(now),
        seen=seen,
        most=MOST_SHOWN,
        tally=tally,
        whole=whole,
        policy=policy,
    )
