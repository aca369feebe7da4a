"""What a verdict becomes: strong findings make a case by themselves, doubts only together."""

from __future__ import annotations

from pathlib import Path

import pytest
from attrs import evolve

from cluewatch.bootstrap import Services
from cluewatch.casework import Casework
from documents import store as documents
from domain.findings import Verdict
from evidence import reader as evidence
from tests.cluewatch.conftest import ADVERT, bring_in
from tickets import clues, worklist
from tickets.worklist import ClueFilter

DOUBT = 0.56


@pytest.mark.parametrize(("verdict", "raised"), [(Verdict.CLUE, 1), (Verdict.REVIEW, 0)])
def test_doubts_that_are_a_clue_together_raise_one(
    services: Services, tmp_path: Path, verdict: Verdict, raised: int
) -> None:
    services.index.ensure()
    bring_in(services, tmp_path, "a.html", ADVERT, "http://qinghe.test/a.html")
    with services.truth.write() as tx:
        (before,) = worklist.clues(tx, ClueFilter()).entries
        (document,) = documents.iterate(tx)
        judged = documents.assessment(tx, document.id)
        assert judged is not None
        doubts = tuple(
            evolve(finding, score=DOUBT, segment=f"another{number}")
            for number, finding in enumerate(judged.findings)
        )
        Casework(services).raise_clues(
            tx,
            document=document,
            assessment=evolve(judged, verdict=verdict, findings=doubts),
            facts=judged.facts,
            snapshot=evidence.snapshot(tx, document.captures[0]),
        )
        found = [entry.id for entry in worklist.clues(tx, ClueFilter()).entries]
        assert len(found) == 1 + raised
        for clue_id in set(found) - {before.id}:
            assert len(clues.get(tx, clue_id).findings) == len(doubts) > 1
