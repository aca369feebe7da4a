"""Campaigns: the list, and one campaign with its goals and figures."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.exceptions import HTTPException

from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from tickets.calendar import civil_date
from tickets.control import campaign_report, campaigns

router = APIRouter(prefix="/campaigns")


@router.get("")
def listing(request: Request, wired: Wired, _session: SignedIn) -> Response:
    """Every campaign, its stage, and the reports that are late."""
    at = wired.clock.now()
    with wired.truth.read() as tx:
        found = [(one, campaigns.late_reports(tx, one, at=at)) for one in campaigns.every(tx)]
    return page(
        request,
        "campaigns.html",
        found=found,
        today=civil_date(at),
        offices={office.id: office.name for office in wired.desk.offices.all},
    )


@router.get("/{campaign_id}")
def show(request: Request, wired: Wired, session: SignedIn, campaign_id: str) -> Response:
    """One campaign as of today. Its figures are the whole city's: they are for those who see it."""
    user = session.user
    if scope.offices(user) is not None or scope.region(user) is not None:
        raise HTTPException(403, "全部数字仅供全市人员查看；本机关的数字请在“统计”中按专项行动筛选")
    at = wired.clock.now()
    with wired.truth.read() as tx:
        campaign = campaigns.get(tx, campaign_id)
        report = campaign_report.report(tx, campaign, wired.control.measures, day=civil_date(at))
        late = campaigns.late_reports(tx, campaign, at=at)
    return page(
        request,
        "campaign.html",
        campaign=campaign,
        report=report,
        late=late,
        measures=wired.control.measures.measures,
        titles=wired.type_titles,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )
