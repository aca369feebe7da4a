"""Ids of consult widgets and statistics: keys of the operator behind a page (sources.md §3.3)."""

from __future__ import annotations

import re

from domain.pages import Identifier, IdentifierKind

# (name, sign that must occur in the page, expression whose group 1 is the operator's id)
_WIDGETS = (
    ("swt", "siteid=", r"LsJS\.aspx\?[^\"'\s<>]{0,200}?siteid=([A-Za-z]{3}\d{8})"),
    ("swt", "/LR/", r"/LR/Chat\w*\.aspx\?[^\"'\s<>]{0,200}?id=([A-Za-z]{3}\d{8})"),
    ("kst", "kuaishang", r"kuaishang\.\w+/bs/[^\"'\s<>]{0,200}?cas=(\d+___\d+)"),
    ("53kf", "53kf.com", r"53kf\.com/(?:code/)?(?:code|client|app|webCompany)/(\w+)/\d+"),
    ("53kf", "53kf.com", r"53kf\.com/webCompany\.php\?[^\"'\s<>]{0,100}?arg=(\w+)"),
    ("easyliao", "openJesongChatByGroup", r"openJesongChatByGroup\(\s*(\d+)\s*,"),
    ("easyliao", "easyliao.com", r"easyliao\.com/(\d+)/\d+/lazy\.js"),
    ("meiqia", "_MEIQIA", r"_MEIQIA\(\s*[\"']entId[\"']\s*,\s*[\"']?(\w+)"),
    ("live800", "live800", r"live800/chatClient/[^\"'\s<>]{0,200}?companyID=(\d+)"),
    ("lxb", "data-lxb-uid", r"data-lxb-uid=[\"']?(\d+)"),
    ("lxb", "lxbjs.baidu.com", r"lxbjs\.baidu\.com/[^\"'\s<>]{0,100}?sid=(\d+)"),
    ("qiao", "qiao.baidu.com", r"qiao\.baidu\.com/[^\"'\s<>]{0,200}?siteId=(\d+)"),
    ("hm", "hm.baidu.com", r"hm\.baidu\.com/h(?:m)?\.js(?:\?|%3F)([0-9a-f]{32})"),
    ("cnzz", "cnzz.com", r"cnzz\.com/[^\"'\s<>]{0,60}?(?:\?|%3F)(?:web_)?id(?:=|%3D)(\d+)"),
    ("union360", "s.union.360.cn", r"s\.union\.360\.cn/(\d+)\.js"),
)
_COMPILED = tuple((name, sign, re.compile(expression)) for name, sign, expression in _WIDGETS)
_QQ = re.compile(
    r"(?:wpa\.qq\.com/msgrd|tencent://message/)\?[^\"'<>\s]{0,100}?uin=(\d{5,11})", re.I
)
_CLIPBOARD = re.compile(r"data-clipboard-text=[\"']([A-Za-z][\w-]{5,19})[\"']")


def widgets(markup: str) -> tuple[Identifier, ...]:
    """Operator ids in the markup of a page, as "product:id", each once, sorted."""
    found = {
        (IdentifierKind.WIDGET, f"{name}:{match}")
        for name, sign, expression in _COMPILED
        if sign in markup
        for match in expression.findall(markup)
    }
    found |= {(IdentifierKind.QQ, number) for number in _QQ.findall(markup)}
    if "data-clipboard-text" in markup:
        found |= {(IdentifierKind.WECHAT, name) for name in _CLIPBOARD.findall(markup)}
    return tuple(Identifier(kind=kind, value=value) for kind, value in sorted(found))
