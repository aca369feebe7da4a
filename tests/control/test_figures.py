"""Figures: every number is the list of its tickets, and equals what a plain loop over the ledger
counts; campaigns carry theirs."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from statistics import median

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from domain.errors import ConfigError, IllegalMove
from domain.tickets import Move, Ticket, legal_moves
from storage.database import Database
from tests.tickets.cases import (
    AT,
    DESK,
    FILED,
    SLUGS,
    CountingIds,
    empty,
    one_clue,
    order,
    subject,
    walk,
)
from tickets import complaints, ledger, outcomes, tables
from tickets.calendar import civil_date
from tickets.control import campaign_report, campaigns, figures
from tickets.control.campaigns import Campaign
from tickets.control.figures import Dimension, Figures, Slice
from tickets.control.measures import Measure, Origin, load_measures
from tickets.issue import issue
from tickets.outcomes import Saying

MEASURES = load_measures(DESK.outcomes)
OFFICE_MOVES = (
    Move.RECEIVE, Move.ACCEPT, Move.CHECK, Move.FILE, Move.DECLINE, Move.INVESTIGATE,
    Move.PENALISE, Move.ORDER, Move.INTERVIEW, Move.TRANSFER_POLICE, Move.CLOSE, Move.REPORT,
    Move.REOPEN,
)  # fmt: skip
REGIONS = ("990101", "990102", "990100")
CASE = st.tuples(
    st.sets(st.sampled_from(SLUGS), min_size=1, max_size=2),
    st.sampled_from(REGIONS),
    st.lists(st.integers(0, 5), max_size=9),
    st.integers(0, 40),
)


def make(
    tx: Connection, ids: CountingIds, n: int, slugs: list[str], *, region: str, day: int
) -> list[Ticket]:
    clue = one_clue(tx, ids, *slugs, who=subject(f"示范诊所{n}", region=region), page=f"p{n}")
    at = AT + timedelta(days=day)
    return issue(tx, clue=clue, desk=DESK, ids=ids, at=at, automatic=True)


def stroll(tx: Connection, ticket: Ticket, choices: list[int], day: int) -> None:
    """Legal moves by choice, each a day after the one before."""
    for step, choice in enumerate(choices, start=1):
        legal = [move for move in legal_moves(ticket.state) if move in OFFICE_MOVES]
        if not legal:
            return
        at = AT + timedelta(days=day + step)
        taken = order(legal[choice % len(legal)], at=at)
        ticket = ledger.move(tx, ticket_id=ticket.id, order=taken, desk=DESK)


def counts_plainly(
    tx: Connection, ticket: Ticket, measure: Measure, since: date, until: date
) -> bool:
    """Whether anything that happened to the ticket makes it count, event by event."""
    days = [civil_date(ticket.created_at)] if measure.opened else []
    days += [
        civil_date(event.at)
        for event in ledger.events(tx, ticket.id)
        if event.move in measure.moves and (not measure.states or event.state in measure.states)
    ]
    days += [
        civil_date(outcome.at)
        for outcome in outcomes.of_ticket(tx, ticket.id)
        if outcome.code in measure.outcomes or outcome.bearing in measure.bearings
    ]
    late = measure.overdue and any(deadline.due < until for deadline in ticket.deadlines)
    return late or any(since <= day <= until for day in days)


def plain_count(tx: Connection, name: str, since: date, until: date) -> set[str]:
    """The same number by walking the ledger ticket by ticket."""
    measure, found = MEASURES.get(name), set()
    for ticket_id in tx.execute(select(tables.tickets.c.id)).scalars().all():
        ticket = ledger.get(tx, ticket_id)
        reports = complaints.of_clue(tx, ticket.clue_id)
        origin = Origin.COMPLAINT if reports else Origin.WATCH
        narrow = (not measure.sources or origin in measure.sources) and (
            not measure.families or ticket.family in measure.families
        )
        if narrow and counts_plainly(tx, ticket, measure, since, until):
            found.add(ticket.number)
    return found


@settings(max_examples=25, deadline=None)
@given(st.lists(CASE, min_size=1, max_size=5))
def test_every_number_equals_a_plain_loop_over_the_ledger(
    cases: list[tuple[set[str], str, list[int], int]],
) -> None:
    with empty() as tx:
        ids = CountingIds()
        for n, (slugs, region, choices, day) in enumerate(cases):
            for ticket in make(tx, ids, n, sorted(slugs), region=region, day=day):
                stroll(tx, ticket, choices, day)
        since, until = date(2026, 3, 10), date(2026, 4, 20)
        part = Slice(since=since, until=until)
        for name in MEASURES.measures:
            found = figures.lines(tx, MEASURES.get(name), part, today=until)
            plain = plain_count(tx, name, since, until)
            assert {line.number for line in found} == plain, name
        for dimension in Dimension:
            names = tuple(MEASURES.measures)
            for row in Figures(tx, part, MEASURES, today=until).table(dimension, names):
                for name, count in row.counts.items():
                    cell = Slice(since=since, until=until, key=(dimension, row.key))
                    listed = figures.lines(tx, MEASURES.get(name), cell, today=until)
                    assert len(listed) == count, (dimension, row.key, name)


def test_tables_by_office_district_type_source_and_month(
    database: Database, ids: CountingIds
) -> None:
    with database.write() as tx:
        make(tx, ids, 1, ["cure_rate"], region="990101", day=0)
        make(tx, ids, 2, ["cure_rate", "comparison"], region="990102", day=40)
        make(tx, ids, 3, ["unlicensed_practice"], region="990102", day=40)

        def counts(dimension: Dimension) -> dict[str, int]:
            read = Figures(tx, Slice(), MEASURES, today=civil_date(AT))
            found = read.table(dimension, ("opened",))
            return {row.key: row.counts["opened"] for row in found}

        assert counts(Dimension.DISTRICT) == {"990101": 1, "990102": 2}
        assert counts(Dimension.TYPE) == {"comparison": 1, "cure_rate": 2, "unlicensed_practice": 1}
        assert counts(Dimension.MONTH) == {"2026-03": 1, "2026-04": 2}
        assert counts(Dimension.SOURCE) == {"watch": 3}
        assert sum(counts(Dimension.OFFICE).values()) == 3
        assert len(counts(Dimension.OFFICE)) == 2


def test_medians_and_rates(database: Database, ids: CountingIds) -> None:
    days = (2, 4, 9)
    with database.write() as tx:
        for n, wait in enumerate(days):
            (ticket,) = make(tx, ids, n, ["cure_rate"], region="990101", day=0)
            walk(tx, ticket, Move.RECEIVE, Move.ACCEPT, at=AT + timedelta(days=wait))
            at = AT + timedelta(days=20)
            walk(tx, ticket, Move.CHECK, at=at)
            said = Saying(
                code="ordered" if n else "not_filed",
                reason="" if n else "no_violation",
                office=ticket.lead,
                actor="甲",
                at=at,
            )
            outcomes.record(tx, ticket_id=ticket.id, saying=said, desk=DESK)
        today = civil_date(AT + timedelta(days=30))
        read = Figures(tx, Slice(), MEASURES, today=today)
        span, rate = read.span("to_accept"), read.rate("proved")
        assert (span.value, span.of) == (median(days), 3)
        assert (rate.value, rate.of) == (66.7, 3)
        assert read.rate("handover").value is None


def terms(tmp_path: Path, text: str = "", **changes: str) -> Path:
    base = {
        "title": "医美专项行动",
        "lead": DESK.offices.all[0].id,
        "since": "2026-03-01",
        "until": "2026-03-31",
        "region": '"990101"',
        "types": "[beauty_salon_medical, cure_rate]",
        "goals": "[{measure: filed, at_least: 2}, {rate: closed, at_least: 50}]",
        "reports": "[2026-03-15, 2026-04-01]",
        "stages": "[{title: 集中整治, since: 2026-03-01, until: 2026-03-31}]",
        **changes,
    }
    path = tmp_path / "campaign.yml"
    path.write_text("\n".join(f"{key}: {value}" for key, value in base.items()), "utf-8")
    return path


def opened_campaign(tx: Connection, ids: CountingIds, path: Path) -> Campaign:
    loaded = campaigns.load_terms(path, desk=DESK, measures=MEASURES)
    return campaigns.open_campaign(tx, loaded, actor="甲", at=AT, ids=ids)


def test_a_campaign_carries_its_tickets_by_terms_and_by_hand(
    database: Database, ids: CountingIds, tmp_path: Path
) -> None:
    with database.write() as tx:
        (within,) = make(tx, ids, 1, ["cure_rate"], region="990101", day=0)
        (elsewhere,) = make(tx, ids, 2, ["cure_rate"], region="990102", day=0)
        (other,) = make(tx, ids, 3, ["comparison"], region="990101", day=0)
        (late,) = make(tx, ids, 4, ["cure_rate"], region="990101", day=40)
        campaign = opened_campaign(tx, ids, terms(tmp_path))

        def members() -> set[str]:
            part = campaign_report.part_of(campaign)
            found = figures.lines(tx, MEASURES.get("opened"), part, today=civil_date(AT))
            for line in found:
                assert campaigns.of_ticket(tx, line.id) == (campaign,)
            return {line.id for line in found}

        assert members() == {within.id}
        for ticket, inside in ((elsewhere, True), (within, False)):
            campaigns.place(tx, campaign, ticket, inside=inside, reason="会商", actor="甲", at=AT)
        assert members() == {elsewhere.id}
        campaigns.place(tx, campaign, within, inside=True, reason="会商", actor="甲", at=AT)
        assert members() == {within.id, elsewhere.id}
        assert not campaigns.of_ticket(tx, other.id) + campaigns.of_ticket(tx, late.id)


def test_a_campaign_from_start_to_report(
    database: Database, ids: CountingIds, tmp_path: Path
) -> None:
    with database.write() as tx:
        campaign = opened_campaign(tx, ids, terms(tmp_path))
        for n in range(3):
            (ticket,) = make(tx, ids, n, ["cure_rate"], region="990101", day=1)
            walk(tx, ticket, *FILED, at=AT + timedelta(days=3 + 20 * (n == 2)))
        mid = AT + timedelta(days=16)
        assert campaigns.late_reports(tx, campaign, at=mid) == (date(2026, 3, 15),)
        made = campaign_report.file_report(
            tx, campaign, MEASURES, due=date(2026, 3, 15), actor="甲", at=mid
        )
        assert made.stage == "集中整治"
        assert (made.totals["opened"], made.totals["filed"]) == (3, 2)
        assert [(goal.title, goal.value, goal.met) for goal in made.goals] == [
            ("立案", 2, True),
            ("办结率", 0.0, False),
        ]
        by_office = Counter(dict.fromkeys(made.totals, 0))
        for row in made.by_office:
            by_office.update(row.counts)
        assert dict(by_office) == dict(made.totals)
        assert campaigns.late_reports(tx, campaign, at=mid) == ()
        with pytest.raises(IllegalMove, match="不是报告日"):
            campaign_report.file_report(
                tx, campaign, MEASURES, due=date(2026, 3, 16), actor="甲", at=mid
            )


@pytest.mark.parametrize(
    "changes",
    [
        {"lead": "nobody"},
        {"types": "[no_such_type]"},
        {"goals": "[{measure: nothing, at_least: 1}]"},
        {"goals": "[{measure: filed, rate: closed, at_least: 1}]"},
        {"until": "2026-02-01"},
        {"stages": "[{title: 早, since: 2026-02-01, until: 2026-03-02}]"},
        {"leed": "x"},
    ],
)
def test_wrong_terms_are_refused_with_their_line(tmp_path: Path, changes: dict[str, str]) -> None:
    with pytest.raises(ConfigError, match=r"campaign\.yml:\d+"):
        campaigns.load_terms(terms(tmp_path, **changes), desk=DESK, measures=MEASURES)
