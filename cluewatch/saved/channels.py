"""What group robots of 企业微信, 钉钉 and 飞书 are sent, and what their answers mean.

Formats: developer.work.weixin.qq.com/document/path/91770, open.dingtalk.com (自定义机器人),
open.feishu.cn (自定义机器人使用指南). All get plain text: titles of pages are hostile, and
markup would let them set links or call everybody.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import urlencode

from attrs import frozen

from cluewatch.saved.store import Message
from cluewatch.sections import ChannelKind
from domain.errors import PermanentError, RetryableError

MOST_BYTES = 2000
"""企业微信 takes 2048 bytes of text, the least of the three."""

_LONGEST_FIELD = 60


_BUSY = {
    ChannelKind.WECOM: frozenset({-1, 45009, 45033}),
    ChannelKind.DINGTALK: frozenset({-1, 130101, 410100}),
    ChannelKind.FEISHU: frozenset({9499, 11232, 11233}),
}
"""Answers that mean: later."""


@frozen(kw_only=True)
class Post:
    """A request to a robot; `query` is added to its address."""

    query: str
    payload: Mapping[str, object]


def words(message: Message) -> str:
    """The message as text, no longer than every robot takes."""
    if message.lines:
        return _short([f"【{message.search}】", *map(_line, message.lines)])
    head = f"【监测提醒】{_plain(message.search)}：新发现 {len(message.found)} 条"
    lines = [head]
    for place, (title, subject, url) in enumerate(message.found, start=1):
        line = f"{place}. {_plain(title)}（{_plain(subject)}）\n{_address(url)}"
        rest = f"……其余 {len(message.found) - place + 1} 条请在控制台查看"
        if len("\n".join([*lines, line, rest]).encode()) > MOST_BYTES:
            return "\n".join([*lines, rest])
        lines.append(line)
    return "\n".join(lines)


def _short(lines: Sequence[str]) -> str:
    """As many whole lines as every robot takes."""
    kept = list(lines)
    while len("\n".join(kept).encode()) > MOST_BYTES:
        kept.pop()
    return "\n".join(kept)


def robot_post(kind: ChannelKind, text: str, *, secret: str, at: datetime) -> Post:
    """The request that says `text`; signed where the robot has a secret."""
    match kind:
        case ChannelKind.WECOM:
            return Post(query="", payload={"msgtype": "text", "text": {"content": text}})
        case ChannelKind.DINGTALK:
            stamp = str(int(at.timestamp() * 1000))
            signed = _signature(secret, f"{stamp}\n{secret}") if secret else ""
            query = urlencode({"timestamp": stamp, "sign": signed}) if secret else ""
            return Post(query=query, payload={"msgtype": "text", "text": {"content": text}})
        case ChannelKind.FEISHU:
            stamp = str(int(at.timestamp()))
            signed = _signature(f"{stamp}\n{secret}", "")
            proof = {"timestamp": stamp, "sign": signed} if secret else {}
            return Post(query="", payload={**proof, "msg_type": "text", "content": {"text": text}})
        case ChannelKind.MAIL:
            raise ValueError("mail is not posted")


def check_answer(kind: ChannelKind, answer: Mapping[str, object]) -> str:
    """The receipt in an answer. Raises RetryableError where the robot is busy, else
    PermanentError with its words."""
    code = answer.get("errcode", answer.get("code", answer.get("StatusCode")))
    said = answer.get("errmsg") or answer.get("msg") or answer.get("StatusMessage") or ""
    if code == 0:
        return f"{kind.value} 已接收（{said or 'ok'}）"
    if code in _BUSY[kind]:
        raise RetryableError(f"{kind.value} 暂时不接收：{code} {said}"[:300])
    raise PermanentError(f"{kind.value} 拒收：{code} {said}"[:300])


def _signature(key: str, text: str) -> str:
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def _plain(text: str) -> str:
    """Short, on one line, and without what 飞书 would read as a tag."""
    line = _line(text)
    return line if len(line) <= _LONGEST_FIELD else f"{line[:_LONGEST_FIELD]}…"


def _line(text: str) -> str:
    line = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return line.translate(_HARMLESS)


def _address(url: str) -> str:
    return "".join(c for c in url if c.isprintable() and not c.isspace())[:300].translate(_HARMLESS)


_HARMLESS = str.maketrans({"<": "＜", ">": "＞", "@": "＠"})
