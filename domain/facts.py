"""The questions that registers answer about a page, named once for every printed form."""

from __future__ import annotations

FACT_TITLES: dict[str, str] = {
    "institution_licence": "医疗机构执业许可",
    "departments": "诊疗科目",
    "project_scope": "宣传项目的相应登记（许可数据交叉比对）",
    "lead_physician": "主诊医师",
    "medical_ad_approval": "医疗广告审查证明",
    "ad_refusal": "广告审查申请限制",
    "internet_hospital": "互联网医院",
    "insured_institution": "医保定点",
    "vaccination_unit": "预防接种单位",
    "cell_project": "细胞治疗备案项目",
    "reproduction_centre": "人类辅助生殖技术许可",
    "drug": "药品批准文号",
    "device": "医疗器械注册或备案",
    "icp_subject": "ICP 备案主体",
    "business": "营业执照",
    "qr_notice": "执业信息公示码",
    "penalty": "既往行政处罚",
}
"""Fact name → title, in the order in which facts are stated."""
