"""The name of the operator as the page itself states it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from domain.pages import Block, Origin

_ENDINGS = (
    "医院|门诊部|诊所|卫生院|卫生所|卫生服务中心|保健院|美容院|医疗美容|医学美容|整形美容|"
    "美容中心|健康中心|体检中心|康复中心|养生馆|会所|美学中心|工作室|研究院|研究所|药房|药店|"
    "有限责任公司|股份有限公司|有限公司|集团|委员会|管理局|疾控中心|协会|学会|大学|学院"
)
# These end names too, but in a title as often the words for a treatment or a department.
_WEAK_ENDINGS = "门诊|口腔|齿科|牙科|整形|医美|美肤|中心|馆"
_NOT_AFTER = "(?!的|是|在|专家|地址|电话|官网)"
_START = r"[一-龥（）()·A-Za-z0-9]{2,30}?"
_BRANCH = "(?:[（(][一-龥]{2,10}[)）])?"
_STRONG = re.compile(rf"{_START}(?:{_ENDINGS})+{_NOT_AFTER}{_BRANCH}")
_ANY = re.compile(rf"{_START}(?:{_ENDINGS}|{_WEAK_ENDINGS})+{_NOT_AFTER}{_BRANCH}")
_LICENCE = re.compile(
    r"(?:医疗机构(?:第一)?名称|机构名称|单位名称|企业名称|公司名称|主办单位|主体名称|第一名称)\s*[：:]\s*"
    r"([一-龥（）()·A-Za-z0-9]{4,40})"
)
_COPYRIGHT = re.compile(r"版权所有|copyright|©|all rights? reserved", re.IGNORECASE)
_ICP = re.compile(r"ICP[备证]", re.IGNORECASE)
_LEAD = re.compile(
    r"\A(?:版权所有|版权归|归|由|本站|网站|主办|承办|单位|所有|地址|名称|年|copyright|[：:\s\d©-])+",
    re.IGNORECASE,
)
_PLAIN = re.compile(r"[一-龥（）()·]{3,20}")
_FOOT_LINES = 6
_SEPARATOR = re.compile(r"\s*[-_|—–·,，]+\s*|\s+")


def subject_hint(*, blocks: Iterable[Block], metas: Mapping[str, str], title: str) -> str | None:
    """The best stated name: licence text, footer copyright, ICP line, og:site_name, end of title.

    The end of a title needs the ending of an institution's name or to stand in the footer again.
    Titles that scripts set never count: copied templates leak the names of other institutions.
    """
    heads = (Origin.TITLE, Origin.META)
    lines = [block.text for block in blocks if block.origin not in heads]
    return next(_candidates(lines, metas, title), None)


def _candidates(lines: list[str], metas: Mapping[str, str], title: str) -> Iterator[str]:
    for line in lines:
        named = _LICENCE.search(line) if "：" in line or ":" in line else None
        if named:
            yield named[1]
    for sign in (_COPYRIGHT, _ICP):
        for line in reversed(lines):
            if sign.search(line):
                yield from _names_in(line, _ANY)
    if metas.get("og:site_name", "").strip():
        yield metas["og:site_name"].strip()
    parts = _SEPARATOR.split(title)
    for part in reversed(parts):
        yield from _names_in(part, _STRONG)
    foot = "\n".join(lines[-_FOOT_LINES:])
    yield from (part for part in reversed(parts[1:]) if _PLAIN.fullmatch(part) and part in foot)


def _names_in(line: str, form: re.Pattern[str]) -> Iterator[str]:
    for match in form.finditer(line[:400]):
        name = _LEAD.sub("", match[0]).strip("（）()·")
        if len(name) >= 4:
            yield name
