"""What a public-account article carries beside its words: sound, video, cards, goods, places."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import quote

from attrs import frozen
from selectolax.lexbor import LexborHTMLParser

from crawlers.pages.addresses import absolute
from crawlers.pages.blocks import Piece
from crawlers.pages.data import strings_in
from crawlers.pages.literals import JsValue
from crawlers.pages.wechat_state import State
from domain.pages import Identifier, IdentifierKind, Link

_MEDIA = (
    "video_page_infos", "voice_in_appmsg", "voice_in_appmsg_list_json", "audio_page_info",
    "music_page_info", "finder_audio_card", "finder_audio_card_list", "finder_music_card",
    "finder_music_card_list",
)  # fmt: skip
# Paid placements, goods and the place that a post is pinned to (sources.md §1.3).
_PLACEMENTS = (
    "advertisement_info", "window_product_list", "footer_product_card", "footer_common_shops",
    "locationlist", "location",
)  # fmt: skip
_ON_PICTURES = ("poi_info", "wxa_info", "bind_ad_info", "cps_ad_info", "pic_window_product")
_VIDEO = "iframe.video_iframe, mpvideo, mp-common-videosnap, mp-common-video"
_SOUND = "mpvoice, mp-common-mpaudio, qqmusic, mp-common-qqmusic"
_PROFILE = "https://mp.weixin.qq.com/mp/profile_ext?action=home&__biz="


@frozen(kw_only=True)
class Cards:
    """Accounts and mini-programs that an article shows as cards, and where it was first printed."""

    links: tuple[Link, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    notes: tuple[str, ...] = ()


def media_pieces(state: State) -> list[Piece]:
    """Titles and singers of the sound and video of an article, as its state names them."""
    return [one for name in _MEDIA for one in _texts(state.value(name), name)]


def placement_pieces(state: State) -> list[Piece]:
    """Words of advertisements, goods and places in the state; many a post says nothing else."""
    found = [one for name in _PLACEMENTS for one in _texts(state.value(name), name)]
    for picture in state.items("picture_page_info_list"):
        for name in _ON_PICTURES:
            found.extend(_texts(picture.get(name), f"picture_page_info_list.{name}"))
    return found


def unread_media(state: State, tree: LexborHTMLParser) -> tuple[str, ...]:
    """Notes that count the video and sound which nobody has looked at or listened to."""
    videos = len(tree.css(_VIDEO)) or len(state.items("video_page_infos"))
    sounds = len(tree.css(_SOUND)) or len(state.items("voice_in_appmsg"))
    counted = (("unread_video", videos), ("unread_audio", sounds))
    return tuple(f"{name}:{count}" for name, count in counted if count)


def cards_of(tree: LexborHTMLParser, state: State) -> Cards:
    """The cards in an article, its albums and the account it was reprinted from."""
    links: list[Link] = []
    names: list[str] = []
    for card in tree.css("mp-common-profile"):
        biz = card.attributes.get("data-id")
        if biz:
            words = (card.attributes.get("data-nickname") or "").strip()
            url = absolute(_PROFILE + quote(biz, safe=""), "")
            links.extend([Link(url=url, text=words, rel="account")] if url else [])
        names.append((card.attributes.get("data-alias") or "").strip())
    programs = (
        card.attributes.get("data-miniprogram-appid") for card in tree.css("mp-miniprogram")
    )
    notes = [f"miniprogram:{app}" for app in dict.fromkeys(programs) if app]
    source = tree.css_first(".original_primary_nickname, .original_primary_card_nickname")
    printed = " ".join(source.text(deep=True).split()) if source is not None else ""
    if printed:
        notes.append(f"reprinted_from:{printed[:60]}")
    return Cards(
        links=(*links, *_albums(state)),
        identifiers=tuple(
            Identifier(kind=IdentifierKind.WECHAT, value=name)
            for name in dict.fromkeys(names)
            if name
        ),
        notes=(*notes, *unread_media(state, tree)),
    )


def _albums(state: State) -> Iterator[Link]:
    albums = [(state.text("appmsgalbuminfo", "link"), state.text("appmsgalbuminfo", "title"))]
    for tag in state.items("public_tag_info", "tags"):
        albums.append((str(tag.get("tag_link") or ""), str(tag.get("tag_name") or "")))
    seen: dict[str, str] = {}
    for written, words in albums:
        url = absolute(written.replace("&amp;", "&"), "")
        if url:
            seen.setdefault(url, words)
    return (Link(url=url, text=words, rel="album") for url, words in seen.items())


def _texts(value: JsValue, path: str) -> Iterator[Piece]:
    """The strings with Chinese in a value, which may be JSON in a string."""
    inner = value
    if isinstance(value, str) and value.startswith(("{", "[")):
        try:
            inner = json.loads(value)
        except (ValueError, RecursionError):
            inner = value
    return strings_in(inner, path)
