"""Campaigns: the list, and one campaign with its goals and figures."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from cluewatch.accounts import scope
from cluewatch.console.access import SignedIn, Wired
from cluewatch.console.rendering import page
from tickets.calendar import civil_date
from tickets.control import campaign_report, campaigns
from tickets.control.figures import Slice

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
    """One campaign as of today, in what the user may see of it."""
    user = session.user
    within = Slice(region=scope.region(user), offices=scope.offices(user))
    at = wired.clock.now()
    with wired.truth.read() as tx:
        campaign = campaigns.get(tx, campaign_id)
        report = campaign_report.report(
            tx, campaign, wired.control.measures, day=civil_date(at), within=within
        )
        late = campaigns.late_reports(tx, campaign, at=at)
    return page(
        request,
        "campaign.html",
        campaign=campaign,
        report=report,
        limited=user.limited_to_offices or bool(user.region),
        late=late,
        measures=wired.control.measures.measures,
        titles=wired.type_titles,
        offices={office.id: office.name for office in wired.desk.offices.all},
    )
