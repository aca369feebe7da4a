"""What scripts say without being run."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from crawlers.pages.literals import NotLiteral, read_literal
from crawlers.pages.scripts import literal, page_addresses, written_markup


def test_document_write_is_joined_and_unescaped() -> None:
    code = r"""
    // document.write("comment")
    document.writeln("<ul><li><a href=\"/a/1.html\">简介<\/a>");
    document . write('<\/li>' + name + '\u4e13\u5bb6</ul>');
    var unrelated = "text";
    """
    assert written_markup(code).split() == [
        "<ul><li><a",
        'href="/a/1.html">简介</a>',
        "</li>专家</ul>",
    ]


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("document.write(unescape('%u6cbb%u7597%3Cb%3E'))", "治疗<b>"),
        ("document.write(decodeURIComponent('%E6%B2%BB'))", "治"),
        ("document.write(atob('5rK755aX'))", "治疗"),
        ("document.write(atob('***'))", ""),
        ("box.innerHTML = '<p>好</p>';", "<p>好</p>"),
        ("x = 'document.write'", ""),
    ],
)
def test_encoded_and_assigned_markup(code: str, expected: str) -> None:
    assert written_markup(code).strip() == expected


def test_addresses_of_pages_in_literals() -> None:
    code = """location.href = './shenhe.php'; go("/zt/index.html"); var a = ['/x/y.js', "text",
    'https://b.test/p.aspx?id=1', "1.5", "/"];"""
    assert list(page_addresses(code)) == [
        "./shenhe.php",
        "/zt/index.html",
        "https://b.test/p.aspx?id=1",
    ]


def test_escapes_of_all_kinds() -> None:
    assert (
        literal(
            r"'\x22\u6cbb\u{1f642}\ud83d\ude42\n\'\
z'"
        )
        == "\"治\U0001f642\U0001f642\n'z"
    )


def test_state_with_calls_operators_and_comments() -> None:
    source = """window.x = { // note
        title: JsDecode('\\x3cb\\x3e'), 'n': '12' * 1, bad: 'WORD' * 1, biz: "" || "Mz=",
        list: [ {a: 1,}, ], on: true ? 'y' : 'n', text: 'a' + 'b', neg: -3, h: "t".html(false),
        none: undefined, call: f(), /* end */ };"""
    assert read_literal(source, source.index("=") + 1) == {
        "title": "<b>",
        "n": 12.0,
        "bad": 0.0,
        "biz": "Mz=",
        "list": [{"a": 1.0}],
        "on": "y",
        "text": "ab",
        "neg": -3.0,
        "h": "t",
        "none": None,
        "call": None,
    }


@pytest.mark.parametrize("source", ["", "{a 1}", "[1 2]", "{", "[" * 500, "-" * 5000, "{1:", ")"])
def test_what_is_no_literal_is_refused(source: str) -> None:
    with pytest.raises(NotLiteral):
        read_literal(source, 0)


_JSON = st.recursive(
    st.none() | st.booleans() | st.floats(-1e9, 1e9) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)


@settings(deadline=None)
@given(_JSON)
def test_json_is_read_as_json(value: object) -> None:
    text = json.dumps(value)
    assert read_literal(text, 0) == json.loads(text)


@settings(deadline=None)
@given(st.text(alphabet="{}[]():,;'\"\\*|&+-?.!ab1 \n", max_size=80))
def test_any_source_is_read_or_refused(source: str) -> None:
    with contextlib.suppress(NotLiteral):
        read_literal(source, 0)
    written_markup("document.write(" + source)
    list(page_addresses(source))
