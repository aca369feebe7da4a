"""What stands in for the outside of evidence: a browser, a judge of visits, a time server."""

from __future__ import annotations

import struct
import zlib
from datetime import timedelta

from attrs import evolve

from domain.captures import Hop, Profile
from domain.errors import CluewatchError
from domain.outcomes import Outcome
from domain.rendering import RenderedPage, Visit
from evidence import content

PAGE = (
    "<!doctype html><html><head><meta charset='utf-8'><title>青禾门诊部</title></head><body>"
    "<h1>青禾门诊部</h1><p>本门诊部采用自研疗法，签约治疗，三个疗程包好，无效退款。</p>"
    "<p>咨询电话 400-000-0123，地址：云州市东湖路一号。</p><script>var x = 1;</script>"
    "</body></html>"
).encode()


class StandInRenderer:
    """A browser for tests: shows what it is told to, and remembers how it was asked."""

    def __init__(self) -> None:
        self.html: bytes | None = PAGE
        self.final_url: str | None = None
        self.error: CluewatchError | None = None
        self.stored_error: CluewatchError | None = None
        self.changes: dict[str, object] = {"screenshot": checkered_png()}
        self.visit = Visit(
            status=200,
            headers=(("Content-Type", "text/html"), ("Content-Encoding", "br")),
            body=PAGE,
            redirects=(Hop(url="http://qinghe.test/old", status=302),),
            addresses=("127.3.0.9", "127.3.0.10"),
            address="127.3.0.9",
            tls=None,
        )
        self.asked: list[tuple[str, str]] = []

    def render(self, url: str, *, profile: Profile = Profile.DESKTOP) -> RenderedPage:
        assert profile is Profile.DESKTOP
        self.asked.append(("live", url))
        if self.error:
            raise self.error
        return self._page(url, self.html or b"", self.visit)

    def render_stored(self, url: str, html: bytes, charset: str) -> RenderedPage:
        self.asked.append(("stored", charset))
        if self.stored_error:
            raise self.stored_error
        return self._page(url, html.decode(charset).encode(), None)

    def _page(self, url: str, html: bytes, visit: Visit | None) -> RenderedPage:
        page = RenderedPage(
            html=html,
            text=content.visible_text(html.decode()),
            screenshot=b"",
            mhtml=b"MIME-Version: 1.0",
            masked=checkered_png(),
            final_url=self.final_url or url,
            visit=visit,
            environment={"browser": "stand-in 1"},
            cleanliness={"cookies": 0},
        )
        return evolve(page, **self.changes)  # type: ignore[arg-type] # fields given by name


class StandInJudge:
    """Says what a visit came to: content, unless the test says otherwise."""

    def __init__(self) -> None:
        self.answer = (Outcome.OK, "")
        self.asked: list[dict[str, object]] = []

    def __call__(self, **answer: object) -> tuple[Outcome, str]:
        self.asked.append(answer)
        return self.answer


class Reference:
    """A time server that tells how far our clock is off, or does not answer."""

    def __init__(self) -> None:
        self.answer: timedelta | CluewatchError = timedelta(milliseconds=12)

    def offset(self) -> timedelta:
        if isinstance(self.answer, CluewatchError):
            raise self.answer
        return self.answer


def grey_png(rows: list[bytes]) -> bytes:
    """A small 8-bit grey PNG."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        check = struct.pack(">I", zlib.crc32(kind + body))
        return struct.pack(">I", len(body)) + kind + body + check

    header = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def checkered_png() -> bytes:
    """A picture that is not blank."""
    return grey_png([b"\x00\xff", b"\xff\x00"])
