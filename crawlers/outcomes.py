"""What an answer came to: the status first, then what the page itself says."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from urllib.parse import urljoin, urlsplit

from attrs import frozen

from crawlers import pages
from crawlers.pages.signals import outcome_of_status, refusal
from domain.ids import derive_id
from domain.outcomes import Outcome
from domain.pages import BlockPage, ParsedPage

_LONGEST_WISH = timedelta(hours=24)
_LOGIN = re.compile(
    r"/(?:user/|member/|account/)?(?:login|signin|sign-in|passport)\b", re.IGNORECASE
)
_PROOF = re.compile(r"/(?:verify|captcha|antispider|security-check)\b", re.IGNORECASE)
_NOT_WORDS = re.compile(r"[\d\W]+")


@frozen(kw_only=True)
class Judgement:
    """An outcome with its reason in words ("" when there is nothing to add).

    `gist` is a key of the words on the page, whatever their order and the numbers among them;
    None when there is no page; `length` is how many characters can be read on it.
    """

    outcome: Outcome
    reason: str = ""
    gist: str | None = None
    length: int | None = None


def judge(
    *,
    status: int,
    url: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    complete: bool,
    at: datetime,
) -> Judgement:
    """The outcome of one HTTP answer. `complete` is false when the body broke off."""
    outcome = outcome_of_status(status, headers)
    if outcome is Outcome.REDIRECTED and header(headers, "location") is None:
        return Judgement(outcome=Outcome.BAD_CONTENT, reason=f"HTTP {status} 没有 Location")
    wall = _wall(url, header(headers, "location")) if outcome is Outcome.REDIRECTED else None
    if wall is not None:
        return wall
    if outcome is not Outcome.OK:
        return Judgement(outcome=outcome, reason=f"HTTP {status}")
    if not complete:
        return Judgement(outcome=Outcome.BAD_CONTENT, reason="响应中途断开，正文不完整")
    reading = pages.read(body=body, url=url, headers=headers, captured_at=at)
    if isinstance(reading, ParsedPage):
        # A page of pictures says more than its few words; only the same bytes are the same page.
        pictures = "image_only" in reading.notes
        key = derive_id(hashlib.sha256(body).hexdigest()) if pictures else gist_of(reading.text)
        return Judgement(outcome=Outcome.OK, gist=key, length=len(reading.text))
    return Judgement(outcome=reading.outcome, reason=reading.reason)


def _wall(url: str, location: str | None) -> Judgement | None:
    """A redirect to a page where one has to log in or to prove oneself; None for any other."""
    target = urljoin(url, location or "")
    refused = refusal(url=target, title="", markup="", words="")
    if isinstance(refused, BlockPage):
        return Judgement(outcome=refused.outcome, reason=f"跳转至{refused.reason}")
    path = urlsplit(target).path
    if _LOGIN.search(path) and not _LOGIN.search(urlsplit(url).path):
        return Judgement(outcome=Outcome.LOGIN_WALL, reason=f"跳转至登录页 {path[:100]}")
    if _PROOF.search(path):
        return Judgement(outcome=Outcome.CAPTCHA, reason=f"跳转至验证页 {path[:100]}")
    return None


def gist_of(text: str) -> str:
    """The same key for texts that differ in numbers, punctuation and repetition only."""
    return derive_id(*sorted(set(_NOT_WORDS.split(text))))


def header(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """The first value of a header, None when it is absent."""
    return next((value for key, value in headers if key.lower() == name), None)


def retry_after(headers: Sequence[tuple[str, str]], at: datetime) -> datetime | None:
    """The moment named by Retry-After (seconds or date), at most a day ahead; None without one."""
    value = header(headers, "retry-after")
    if value is None:
        return None
    try:
        seconds = int(value)
        moment = at + timedelta(seconds=min(max(seconds, 0), 86400))
    except ValueError:
        try:
            moment = parsedate_to_datetime(value)
        except ValueError:
            return None
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return min(max(moment, at), at + _LONGEST_WISH)
