"""The picture that may be shown: nobody can read a patient's name in it, or see a picture."""

from __future__ import annotations

import base64
import hashlib

import pytest

from crawlers.browser import ChromiumRenderer
from domain.rendering import RenderedPage
from tests.browser.test_chromium_renderer import egress, renderer  # noqa: F401 - fixtures
from tests.evidence.stand_ins import grey_png

pytestmark = pytest.mark.browser

URL = "http://yard.test/"


def show(renderer: ChromiumRenderer, body: str) -> RenderedPage:  # noqa: F811 - the fixture
    text = f"<!doctype html><html><head><meta charset=utf-8></head><body>{body}</body></html>"
    return renderer.render_stored(URL, text.encode(), "utf-8")


@pytest.mark.parametrize(
    "form",
    [
        "<h1>患者张{}，术后第三天</h1>",
        "<p>患者<b>张</b><i>{}</i>，术后第三天</p>",
        "<p id=a>患者张{}，术后第三天</p><script>const a=document.getElementById('a');"
        "const whole=a.textContent;new MutationObserver(()=>{{if(a.textContent!==whole)"
        "a.textContent=whole}}).observe(a,{{characterData:true,childList:true,subtree:true}});"
        "setInterval(()=>{{a.textContent=whole}},1)</script>",
        "<input value=患者张{}>",
        "<p data-name=患者张{}><style>p::before{{content:attr(data-name)}}</style></p>",
    ],
)
def test_two_patients_look_the_same(
    renderer: ChromiumRenderer,  # noqa: F811 - the fixture
    form: str,
) -> None:
    one, two = (show(renderer, form.format(name)) for name in ("晓东", "一鸣"))
    assert one.screenshot != two.screenshot
    if "<input" not in form:  # blurred, not masked: alike, not the same
        assert one.masked == two.masked
    assert one.masked != one.screenshot


def noise() -> list[bytes]:
    return [hashlib.shake_256(bytes([row])).digest(200) for row in range(200)]


@pytest.mark.parametrize(
    "form",
    [
        "<img src='{}'>",
        "<div style=\"width:200px;height:200px;background-image:url('{}')\"></div>",
        "<svg width=200 height=200><image href='{}' width=200 height=200 /></svg>",
    ],
)
def test_pictures_cannot_be_made_out(
    renderer: ChromiumRenderer,  # noqa: F811 - the fixture
    form: str,
) -> None:
    address = "data:image/png;base64," + base64.b64encode(grey_png(noise())).decode()
    page = show(renderer, form.format(address))
    assert len(page.masked) < len(page.screenshot) / 2


def test_what_a_business_says_stays_readable(
    renderer: ChromiumRenderer,  # noqa: F811 - the fixture
) -> None:
    page = show(renderer, "<h1>青禾门诊部</h1><p>预约电话 400-000-0123，院长张国强亲诊</p>")
    assert page.masked == page.screenshot
