"""Video and audio on a page: what is said in them cannot be read, and that must be known."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from attrs import frozen
from selectolax.lexbor import LexborNode

from crawlers.pages import markup
from crawlers.pages.addresses import absolute, base_of
from language.charset import to_text
from language.decoding import BadContent, decode_body

_SIGNS = re.compile(
    r"<(?:video|audio|mpvoice|mp-common-mpaudio|mip-video|embed)\b|video_iframe|v\.qq\.com/|"
    r"player\.youku\.com/|player\.bilibili\.com/",
    re.IGNORECASE,
)
_ELEMENTS = (
    "video, audio, video source, audio source, mip-video, mpvoice, mp-common-mpaudio, embed, "
    "iframe.video_iframe, iframe[src*='v.qq.com'], iframe[data-src*='v.qq.com'], "
    "iframe[src*='player.youku.com'], iframe[src*='player.bilibili.com']"
)
_ADDRESSES = ("data-src", "data-mpvid", "voice_encode_fileid", "src")
_SOUND = frozenset({"audio", "mpvoice", "mp-common-mpaudio"})
_SOUND_FILE = re.compile(r"\.(?:mp3|m4a|amr|wav|aac|ogg)\Z", re.IGNORECASE)
_MOST = 20


@frozen(kw_only=True)
class Recording:
    """One video or piece of sound. `url` is its own address, or the page's with a fragment that
    names it, when it has none."""

    url: str
    sound: bool

    @property
    def reason(self) -> str:
        """Why it is a gap, in words."""
        what = "音频：语音内容" if self.sound else "视频：画面与语音内容"
        return f"{what}暂不能读取"


def recordings(
    *, body: bytes, url: str, headers: Sequence[tuple[str, str]]
) -> tuple[Recording, ...]:
    """The recordings on a page (`body` before content decoding), each once, at most `_MOST`."""
    decoded = decode_body(headers, body)
    if isinstance(decoded, BadContent):
        return ()
    text, _, _ = to_text(decoded, headers)
    if not _SIGNS.search(text):
        return ()
    tree = markup.parse(text)
    found = {one.url: one for node in tree.css(_ELEMENTS) for one in _of(node, url)}
    return tuple(found.values())[:_MOST]


def _of(node: LexborNode, page: str) -> Iterator[Recording]:
    attributes = node.attributes
    written = next((value for name in _ADDRESSES if (value := attributes.get(name))), None)
    if not written:
        return
    parent = node.parent.tag if node.parent is not None else ""
    sound = node.tag in _SOUND or parent in _SOUND or bool(_SOUND_FILE.search(written))
    address = absolute(written, base_of(page, None)) if "/" in written or "." in written else None
    yield Recording(url=address or f"{page.partition('#')[0]}#{written}", sound=sound)
