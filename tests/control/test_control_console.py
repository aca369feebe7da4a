"""Warnings, figures and campaigns as users of the console meet them, each within their reach."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

from openpyxl import load_workbook
from starlette.testclient import TestClient

from cluewatch.bootstrap import Services
from cluewatch.warning_rounds import WarningRounds
from domain.people import Role
from tests.cluewatch.console_visitors import form_token, visitor
from tickets.control import campaigns


def links(client: TestClient, path: str) -> list[tuple[str, int]]:
    """Every number of a page that opens a list of tickets."""
    text = client.get(path).text
    found = re.findall(r'href="(/figures/tickets\?[^"]+)">(\d+)</a>', text)
    return [(address.replace("&amp;", "&"), int(count)) for address, count in found]


def test_every_number_of_the_page_opens_as_many_tickets(services: Services) -> None:
    client = visitor(services, Role.REVIEWER)
    for by in ("office", "district", "type", "source", "month"):
        found = links(client, f"/figures?by={by}")
        assert len(found) > 5, by
        for address, count in found:
            answer = client.get(address)
            assert answer.status_code == 200, address
            assert f"共 {count} 张" in answer.text, address
            assert len(set(re.findall(r'href="/tickets/([^"]+)"', answer.text))) == count


def test_the_sheet_says_what_the_table_says(services: Services) -> None:
    client = visitor(services, Role.REVIEWER)
    book = load_workbook(BytesIO(client.get("/figures.xlsx?by=district").content))
    rows = [[cell.value for cell in row] for row in book.worksheets[0].iter_rows()]
    assert rows[0][:2] == ["区划", "生成工单"]
    assert [row[:2] for row in rows[1:]] == [["990101", "1"], ["990102", "1"]]


def test_a_district_sees_its_own_figures_and_warnings(services: Services) -> None:
    WarningRounds(services).work()
    whole = visitor(services, Role.REVIEWER)
    own = visitor(services, Role.REVIEWER, region="990101")
    assert [c.get("/figures").text.count("/figures/tickets?") > 0 for c in (whole, own)]
    assert "990102" in whole.get("/figures?by=district").text
    assert "990102" not in own.get("/figures?by=district").text
    assert "示范诊所1" in whole.get("/warnings").text
    assert "示范诊所1" not in own.get("/warnings").text


def test_a_warning_is_acknowledged_once_by_whom_it_reached(services: Services) -> None:
    rounds = WarningRounds(services)
    assert rounds.work() == 2
    assert rounds.work() == 0
    client = visitor(services, Role.REVIEWER, region="990101")
    (address,) = re.findall(r'action="(/warnings/[^"]+)"', client.get("/warnings").text)
    far = visitor(services, Role.REVIEWER, region="980000")
    sent = {"form_token": form_token(far), "note": "越权"}
    assert far.post(address, data=sent).status_code == 404
    sent = {"form_token": form_token(client), "note": "已部署检查"}
    assert "已部署检查" in client.post(address, data=sent).text
    assert client.post(address, data=sent).status_code == 409


def test_a_campaign_shows_its_figures_and_marks_its_tickets(
    services: Services, tmp_path: Path
) -> None:
    day = services.clock.now().date()
    path = tmp_path / "c.yml"
    path.write_text(
        f"title: 百日行动\nlead: {services.desk.offices.all[0].id}\nsince: {day.year}-01-01\n"
        f"until: {day.year + 1}-12-31\ntypes: [cure_rate]\n"
        "goals: [{measure: filed, at_least: 1}]\n",
        "utf-8",
    )
    terms = campaigns.load_terms(path, desk=services.desk, measures=services.control.measures)
    with services.truth.write() as tx:
        made = campaigns.open_campaign(
            tx, terms, actor="甲", at=services.clock.now(), ids=services.ids
        )
    client = visitor(services, Role.REVIEWER)
    text = client.get(f"/campaigns/{made.id}").text
    assert "达到" in text
    found = links(client, f"/campaigns/{made.id}")
    assert found
    for address, count in found:
        assert f"共 {count} 张" in client.get(address).text
    (ticket,) = re.findall(r'href="/tickets/([^"]+)"', client.get(found[0][0]).text)
    assert "百日行动" in client.get(f"/tickets/{ticket}").text
    far = visitor(services, Role.REVIEWER, region="990102")
    assert "还没有工单" in far.get(f"/campaigns/{made.id}").text
