"""Pages that are no content: refusals, challenges, log-in walls and missing pages in disguise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from attrs import frozen

from domain.outcomes import Outcome
from domain.pages import BlockPage, StatusPage

_SMALL_PAGE = 400
_WINDOW = 200_000
_NEVER = r"(?!)"


@frozen(kw_only=True)
class _Signal:
    """How one kind of refusal shows. `title` must match the title as a whole. `markup` is a sign
    in the source, `words` one in the readable text; both count on pages of little text alone."""

    outcome: Outcome
    reason: str
    url: str = _NEVER
    title: str = _NEVER
    markup: str = _NEVER
    words: str = _NEVER


_SIGNALS = (
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="微信环境验证页",
        url=r"/mp/wappoc_appmsgcaptcha",
        markup=r"id=[\"']js_verify[\"']|tcaptcha_iframe_dy",
        words=r"当前环境异常|环境异常，完成验证",
    ),
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="搜狗验证码页",
        url=r"sogou\.com/antispider",
        markup=r"antispider(?:\.min)?\.js",
        words=r"请输入图中的验证码",
    ),
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="百度安全验证页",
        title=r"百度安全验证",
        markup=r"passMod_dialog-wrapper|wappass\.baidu\.com/static/captcha",
    ),
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="阿里系滑块验证页",
        url=r"/_____tmd_____/punish",
        markup=r"_____tmd_____/punish|x5secdata",
    ),
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="美团、点评验证页",
        url=r"verify\.meituan\.com/|spiderindefence",
        markup=r"verify\.meituan\.com/v2/web/general_page",
    ),
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="58 同城验证页",
        url=r"/antibot/(?:verifycode|deny)|callback\.58\.com/|/firewall/",
        words=r"访问过于频繁[\s\S]{0,40}验证码",
    ),
    _Signal(outcome=Outcome.CAPTCHA, reason="百姓网验证页", url=r"baixing\.com/.*spider_1"),
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="小红书验证页",
        url=r"/website-login/captcha|verifyBiz=461",
    ),
    _Signal(outcome=Outcome.LOGIN_WALL, reason="小红书登录页", url=r"/website-login/error"),
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="抖音验证码中间页",
        title=r"验证码中间页",
        words=r"请完成下列验证后继续",
    ),
    _Signal(
        outcome=Outcome.JS_CHALLENGE,
        reason="抖音脚本质询页",
        markup=r"__ac_signature|waf-jschallenge",
    ),
    _Signal(
        outcome=Outcome.LOGIN_WALL,
        reason="微博访客系统",
        url=r"passport\.weibo\.com/visitor",
        title=r"Sina Visitor System",
    ),
    _Signal(
        outcome=Outcome.LOGIN_WALL,
        reason="点评登录页",
        url=r"account\.dianping\.com/",
    ),
    _Signal(outcome=Outcome.JS_CHALLENGE, reason="加速乐脚本质询页", markup=r"__jsl_clearance"),
    _Signal(
        outcome=Outcome.JS_CHALLENGE,
        reason="瑞数脚本质询页",
        markup=r"\$_ts\s*=|\$_ts\[",
    ),
    _Signal(
        outcome=Outcome.JS_CHALLENGE,
        reason="阿里云脚本质询页",
        markup=r"acw_sc__v[23]",
    ),
    _Signal(
        outcome=Outcome.JS_CHALLENGE,
        reason="Cloudflare 质询页",
        title=r"Just a moment\.\.\.|Attention Required!.*",
        markup=r"cdn-cgi/challenge-platform",
    ),
    _Signal(
        outcome=Outcome.CAPTCHA,
        reason="验证码页",
        title=r"(?:安全|人机|滑块|访问)?(?:验证码?|校验)(?:页面?|中心)?|验证您是否是真人",
        words=r"请(?:完成|进行)(?:安全|人机|滑块|下列|以下)验证|拖动滑块完成|点击按钮完成验证",
    ),
    _Signal(
        outcome=Outcome.SOFT_BLOCK,
        reason="访问被拦截的提示页",
        title=r"(?:访问)?(?:被)?(?:拦截|阻断|拒绝)(?:提示|页面)?|网站防火墙|403 Forbidden",
        words=r"(?:您的|你的)?(?:访问|请求)(?:过于频繁|太频繁|被拦截|被阻断|存在异常)|"
        r"请求带有不合法参数|已被网站管理员设置拦截",
    ),
    _Signal(
        outcome=Outcome.LOGIN_WALL,
        reason="登录页",
        words=r"(?:请|需要?)(?:先)?登录(?:后|才能|再)(?:查看|访问|继续|浏览)|登录后查看",
    ),
)
_COMPILED = tuple(
    (
        signal,
        re.compile(signal.url, re.IGNORECASE),
        re.compile(rf"\s*(?:{signal.title})\s*\Z", re.IGNORECASE),
        re.compile(signal.markup),
        re.compile(signal.words),
    )
    for signal in _SIGNALS
)


def _any(fields: Iterable[str], flags: re.RegexFlag = re.NOFLAG) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{one})" for one in fields if one != _NEVER), flags)


# One expression for all signals of a kind: nearly every page passes these and is done.
_ANY_URL = _any((signal.url for signal in _SIGNALS), re.IGNORECASE)
_ANY_TITLE = re.compile(
    rf"\s*(?:{_any(signal.title for signal in _SIGNALS).pattern})\s*\Z", re.IGNORECASE
)
_ANY_MARKUP = _any(signal.markup for signal in _SIGNALS)
_ANY_WORDS = _any(signal.words for signal in _SIGNALS)
_MISSING_TITLE = re.compile(
    r"\A\s*(?:(?:HTTP\s*)?404\b|(?:您|你)?(?:访问|查看|要找)?的?(?:页面|内容|文章|信息)"
    r"(?:不存在|找不到|未找到|没有找到|不见了|已删除|已被删除)|找不到(?:页面|网页|该页)|"
    r"(?:page|file|object)?\s*not found|出错啦?|无法找到(?:该页|网页))",
    re.IGNORECASE,
)
_MISSING_WORDS = re.compile(
    r"(?:页面|网页|内容|文章|信息|商品|帖子)(?:不存在|找不到了?|未找到|没有找到|不见了|"
    r"已(?:经)?(?:被)?(?:删除|下架))|(?:访问|查找|请求)的(?:页面|网页|文件)(?:不存在|可能已)|"
    r"404 (?:not found|错误|页面)|抱歉[，,]?(?:您|你)?(?:访问|要找|查看)的",
    re.IGNORECASE,
)
_BY_STATUS = {
    304: Outcome.NOT_MODIFIED,
    401: Outcome.LOGIN_WALL,
    403: Outcome.DENIED,
    404: Outcome.DELETED,
    408: Outcome.TIMEOUT,
    410: Outcome.DELETED,
    412: Outcome.JS_CHALLENGE,
    413: Outcome.TOO_LARGE,
    418: Outcome.DENIED,
    429: Outcome.THROTTLED,
    451: Outcome.DENIED,
    461: Outcome.CAPTCHA,
    471: Outcome.CAPTCHA,
    521: Outcome.JS_CHALLENGE,
}


def refusal(*, url: str, title: str, markup: str, words: str) -> BlockPage | StatusPage | None:
    """What a page is that was answered with 200 and yet is no content; None for a real page.

    An address or a whole title is proof by itself. A sign in the source or in the words counts
    only where the page has little else to say: articles speak of captchas too.
    """
    little = len(words) < _SMALL_PAGE
    head = markup[:_WINDOW]
    suspicious = little and (_ANY_MARKUP.search(head) or _ANY_WORDS.search(words))
    if suspicious or _ANY_URL.search(url) or (title and _ANY_TITLE.match(title)):
        for signal, in_url, in_title, in_markup, in_words in _COMPILED:
            certain = in_url.search(url) or (title and in_title.match(title))
            if certain or (suspicious and (in_markup.search(head) or in_words.search(words))):
                return BlockPage(outcome=signal.outcome, reason=signal.reason)
    if _MISSING_TITLE.match(title) or (little and _MISSING_WORDS.search(words)):
        return StatusPage(outcome=Outcome.SOFT_404, reason="页面不存在，却以 200 应答")
    return None


def outcome_of_status(status: int, headers: Sequence[tuple[str, str]] = ()) -> Outcome:
    """What an HTTP status alone says (0: no answer). A 2xx still has to be read."""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status == 0:
        return Outcome.UNREACHABLE
    if status < 300:
        return Outcome.OK
    if status < 400:
        return Outcome.REDIRECTED
    if status < 500:
        return Outcome.DENIED
    waits = any(name.lower() == "retry-after" for name, _ in headers)
    return Outcome.THROTTLED if status == 503 and waits else Outcome.SERVER_ERROR
