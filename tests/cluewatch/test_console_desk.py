"""An office's day and the desk's: bulk work, joint visits, objections, requests, complaints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sqlalchemy import select
from starlette.testclient import TestClient

from cluewatch.bootstrap import Services
from domain.people import Role
from domain.tickets import TicketState
from tests.cluewatch.conftest import ADVERT, bring_in
from tests.cluewatch.console_visitors import form_token, visitor
from tickets import appeals, assistance, clues, complaints, joint, ledger, tables, worklist
from tickets.complaints import ComplaintState
from tickets.worklist import ClueFilter, TicketFilter


@pytest.fixture
def desk(services: Services) -> TestClient:
    return visitor(services, Role.REVIEWER)


@pytest.fixture
def sent(services: Services, desk: TestClient, tmp_path: Path) -> list[str]:
    """Two tickets that were sent to the same office, oldest first."""
    for name in ("青禾", "碧禾"):
        page = ADVERT.replace("青禾", name).replace("000-0123", f"000-01{len(name.encode()):02}")
        bring_in(services, tmp_path, f"{name}.html", page, f"http://{name.encode().hex()}.test/")
    with services.truth.read() as tx:
        found = [entry.id for entry in worklist.clues(tx, ClueFilter()).entries]
    token = form_token(desk)
    for clue in found:
        desk.post(f"/clues/{clue}/moves", data={"form_token": token, "move": "issue"})
    with services.truth.read() as tx:
        made = sorted(ticket.id for ticket in worklist.tickets(tx, TicketFilter()).entries)
    desk.post("/todo", data={"form_token": token, "act": "approve", "ticket": made})
    return made


def handler_of(services: Services, ticket_id: str) -> TestClient:
    with services.truth.read() as tx:
        lead = ledger.get(tx, ticket_id).lead
    return visitor(services, Role.OFFICE, offices=(lead,))


def states(services: Services, ticket_ids: list[str]) -> list[TicketState]:
    with services.truth.read() as tx:
        return [ledger.get(tx, ticket_id).state for ticket_id in ticket_ids]


def test_tickets_are_worked_in_bulk_and_each_for_itself(
    services: Services, sent: list[str]
) -> None:
    client = handler_of(services, sent[0])
    token = form_token(client)
    assert client.get("/todo").text.count("勾选 ") == len(sent)
    some = {"form_token": token, "act": "receive", "ticket": [sent[0], "not-mine"]}
    shown = client.post("/todo", data=some).text
    assert "已办 1 张，1 张未办" in shown
    assert "没有工单 not-mine" in shown
    again = {"form_token": token, "act": "receive", "ticket": sent}
    assert f"已办 {len(sent) - 1} 张，1 张未办" in client.post("/todo", data=again).text
    assert set(states(services, sent)) == {TicketState.RECEIVED}
    back = {"form_token": token, "act": "return", "ticket": sent, "note": "不归我局"}
    assert "0 张" in client.post("/todo", data=back).text
    client.post("/todo", data={**back, "reason": "管辖"})
    assert set(states(services, sent)) == {TicketState.RETURNED}
    for act, status in (("approve", 200), ("penalise", 400), ("nonsense", 422)):
        answer = client.post("/todo", data={"form_token": token, "act": act, "ticket": sent})
        assert answer.status_code == status, act
    assert set(states(services, sent)) == {TicketState.RETURNED}
    assert client.post("/todo", data={"form_token": token, "act": "receive"}).status_code == 400


def test_a_visit_an_objection_and_a_request_from_the_page_of_a_ticket(
    services: Services, sent: list[str]
) -> None:
    ticket_id = sent[0]
    client = handler_of(services, ticket_id)
    token = form_token(client)
    path = f"/tickets/{ticket_id}"
    client.post("/todo", data={"form_token": token, "act": "receive", "ticket": sent})

    planned = client.post(f"{path}/visits", data={"form_token": token, "day": "2031-05-06"})
    assert "定于 2031-05-06" in planned.text
    with services.truth.read() as tx:
        visit = joint.planned(tx, ticket_id)
    assert visit is not None
    told = {"form_token": token, "visit_id": visit.id, "note": "现场已撤除"}
    assert client.post(f"/tickets/{sent[1]}/visits", data=told).status_code == 404
    assert "现场已撤除" in client.post(f"{path}/visits", data=told).text
    with services.truth.read() as tx:
        assert joint.planned(tx, ticket_id) is None

    client.post(f"{path}/appeals", data={"form_token": token, "words": "非本院发布"})
    decided = {"form_token": token, "words": "域名属该院", "decision": "维持"}
    assert "域名属该院" in client.post(f"{path}/appeals", data=decided).text
    with services.truth.read() as tx:
        (appeal,) = appeals.of_ticket(tx, ticket_id)
        lead = ledger.get(tx, ticket_id).lead
        asked = next(office.id for office in services.desk.offices.all if office.id != lead)
    assert appeal.decision is not None

    request = {"form_token": token, "kind": "inquiry", "asked": asked, "words": "请查备案"}
    assert "请查备案" in client.post(f"{path}/requests", data=request).text
    with services.truth.read() as tx:
        (sent_request,) = assistance.waiting(tx, asked=asked)
    other = visitor(services, Role.OFFICE, offices=(asked,), name="other")
    assert "请查备案" in other.get("/todo").text
    answer = {"form_token": token, "points": ["已查", "无", "张三"]}
    place = f"/requests/{sent_request.id}/answer"
    assert client.post(place, data=answer).status_code == 404
    answer["form_token"] = form_token(other)
    assert other.post(place, data={**answer, "points": ["已查"]}).status_code == 409
    assert other.post(place, data=answer).status_code == 200
    assert "查询结果：已查" in client.get(path).text


def test_another_office_does_not_act_on_a_ticket(services: Services, sent: list[str]) -> None:
    other = visitor(services, Role.OFFICE, offices=("nobody",))
    token = form_token(other)
    for what, data in (("visits", {"day": "2031-05-06"}), ("appeals", {"words": "申诉"})):
        answer = other.post(f"/tickets/{sent[0]}/{what}", data={"form_token": token, **data})
        assert answer.status_code == 404
    assert "勾选 " not in other.get("/todo").text


def complain(client: TestClient, **changes: str) -> int:
    data = {
        "form_token": form_token(client),
        "source": "来信来访",
        "party": "青禾医院",
        "words": "李四说他们保证根治，电话 400-000-0199",
        "region": "990100",
        "name": "李四",
        "phone": "400-000-0199",
        **changes,
    }
    return client.post("/complaints", data=data).status_code


def test_a_complaint_goes_its_way_and_hides_who_complained(
    services: Services, desk: TestClient
) -> None:
    assert complain(desk) == 200
    listed = desk.get("/complaints").text
    assert "保证根治" in listed
    assert "李四" not in listed
    assert "0199" not in listed
    token = form_token(desk)
    with services.truth.read() as tx:
        (complaint,) = complaints.all_in(tx, list(ComplaintState))
    path = f"/complaints/{complaint.id}/decision"
    desk.post(path, data={"form_token": token, "answer": "accept"})
    raised = {"form_token": token, "answer": "raise", "types": "efficacy_guarantee"}
    assert desk.post(path, data=raised).status_code == 200
    assert desk.post(path, data={"form_token": token, "answer": "tell"}).status_code == 400
    told = {"form_token": token, "answer": "answer", "words": "已移送"}
    assert desk.post(path, data=told).status_code == 200
    with services.truth.read() as tx:
        found = complaints.get(tx, complaint.id)
        assert found.state is ComplaintState.ANSWERED
        assert found.clue_id is not None
        assert clues.get(tx, found.clue_id).subject.name == "青禾医院"
        assert tx.execute(select(tables.reporters.c.name)).scalar_one() == "李四"


def test_what_is_not_ours_is_told_where_to_go(services: Services, desk: TestClient) -> None:
    complain(desk)
    place = services.desk.places.all[0]
    with services.truth.read() as tx:
        (complaint,) = complaints.all_in(tx, list(ComplaintState))
    data = {"form_token": form_token(desk), "answer": "refuse", "place": place.id}
    desk.post(f"/complaints/{complaint.id}/decision", data=data)
    refused = desk.get("/complaints?state=不予受理").text
    assert place.title in refused


def test_another_district_takes_and_decides_its_own_complaints(
    services: Services, desk: TestClient
) -> None:
    complain(desk)
    other = visitor(services, Role.ANALYST, region="980000")
    assert "保证根治" not in other.get("/complaints").text
    found = re.search(r'/complaints/([^"/]+)/decision', desk.get("/complaints").text)
    assert found
    data = {"form_token": form_token(other), "answer": "accept"}
    assert other.post(f"/complaints/{found[1]}/decision", data=data).status_code == 404
    assert complain(other) == 400
    assert complain(other, region="980100", words="另一件事") == 200
