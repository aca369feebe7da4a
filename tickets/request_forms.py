"""What one office may ask of or tell another, and the form of the answer."""

from __future__ import annotations

from enum import StrEnum


class AssistanceKind(StrEnum):
    """What one office asks of another; the value names the term in clocks.yml."""

    INQUIRY = "inquiry"
    FINDING = "finding"
    TEST = "test"
    APPROVAL_NOTICE = "approval_notice"
    CRIME_NOTICE = "crime_notice"
    REGISTER_NOTICE = "register_notice"
    AD_NOTICE = "ad_notice"
    OBSTRUCTION = "obstruction"
    JUSTICE_COPY = "justice_copy"


TITLES = {
    AssistanceKind.INQUIRY: "协查",
    AssistanceKind.FINDING: "认定",
    AssistanceKind.TEST: "检验（鉴定）",
    AssistanceKind.APPROVAL_NOTICE: "运用处罚结果",
    AssistanceKind.CRIME_NOTICE: "审查涉嫌非法行医",
    AssistanceKind.REGISTER_NOTICE: "列入经营异常名录",
    AssistanceKind.AD_NOTICE: "查处违法广告",
    AssistanceKind.OBSTRUCTION: "处置阻碍执法",
    AssistanceKind.JUSTICE_COPY: "签收抄送材料",
}
FORMS: dict[AssistanceKind, tuple[str, ...]] = {
    AssistanceKind.INQUIRY: ("查询结果", "材料清单", "承办人"),
    AssistanceKind.FINDING: ("认定结论", "依据", "文号", "承办人"),
    AssistanceKind.TEST: ("检验结论", "报告编号", "检验机构", "承办人"),
    AssistanceKind.APPROVAL_NOTICE: ("广告审查处理", "校验处理", "承办人"),
    AssistanceKind.CRIME_NOTICE: ("处理情况", "承办人"),
    AssistanceKind.REGISTER_NOTICE: ("处理情况", "列入日期", "承办人"),
    AssistanceKind.AD_NOTICE: ("是否立案", "案号", "承办人"),
    AssistanceKind.OBSTRUCTION: ("处理情况", "承办人"),
    AssistanceKind.JUSTICE_COPY: ("签收人", "签收日期"),
}
"""The points that an answer must give, by kind."""
