"""From outcomes to thresholds: proposed, decided by a person, and read by the judge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from classifiers import policy as policies
from cluewatch.bootstrap import Services
from cluewatch.cli import app, wiring
from cluewatch.thresholds import proposing, store
from cluewatch.thresholds.proposing import NEVER, suggest
from cluewatch.thresholds.store import Decision, Evidence
from domain.errors import IllegalMove, PermanentError
from domain.findings import Verdict
from domain.intervals import wilson
from tests.cluewatch.conftest import ADVERT, bring_in
from tickets import ledger, worklist
from tickets.precision import ScoredCase
from tickets.worklist import ClueFilter

POLICY = policies.load()
NONE = Evidence(n=30, right=20, kept=20, kept_right=19)


def _cases(right: int, wrong: int, score: float) -> list[ScoredCase]:
    verdicts = [True] * right + [False] * wrong
    return [ScoredCase(type="cure_rate", score=score, right=verdict) for verdict in verdicts]


def test_the_lowest_threshold_that_holds() -> None:
    """Doubtful low scores move it up; sure ones leave it; a type that is mostly wrong makes no
    clue by itself; few cases say nothing."""
    sure = _cases(60, 1, 0.95)
    (up,) = suggest([*sure, *_cases(5, 20, 0.82)], POLICY)
    assert (up.current, up.proposed) == (0.8, 0.95)
    assert up.evidence == Evidence(n=86, right=65, kept=61, kept_right=60)
    assert not suggest(_cases(60, 1, 0.8), POLICY)
    (never,) = suggest(_cases(2, 40, 0.9), POLICY)
    assert never.proposed == NEVER
    assert not suggest(_cases(19, 0, 0.95), POLICY)


@given(
    st.lists(
        st.builds(
            ScoredCase,
            type=st.sampled_from(["cure_rate", "comparison"]),
            score=st.sampled_from([0.6, 0.7, 0.8, 0.9, 0.95]),
            right=st.booleans(),
        ),
        max_size=200,
    )
)
def test_what_is_suggested_holds(cases: list[ScoredCase]) -> None:
    """Of any cases: a suggestion keeps the wanted precision with certainty, or makes no clue."""
    for one in suggest(cases, POLICY):
        kept = [c.right for c in cases if c.type == one.type and c.score >= one.proposed]
        assert one.evidence.kept == len(kept)
        assert one.evidence.kept_right == sum(kept)
        assert one.proposed == NEVER or wilson(sum(kept), len(kept))[0] >= proposing.WANTED


def test_a_person_decides(services: Services) -> None:
    """Nothing changes before an approval; the newest approval of a type counts; a second decision,
    or one without name and reason, is refused."""
    base = services.policy
    with services.truth.write() as tx:
        made = [
            store.put(
                tx,
                type=slug,
                current=0.8,
                proposed=proposed,
                evidence=NONE,
                at=services.clock.now(),
                ids=services.ids,
            )
            for slug, proposed in (("cure_rate", 0.9), ("comparison", 0.7))
        ]
    with services.truth.write() as tx:
        assert services.judge_in_force(tx) is services.judge
        with pytest.raises(PermanentError, match="理由"):
            store.decide(
                tx,
                made[0].id,
                decision=Decision.APPROVED,
                by="王甲",
                reason=" ",
                at=services.clock.now(),
            )
        for proposal, decision in zip(made, Decision, strict=True):
            store.decide(
                tx,
                proposal.id,
                decision=decision,
                by="王甲",
                reason="见会商纪要",
                at=services.clock.now(),
            )
        with pytest.raises(IllegalMove, match="已批准"):
            store.decide(
                tx,
                made[0].id,
                decision=Decision.REJECTED,
                by="王甲",
                reason="再议",
                at=services.clock.now(),
            )
    with services.truth.read() as tx:
        policy = services.policy_in_force(tx)
        assert services.judge_in_force(tx).policy == policy
        assert services.judge_in_force(tx) is services.judge_in_force(tx)
    assert policy.grade("cure_rate", 0.85) is Verdict.REVIEW
    assert policy.grade("comparison", 0.75) is Verdict.REVIEW
    assert base.grade("cure_rate", 0.85) is Verdict.CLUE
    assert policy.version.startswith(f"{base.version}+t")


def test_the_commands(services: Services, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An outcome by command shows in precision, on the clue and in the pool of labels."""
    monkeypatch.setattr(wiring, "Services", lambda _settings: services)
    runner = CliRunner()

    def run(*arguments: str, code: int = 0) -> str:
        result = runner.invoke(app, arguments)
        assert result.exit_code == code, (result.output, result.exception)
        return result.output

    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/a.html")
    with services.truth.read() as tx:
        clue = worklist.clues(tx, ClueFilter()).entries[0]
    run("clue", "move", clue.number, "issue")
    with services.truth.read() as tx:
        ticket = ledger.of_clue(tx, clue.id)[0]
    run("ticket", "move", ticket.number, "approve")
    assert "ticket outcome" in run("ticket", "move", ticket.number, "file", code=2)
    said = ("ticket", "outcome", ticket.number, "误报", "--reason", "合法表述")
    assert "已记录" in run(*said, "--dry-run")
    assert "已移送 → 不予立案" in run(*said)
    assert "此前已记过" in run(*said)
    (row,) = [
        json.loads(line)
        for line in run("ticket", "outcomes", ticket.number, "--json").split("\n")
        if line
    ]
    assert (row["code"], row["reason"], row["bearing"]) == ("false_alarm", "lawful", "不属实")
    rows = [json.loads(line) for line in run("stats", "precision", "--json").splitlines()]
    assert {"rule", "type", "office"} <= {row["of"] for row in rows}
    assert all((row["right"], row["rate"]) == (0, 0.0) and row["high"] < 1 for row in rows)
    assert json.loads(run("clue", "show", clue.number))["similar"]["n"] == 0
    assert "0 项建议" in run("policy", "propose", "--dry-run")
    labels = tmp_path / "labels.jsonl"
    run("clue", "labels", str(labels))
    (document,) = [json.loads(line) for line in labels.read_text("utf-8").splitlines()]
    assert not document["spans"]
    assert {r["reason"] for r in document["rejected"]} == {"lawful"}
    assert "text" not in document
