"""The coverage statement as a document that an office attaches (DOCX)."""

from __future__ import annotations

from collections.abc import Mapping

from cluewatch.coverage import Statement
from domain.outcomes import Outcome
from evidence.gaps import Gap
from tickets.letter_file import Letter, cut, moment

MOST_ROWS = 500
"""Longer lists are cut with a note; the JSON form has all of them."""

_REASONS = {
    Outcome.LOGIN_WALL: "网站要求登录",
    Outcome.CAPTCHA: "网站要求输入验证码",
    Outcome.JS_CHALLENGE: "网站以脚本验证拦截",
    Outcome.SOFT_BLOCK: "网站以拦截页面应答",
    Outcome.THROTTLED: "网站限制访问频率",
    Outcome.DENIED: "网站拒绝访问",
    Outcome.POLICY_DENIED: "按本系统的规则不予访问",
    Outcome.ROBOTS_DENIED: "网站声明不许自动访问（robots.txt）",
    Outcome.EMPTY_SHELL: "页面只有空壳，未能渲染出内容",
    Outcome.TOO_LARGE: "内容过大，未予留存",
    Outcome.BAD_CONTENT: "内容无法识别（含未识别的音频、视频）",
    Outcome.SERVER_ERROR: "网站服务器出错",
    Outcome.UNREACHABLE: "网站无法连接",
    Outcome.TIMEOUT: "网站在时限内没有应答",
}


def reason(outcome: Outcome) -> str:
    """Why something could not be seen, in the words of a statement."""
    return _REASONS.get(outcome, outcome.value)


def coverage_letter(told: Statement, *, author: str) -> bytes:
    """The statement as DOCX; the same statement gives the same bytes."""
    letter = Letter(title="监测覆盖说明", author=author, at=told.made_at)
    letter.fields(
        [
            ("监测单位", author or "未登记"),
            ("监测时段", f"{moment(told.since)}起，至{moment(told.until)}止"),
            ("制作时间", moment(told.made_at)),
        ]
    )
    _seen(letter, told)
    _unseen(letter, told)
    letter.heading("三、本来看不到的")
    for text in told.limits:
        letter.paragraph(text)
    letter.paragraph("未能看到不等于没有违法；以上各处在恢复访问后由系统自动补看。")
    return letter.to_bytes()


def _seen(letter: Letter, told: Statement) -> None:
    total, good = sum(told.captures.values()), told.captures.get(Outcome.OK, 0)
    letter.heading("一、看到的")
    letter.paragraph(
        f"本时段监测对象 {len(told.watched)} 个，其中 {len(told.watched) - len(told.unseen)} 个"
        f"至少读到一个页面；留存采集 {total} 次，读到内容的 {good} 次。"
    )
    if told.unseen:
        letter.paragraph("以下监测对象在本时段没有读到任何页面：")
        rows = [[cut(one.title), one.id, str(one.captures)] for one in told.unseen[:MOST_ROWS]]
        letter.table(["监测对象", "编号", "采集次数"], rows, (7.0, 6.3, 2.5))
        _rest(letter, len(told.unseen))


def _unseen(letter: Letter, told: Statement) -> None:
    letter.heading("二、未能看到的")
    if not told.gaps:
        letter.paragraph("本时段没有未能看到之处。")
        return
    still = sum(gap.is_open for gap in told.gaps)
    letter.paragraph(f"共 {len(told.gaps)} 处，其中 {still} 处至制作时仍未恢复。按原因：")
    _by_reason(letter, told.reasons)
    letter.table(
        ["何处", "原因", "自何时", "次数", "现状"],
        [_row(gap) for gap in told.gaps[:MOST_ROWS]],
        (5.2, 4.0, 3.2, 1.2, 2.2),
    )
    _rest(letter, len(told.gaps))


def _by_reason(letter: Letter, reasons: Mapping[Outcome, int]) -> None:
    rows = [[reason(outcome), str(number)] for outcome, number in reasons.items()]
    letter.table(["原因", "处数"], rows, (12.6, 3.2))


def _row(gap: Gap) -> list[str]:
    now = "未恢复" if gap.is_open else "已恢复"
    since = moment(gap.since).removesuffix("（北京时间）")
    return [cut(gap.place), f"{reason(gap.outcome)}：{cut(gap.reason)}", since, str(gap.count), now]


def _rest(letter: Letter, number: int) -> None:
    if number > MOST_ROWS:
        letter.paragraph(f"以上列出 {MOST_ROWS} 条，共 {number} 条，其余见 JSON。")
