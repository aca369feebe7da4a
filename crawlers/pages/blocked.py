"""Hosts and paths that no spider of ours ever asks for, as data (sources.md §0.1, §3.3).

Redirectors are told by their paths wherever they are served: engines put them behind other hosts.

An ad redirector bills the advertiser at each request; a consult widget pops up as an enquiry at
the hospital and tips it off; analytics and pixels count us as a visitor.
"""

from __future__ import annotations

import re

AD_REDIRECTORS = (
    r"//(?:www\.|m\.)?baidu\.com/other\.php",
    r"//[^/?#]+/(?:baidu|adrc|pagead)\.php\b",
    r"//bzclk\.baidu\.com/",
    r"//[^/?#]+/search/eclk\b",
    r"//e\.tf\.360\.cn/",
    r"/bill_(?:cpc|search|un)\b",
    r"//ctb\.brand\.sogou\.com/",
    r"\.sm\.cn/adclick",
    r"/adclick\b",
    r"//\w*\.?googleadservices\.com/",
    r"//\w+\.doubleclick\.net/",
    r"//cpro\.baidu\.com/",
    r"//pos\.baidu\.com/",
)
CONSULT_WIDGETS = (
    r"\.zoosnet\.net/",
    r"\.zoossoft\.(?:cn|com)/",
    r"/(?:JS/LsJS|LR/Chat\w*|LR/chatwin)\.aspx",
    r"/swt/?(?:[?#]|index|\Z)",
    r"/js/swt\w*\.js",
    r"\.kuaishang\.(?:cn|com)/",
    r"\.53kf\.com/",
    r"\.easyliao\.(?:com|net)/",
    r"\.meiqia\.com/",
    r"/live800/",
    r"//lxbjs\.baidu\.com/",
    r"//wpa\.(?:b\.)?qq\.com/",
    r"//p\.qiao\.baidu\.com/",
    r"//affim\.baidu\.com/",
    r"\.udesk\.cn/",
    r"\.looyu\w*\.com/",
    r"\.ntalker\.com/",
)
ANALYTICS = (
    r"//hm\.baidu\.com/",
    r"\.cnzz\.com/",
    r"//fxgate\.baidu\.com/",
    r"//s\.union\.360\.cn/",
    r"//push\.zhanzhang\.baidu\.com/",
    r"//zz\.bdstatic\.com/",
    r"//js\.passport\.qihucdn\.com/",
    r"\.google-analytics\.com/",
    r"\.googletagmanager\.com/",
    r"\.growingio\.com/",
    r"//js\.users\.51\.la/",
    r"//ia\.51\.la/",
    r"\.bshare\.cn/",
    r"//bdimg\.share\.baidu\.com/",
)
_BLOCKED = re.compile("|".join((*AD_REDIRECTORS, *CONSULT_WIDGETS, *ANALYTICS)), re.IGNORECASE)


def is_blocked(url: str) -> bool:
    """Whether the address may never be requested, by the spider or by the browser."""
    return _BLOCKED.search(url) is not None
