"""Video and sound on a page are found, so that a gap can be noted for what is said in them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from crawlers.pages.recordings import recordings

URL = "http://a.test/zt/1.html"


def found(html: str) -> list[tuple[str, bool]]:
    return [(one.url, one.sound) for one in recordings(body=html.encode(), url=URL, headers=[])]


def test_every_way_of_placing_a_recording() -> None:
    html = """<video src="/v/1.mp4"></video><video><source src="2.mp4"></video>
    <audio><source src="/s/3.mp3"></audio><mpvoice voice_encode_fileid="MzA4" name="访谈"></mpvoice>
    <iframe class="video_iframe" data-src="https://v.qq.com/iframe/preview.html?vid=x1"></iframe>
    <iframe src="https://player.youku.com/embed/y"></iframe><embed src="/f/4.swf">"""
    assert sorted(found(html)) == sorted(
        [
            ("http://a.test/v/1.mp4", False),
            ("http://a.test/zt/2.mp4", False),
            ("http://a.test/s/3.mp3", True),
            (f"{URL}#MzA4", True),
            ("https://v.qq.com/iframe/preview.html?vid=x1", False),
            ("https://player.youku.com/embed/y", False),
            ("http://a.test/f/4.swf", False),
        ]
    )


def test_pages_without_any_are_not_even_parsed() -> None:
    assert found("<p>视频讲座 video</p><iframe src='/dh.html'></iframe>") == []


def test_no_page_can_flood_us() -> None:
    assert len(found("".join(f"<video src='/{n}.mp4'></video>" for n in range(500)))) == 20


@given(st.text(alphabet="<>/\"'= videosrcembd", max_size=200))
def test_broken_markup_never_fails(text: str) -> None:
    found(text)
