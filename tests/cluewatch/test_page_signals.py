"""What becomes of a clue's page is told to the clue: gone, removed for a violation, back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from cluewatch import workers
from cluewatch.bootstrap import Services
from domain.captures import Acquisition, Capture, Profile
from domain.outcomes import Outcome
from evidence import gaps
from tests.cluewatch.conftest import ADVERT
from tickets import clue_moves, worklist
from tickets.worklist import ClueFilter

URL = "https://mp.weixin.qq.com/s/EEEEEEEEEEEEEEEEEEEEEE"
FIRST = datetime(2026, 3, 2, tzinfo=UTC)
VIDEO = ADVERT.replace("</body>", '<video src="/v/1.mp4"></video></body>')
REMOVED = """<html><head><title></title></head><body><div class="weui-msg">
<h2 class="weui-msg__title">此内容因违规无法查看</h2>
<p class="weui-msg__desc">由用户投诉并经平台审核，涉嫌虚假医疗宣传</p></div></body></html>"""


def look(services: Services, hours: int, html: str, outcome: Outcome) -> None:
    """One crawl capture, worked to its end."""
    with services.evidence_writer(f"look-{hours}") as writer:
        writer.record(
            [
                Capture(
                    url=URL,
                    captured_at=FIRST + timedelta(hours=hours),
                    outcome=outcome,
                    profile=Profile.DESKTOP,
                    acquisition=Acquisition.CRAWL,
                    status=200,
                    headers=(("Content-Type", "text/html; charset=utf-8"),),
                    body=html.encode(),
                )
            ]
        )
    workers.drain(workers.process_steps(services))


def test_removal_and_return_reach_the_clue_once(services: Services) -> None:
    look(services, 0, VIDEO, Outcome.OK)
    for hours in (1, 2):
        look(services, hours, REMOVED, Outcome.REMOVED_VIOLATION)
    for hours in (3, 4):
        look(services, hours, VIDEO, Outcome.OK)
    look(services, 5, "<h1>404</h1>", Outcome.DELETED)
    with services.truth.read() as tx:
        (clue,) = worklist.clues(tx, ClueFilter()).entries
        told = [entry for entry in clue_moves.events(tx, clue.id) if entry.move.startswith("page_")]
        assert [entry.move for entry in told] == ["page_removed", "page_back", "page_gone"]
        assert "涉嫌虚假医疗宣传" in told[0].note
        assert told[0].note.startswith(URL)
        assert clue_moves.verify_events(tx, clue.id) == ()


def test_what_is_said_in_a_video_is_a_gap(services: Services) -> None:
    look(services, 0, VIDEO, Outcome.OK)
    with services.truth.read() as tx:
        (gap,) = gaps.gaps(tx)
    assert (gap.place, gap.is_open) == ("https://mp.weixin.qq.com/v/1.mp4", True)
    assert "语音内容暂不能读取" in gap.reason
    assert URL in gap.reason
