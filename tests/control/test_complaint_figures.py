"""Complaints by year and by street or town."""

from __future__ import annotations

from datetime import timedelta

from storage.database import Database
from tests.tickets.cases import AT, DESK, CountingIds
from tickets import complaints
from tickets.control.complaint_figures import ComplaintDimension, street
from tickets.control.complaint_figures import complaints as complaint_rows


def test_complaints_by_year_and_street(database: Database, ids: CountingIds) -> None:
    addresses = ("示范市青禾区南湖街道1号", "示范市青禾区南湖街道8号", "示范县石桥镇中心路", "某处")
    with database.write() as tx:
        for n, address in enumerate(addresses):
            incoming = complaints.Incoming(
                source=complaints.ComplaintSource.GRID,
                external_no=str(n),
                received_at=AT - timedelta(days=365 * (n % 2)),
                party="示范诊所",
                words="无证医美",
                region="990101",
                address=address,
            )
            complaints.receive(tx, incoming, None, actor="甲", at=AT, desk=DESK, ids=ids)
        by_street = complaint_rows(tx, ComplaintDimension.STREET, region="990100")
        assert {row.key: len(row.numbers) for row in by_street} == {
            "南湖街道": 2, "石桥镇": 1, "不明": 1,
        }  # fmt: skip
        by_year = complaint_rows(tx, ComplaintDimension.YEAR)
        assert {row.key: len(row.numbers) for row in by_year} == {"2025": 2, "2026": 2}
        assert not complaint_rows(tx, ComplaintDimension.YEAR, region="980000")
        assert not complaint_rows(tx, ComplaintDimension.YEAR, types=("cure_rate",))


def test_a_health_centre_is_no_town() -> None:
    assert street("示范县石桥镇卫生院对面") == "不明"
