"""What is watched (监测对象)."""

from __future__ import annotations

from enum import StrEnum

from attrs import frozen


class SourceKind(StrEnum):
    """What a source is, which decides who is likely to speak on it."""

    HOSPITAL_SITE = "hospital_site"
    BEAUTY_SITE = "beauty_site"
    PUBLIC_ACCOUNT = "public_account"
    SHOP = "shop"
    AD_PLACEMENT = "ad_placement"
    MEDIA = "media"
    GOVERNMENT = "government"
    UNKNOWN = "unknown"


class RiskTier(StrEnum):
    """How soon a source must be looked at again."""

    HIGH = "high"
    NORMAL = "normal"
    LOW = "low"


KIND_TITLES: dict[str, str] = {
    SourceKind.HOSPITAL_SITE: "医院网站",
    SourceKind.BEAUTY_SITE: "美容机构网站",
    SourceKind.PUBLIC_ACCOUNT: "公众号",
    SourceKind.SHOP: "店铺",
    SourceKind.AD_PLACEMENT: "广告位",
    SourceKind.MEDIA: "媒体",
    SourceKind.GOVERNMENT: "政府网站",
    SourceKind.UNKNOWN: "未知",
}
RISK_TITLES: dict[str, str] = {RiskTier.HIGH: "高", RiskTier.NORMAL: "中", RiskTier.LOW: "低"}


@frozen(kw_only=True)
class VisitHours:
    """The hours of the day in China at which a site may be visited: from `opens` until `closes`
    (0 to 24), over midnight when `closes` is not later."""

    opens: int
    closes: int


@frozen(kw_only=True)
class Source:
    """One site, account, shop or ad placement that an operator has put under watch.

    `region` is the six-digit code of GB/T 2260 where the operator of the source is believed to be;
    `spider` names the navigation family; `hosts` are the hosts it may visit; `delay` is the
    least number of civil seconds between two requests to one of them; `expected_pages` is the
    least number of pages that a full crawl should find (0: not known), so that a silent
    under-collection is noticed. With `hours` the site is visited only then (small clinics: at
    night).
    """

    id: str
    kind: SourceKind
    title: str
    operator: str | None = None
    region: str
    start_urls: tuple[str, ...]
    hosts: tuple[str, ...]
    risk: RiskTier = RiskTier.NORMAL
    spider: str = "site"
    delay: float = 2.0
    daily_cap: int = 2000
    hours: VisitHours | None = None
    expected_pages: int = 0
