"""Private persons made unrecognisable, character for character.

Masked are numbers of identity cards and of patients' records, names in places that say that a
patient, a parent or a child is meant, and the mobile number that follows such a name. What a
business says about itself stays clear: clues are grouped by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from attrs import evolve

from documents.identity import identity_numbers
from domain.pages import Block, Document
from storage.datafiles import Strict, read

STAR = "*"
"""One for each character taken away."""

_PLAIN = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20}
# No database keeps them, and a hostile page may hold them.
_UNKEPT = dict.fromkeys([0, *range(0xD800, 0xE000)], "\ufffd")
_RECORD = re.compile(
    r"(?:病历|病案|住院|门诊|就诊卡|诊疗卡|登记卡|检查|检验|医保卡|社保卡)编?号码?"
    r"[\s:是为]*(?P<number>[0-9A-Za-z][0-9A-Za-z-]{3,})"
)
_MOBILE_OWNED = (
    r"[,、;( ]{0,2}(?:本人|联系)?(?:电话|手机号?码?|联系方式)[\s:是为]*"
    r"1[3-9][0-9]{5}(?P<mobile>[0-9]{4})(?![0-9])"
)
_LABEL = r"(?:姓名[ :]{0,2}|名?叫|[(—-]{0,2})"
# After a mere colon a patient may be speaking (患者：黄色的): a name must go on like a name.
_PARTICULARS = r"(?=[,、 (]{0,2}(?:男|女|今年|[0-9]{1,3}岁|联系|本人|电话|手机|病历|住院|身份证))"
_HAN = "一-鿿"


def mask(text: str) -> str:
    """`text` with stars in place of what is private; its length, in code points, stays.

    Masking what is masked changes nothing. Characters that cannot be stored (NUL, lone
    surrogates) become U+FFFD.
    """
    kept = text.translate(_UNKEPT)
    plain = kept.translate(_PLAIN)
    letters = list(kept)
    for start, end in _private(plain):
        letters[start:end] = STAR * (end - start)
    return "".join(letters)


def masked(document: Document) -> Document:
    """The document as it may be stored; all offsets hold."""
    text = mask(document.text)
    return evolve(
        document,
        text=text,
        title=mask(document.title),
        blocks=tuple(_block(block, document.text, text) for block in document.blocks),
        links=tuple(evolve(link, text=mask(link.text)) for link in document.links),
    )


def _block(block: Block, before: str, after: str) -> Block:
    if before[block.start : block.end] == block.text:
        return evolve(block, text=after[block.start : block.end])
    return evolve(block, text=mask(block.text))


def _private(plain: str) -> Iterator[tuple[int, int]]:
    yield from identity_numbers(plain)
    for match in _RECORD.finditer(plain):
        yield match.span("number")
    for form in _name_forms():
        for match in form.finditer(plain):
            yield match.span("given")
            if match["mobile"]:
                yield match.span("mobile")


class _Names(Strict):
    """names.yml."""

    introductions: list[str]
    followers: list[str]
    surnames: str
    compounds: list[str]
    words: str
    particles: str
    addresses: list[str]
    endings: list[str]


@cache
def _name_forms() -> tuple[re.Pattern[str], ...]:
    names = read(files("documents") / "names.yml").validated(_Names)
    surname = f"(?:{'|'.join(names.compounds)}|[{''.join(names.surnames.split())}])"
    name = (
        f"(?!{'|'.join(names.words.split())}){surname}(?!{'|'.join(names.addresses)})"
        f"(?P<given>(?!{'|'.join(names.endings)})(?:(?![{names.particles}])[{_HAN}]){{1,2}}?)"
    )
    ends = f"(?=[^{_HAN}{STAR}]|$|{'|'.join(names.endings)})"
    mobile = f"(?:{_MOBILE_OWNED})?"
    introduction = f"(?:{'|'.join(names.introductions)})"
    follower = f"(?:{'|'.join(names.followers)})"
    # Look-aheads, so that one match never hides another that begins inside it.
    return (
        re.compile(f"(?={introduction}{_LABEL}{name}{ends}{mobile})"),
        re.compile(f"(?={introduction}[ :]{{1,2}}{name}{_PARTICULARS}{mobile})"),
        re.compile(f"(?<![{_HAN}{STAR}])(?={name}{follower}{mobile})"),
    )
