"""行刑衔接: counters that must trigger and must not; the hand-over, its clocks and papers."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection

from domain.clues import SubjectKind
from domain.errors import IllegalMove, PermanentError
from domain.findings import Family
from domain.tickets import Move, Ticket, TicketState
from storage.database import Database
from tests.tickets.cases import ACCEPTED, AT, DESK, CountingIds, empty, one_clue, subject, walk
from tests.tickets.sayings import HEALTH, give, saying
from tickets import clues, handovers, ledger, outcomes, penalties, recurrence
from tickets.calendar import civil_date
from tickets.handovers import Circumstances
from tickets.issue import issue
from tickets.offices import OfficeKind
from tickets.penalties import Penalty
from tickets.persons import person_key

DAY = civil_date(AT)
SALON = subject("示范美容院", kind=SubjectKind.BEAUTY_SALON)
PERSON = "990101199001011234"
KEY, OTHER = person_key(PERSON), person_key("990101198002025678")
PAPERS = frozenset({"letter", "report", "items"})


def _ticket(tx: Connection, ids: CountingIds, slug: str = "unlicensed_practice") -> Ticket:
    clue = one_clue(tx, ids, slug, who=SALON)
    return issue(tx, clue=clue, desk=DESK, ids=ids, at=AT, automatic=True)[0]


def _earlier(number: int, day: date, **changes: object) -> Penalty:
    """A decision of a health office of another region against the salon's person."""
    values: dict[str, object] = {
        "subject_id": "",
        "usci": "",
        "person": KEY,
        "ticket_id": "",
        "sequence": 0,
        "family": Family.PRACTICE,
        "unlicensed": True,
        "branch": OfficeKind.HEALTH,
        "region": "980100",
        "decision_no": f"异地卫罚{number}号",
        "decided_on": day,
    }
    return Penalty(**{**values, **changes})  # type: ignore[arg-type]


def _grounds(tx: Connection, ticket: Ticket, **found: object) -> set[str]:
    circumstances = Circumstances(**{"person": KEY, **found})  # type: ignore[arg-type]
    reached = handovers.reached(tx, ticket, circumstances, desk=DESK)
    return {f"{one.crime.id}:{one.ground.id}" for one in reached}


@given(
    st.lists(
        st.tuples(
            st.integers(-900, 40),  # decided so many days after the present conduct
            st.sampled_from(["980100", "990100", "970000"]),
            st.sampled_from([OfficeKind.HEALTH, OfficeKind.MARKET_SUPERVISION]),
            st.booleans(),  # practice without right
            st.booleans(),  # of this person
            st.booleans(),  # reported twice
        ),
        max_size=5,
    )
)
@settings(max_examples=40, deadline=None)
def test_two_penalties_wherever_and_whenever(
    history: list[tuple[int, str, OfficeKind, bool, bool, bool]],
) -> None:
    """Non-medical practice: two decisions of health offices of any region, at any time before the
    conduct, against this person; later ones, other offices', other persons', other conduct, and
    the same decision reported again do not count."""
    with empty() as tx:
        ticket = _ticket(tx, CountingIds())
        counts = 0
        for number, (days, region, branch, unlicensed, same, twice) in enumerate(history):
            penalty = _earlier(
                number,
                DAY + timedelta(days=days),
                region=region,
                branch=branch,
                unlicensed=unlicensed,
                person=KEY if same else OTHER,
            )
            for _ in range(1 + twice):
                penalties.keep(tx, penalty)
            counts += days < 0 and branch is OfficeKind.HEALTH and unlicensed and same
        assert ("illegal_practice:repeated" in _grounds(tx, ticket)) == (counts >= 2)
        assert _grounds(tx, ticket, person="") == set()


@given(st.lists(st.integers(-760, 10), max_size=5))
@settings(max_examples=30, deadline=None)
def test_two_penalties_within_two_years(days: list[int]) -> None:
    """False advertising: two decisions of market supervision in the two years before the conduct,
    the anniversary included."""
    with empty() as tx:
        ticket = _ticket(tx, CountingIds(), "cure_rate")
        for number, after in enumerate(days):
            penalty = _earlier(
                number,
                DAY + timedelta(days=after),
                branch=OfficeKind.MARKET_SUPERVISION,
                family=Family.ADVERTISING,
                unlicensed=False,
                subject_id=SALON.id,
                person="",
            )
            penalties.keep(tx, penalty)
        wanted = sum(date(2024, 3, 2) <= DAY + timedelta(days=d) < DAY for d in days) >= 2
        assert ("false_advertising:repeated" in _grounds(tx, ticket)) == wanted


def test_our_own_penalties_count_by_person_and_party(database: Database, ids: CountingIds) -> None:
    """A penalty recorded on a ticket counts for the next one of the party and follows its person to
    another place; annulled, it does not; the ticket's own never does."""
    with database.write() as tx:
        first = _ticket(tx, ids)
        said = saying("处罚", office=HEALTH, decision_no="示卫罚1号", person=PERSON)
        give(tx, ids, first, said)
        penalties.keep(tx, _earlier(1, DAY - timedelta(days=2000)))
        later = DAY + timedelta(days=1)
        assert len(penalties.against(tx, SALON, before=later)) == 2
        assert len(penalties.against(tx, SALON, before=later, except_for=first.id)) == 1
        other = subject("另一养生馆", kind=SubjectKind.BEAUTY_SALON)
        assert len(penalties.against(tx, other, before=later, person=KEY)) == 2
        assert not penalties.against(tx, other, before=later)
        assert recurrence.repeats(tx, SALON.id, at=AT).practice_penalties == 2
        walk(tx, first, Move.CONTEST, Move.ANNUL)
        found = penalties.against(tx, SALON, before=later, person=KEY)
        assert [p.decision_no for p in found] == ["异地卫罚1号"]


@pytest.mark.parametrize(
    ("gains", "found", "grounds"),
    [
        (99_999, [], set()),
        (100_000, [], {"gains"}),
        (30_000, ["emergency"], {"gains_emergency"}),
        (29_999, ["emergency", "food_drug"], set()),
        (30_000, ["food_drug"], {"gains_food_drug"}),
        (0, ["grave_harm"], {"grave_harm"}),
    ],
)
def test_thresholds_of_false_advertising(gains: int, found: list[str], grounds: set[str]) -> None:
    """Each at its amount, not below it."""
    with empty() as tx:
        ticket = _ticket(tx, CountingIds(), "cure_rate")
        reached = _grounds(tx, ticket, gains=gains, found=frozenset(found))
        assert reached == {f"false_advertising:{ground}" for ground in grounds}
        with pytest.raises(PermanentError, match="没有情形"):
            _grounds(tx, ticket, found=frozenset({"storm"}))


def _proposed(tx: Connection, ticket: Ticket, **changes: object) -> handovers.Handover:
    values: dict[str, object] = {
        "ticket_id": ticket.id,
        "crime": "illegal_practice",
        "grounds": ("disability",),
        "investigators": ("甲", "乙"),
        "papers": frozenset({"letter", "report"}),
        "actor": "甲",
        "at": AT,
        "desk": DESK,
    }
    return handovers.propose(tx, **{**values, **changes})  # type: ignore[arg-type]


def test_a_hand_over_with_its_clocks(database: Database, ids: CountingIds) -> None:
    """Three days for the head, a day to send; who decides is not who investigated; papers that must
    go along are named; after the police filed, three days for the things."""
    with database.write() as tx:
        ticket = walk(tx, _ticket(tx, ids), *ACCEPTED)
        for changes, words in (
            ({"investigators": ("甲", "甲")}, "2 人"),
            ({"grounds": ()}, "没有依据"),
            ({"crime": "theft"}, "没有罪名"),
            ({"papers": frozenset({"poem"})}, "poem"),
        ):
            with pytest.raises(PermanentError, match=words):
                _proposed(tx, ticket, **changes)
        _proposed(tx, ticket)
        with pytest.raises(IllegalMove, match="重复"):
            _proposed(tx, ticket)
        assert _due(tx, ticket)["handover_decision"] == date(2026, 3, 5)
        for actor, reason, papers, words in (
            ("乙", "同意", PAPERS, "承办人"),
            ("丙", " ", PAPERS, "理由"),
            ("丙", "同意", frozenset({"test"}), "涉案物品清单"),
        ):
            with pytest.raises(IllegalMove, match=words):
                _decide(tx, ticket, actor=actor, reason=reason, papers=papers)
        made = _decide(tx, ticket, actor="丙", reason="同意", papers=frozenset({"items"}))
        assert (made.granted, made.papers, made.decided_by) == (True, PAPERS, "丙")
        due = _due(tx, ticket)
        assert "handover_decision" not in due
        assert due["handover_sending"] == date(2026, 3, 4)
        for said in (saying("移送公安", office=HEALTH), saying("公安立案", office=HEALTH)):
            outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)
        assert _due(tx, ticket) == {"handover_items": date(2026, 3, 5)}
        handovers.hand_items(tx, ticket_id=ticket.id, actor="甲", at=AT, note="药械一批", desk=DESK)
        assert not _due(tx, ticket)
        assert not ledger.verify_events(tx, ticket.id)


def test_a_refusal_leaves_the_way_open(database: Database, ids: CountingIds) -> None:
    """Refused with a reason, the ticket stays where it was and may be proposed again."""
    with database.write() as tx:
        ticket = walk(tx, _ticket(tx, ids), *ACCEPTED)
        _proposed(tx, ticket)
        refused = _decide(tx, ticket, granted=False, actor="丙", reason="证据不足", papers=PAPERS)
        assert (refused.granted, refused.reason) == (False, "证据不足")
        assert ledger.get(tx, ticket.id).state is TicketState.ACCEPTED
        assert _proposed(tx, ticket).granted is None
        with pytest.raises(IllegalMove, match="没有须移交"):
            handovers.hand_items(tx, ticket_id=ticket.id, actor="甲", at=AT, note="x", desk=DESK)


def _decide(
    tx: Connection,
    ticket: Ticket,
    *,
    actor: str,
    reason: str,
    papers: frozenset[str],
    granted: bool = True,
) -> handovers.Handover:
    return handovers.decide(
        tx,
        ticket_id=ticket.id,
        granted=granted,
        papers=papers,
        actor=actor,
        at=AT + timedelta(days=1),
        reason=reason,
        desk=DESK,
    )


def _due(tx: Connection, ticket: Ticket) -> dict[str, date]:
    return {d.clock: d.due for d in ledger.get(tx, ticket.id).deadlines if "handover" in d.clock}


def test_the_conduct_is_dated_by_the_clue(database: Database, ids: CountingIds) -> None:
    """Penalties decided on the day the advertisement was found came after the conduct."""
    with database.write() as tx:
        ticket = _ticket(tx, ids)
        assert civil_date(clues.get(tx, ticket.clue_id).raised_at) == DAY
        for number in range(2):
            penalties.keep(tx, _earlier(number, DAY))
        assert not _grounds(tx, ticket)
