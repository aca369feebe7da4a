"""Names of private persons, told from those of doctors, staff and officials by their places.

A name is looked for only where the words around it say that a patient, a customer, a parent or
a child is meant (names.yml). Where it ends, the segmenter's tags say; where a title of a
profession stands beside it, it is not private.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from attrs import frozen

from documents.private_numbers import MOBILE, Span
from language.tokens import tagged
from storage.datafiles import Strict, read

_HAN = "一-鿿"
_RUN = re.compile(f"[{_HAN}]{{2,12}}")
_BEFORE = f"(?<![{_HAN}*])"
_AGE = r"(?:[0-9]{1,3}|[一二三四五六七八九十]{1,3})(?:周?岁|个月|月龄)"
_PHONE_NEAR = re.compile(
    rf"(?:(?!咨询|预约|热线|客服|医院|门诊|医生|医师|院长)[^。！？!?\n]){{0,30}}?{MOBILE}"
)
_PARTICULARS = re.compile(rf"[,， (]{{1,2}}(?:(?:男|女)(?:[,， )]|$)|{_AGE}|电话|手机|联系电话)")
_MOST_GIVEN = 2
_MOST_NAME = 4


class _Words(Strict):
    """names.yml."""

    introductions: list[str]
    kin: list[str]
    followers: list[str]
    surnames: str
    compounds: list[str]
    words: str
    everyday: str
    particles: str
    addresses: list[str]
    endings: list[str]
    professions: list[str]


@frozen(kw_only=True)
class _Forms:
    """The expressions that names.yml makes: places where a name begins, and what forbids one."""

    places: tuple[re.Pattern[str], ...]
    labels: tuple[re.Pattern[str], ...]
    behind: re.Pattern[str]
    surname: re.Pattern[str]
    word: re.Pattern[str]
    everyday: frozenset[str]
    ending: re.Pattern[str]
    title: re.Pattern[str]
    title_near: re.Pattern[str]


def private_names(plain: str) -> Iterator[Span]:
    """Spans of the given names of private persons, and of the telephones that follow them."""
    forms = _forms()
    for form in (*forms.places, *forms.labels):
        for match in form.finditer(plain):
            start = match.start("name")
            is_label = form in forms.labels or _has_particulars(plain, start)
            yield from _names_from(plain, start, is_label=is_label)
    for match in forms.surname.finditer(plain):
        if match.start() == 0 or not re.match(f"[{_HAN}*]", plain[match.start() - 1]):
            given = _given(plain, match.start(), is_label=_is_alone(plain, match.start()))
            if given and forms.behind.match(plain, given[1]):
                yield from _with_phone(plain, given)


def _names_from(plain: str, start: int, *, is_label: bool) -> Iterator[Span]:
    """The name at `start`, and those that are joined to it."""
    while given := _given(plain, start, is_label=is_label):
        yield from _with_phone(plain, given)
        if plain[given[1] : given[1] + 1] not in ("、", "和", "与", "及"):
            return
        start = given[1] + 1


def _has_particulars(plain: str, start: int) -> bool:
    """Whether sex, age or telephone follow what stands alone between the marks."""
    run = _RUN.match(plain, start)
    return run is not None and _PARTICULARS.match(plain, run.end()) is not None


def _is_alone(plain: str, start: int) -> bool:
    """Whether nothing but a name fits between the marks, and it is no word of its own."""
    run = _RUN.match(plain, start)
    return run is not None and len(run[0]) <= _MOST_NAME and tagged(run[0])[0][0] != run[0]


def _with_phone(plain: str, given: Span) -> Iterator[Span]:
    yield given
    if phone := _PHONE_NEAR.match(plain, given[1]):
        yield phone.span("tail")


def _given(plain: str, start: int, *, is_label: bool) -> Span | None:
    """The given name of the person who is named at `start`; None when nobody private is."""
    forms = _forms()
    surname, run = forms.surname.match(plain, start), _RUN.match(plain, start)
    if surname is None or run is None or forms.word.match(plain, start):
        return None
    end = start + _length(run[0], len(surname[0]), is_label=is_label)
    if end <= surname.end() or forms.title.match(plain, end):
        return None
    if (is_label or plain[end : end + 1] in ",，") and forms.title_near.match(plain, end):
        return None
    return surname.end(), end


def _length(run: str, surname: int, *, is_label: bool) -> int:
    """How many characters of `run` are one name; 0 when it begins with another word."""
    words = tagged(run)
    first, tag = words[0]
    most = surname + _MOST_GIVEN
    if tag.startswith("nr") and surname < len(first) <= most:
        more = [word for word, _ in words[1:2] if len(word) == 1]
        end = _joined(len(first), more, most)
        return _ended(run, surname + 1, end)
    if is_label and len(run) <= most:
        return len(run)
    if len(first) > surname or first in _forms().everyday:
        return 0
    return _ended(run, surname, _joined(surname, [word for word, _ in words[1:3]], most))


def _joined(end: int, words: list[str], most: int) -> int:
    """Where a name ends that has `end` characters, with as many of the next words as fit."""
    for word in words:
        if end + len(word) > most:
            break
        end += len(word)
    return end


def _ended(run: str, start: int, end: int) -> int:
    """Where before `end` something begins that no name holds, else `end`."""
    ending = _forms().ending
    return next((place for place in range(start, end) if ending.match(run, place)), end)


@cache
def _forms() -> _Forms:
    names = read(files("documents") / "names.yml").validated(_Words)

    def any_of(words: list[str]) -> str:
        return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))

    surname = f"(?:{any_of(names.compounds)}|[{''.join(names.surnames.split())}])"
    title = any_of(names.professions)
    kin = any_of(names.kin)
    introduced = f"(?:{any_of(names.introductions)})(?:之一的?)?"
    mark = r"[:“\"'「【】\])(( ，,、—-]{0,3}"
    name = f"(?P<name>{surname})"
    return _Forms(
        places=tuple(
            re.compile(f"(?={form}{name})")
            for form in (
                f"{introduced}(?:姓名|名?叫|是)?{mark}",
                f"(?:我的?|他|她|其)(?:{kin})(?:名?叫|是|姓名)?{mark}",
                f"的(?:{kin})(?:名?叫|是)?",
                f"(?:本人|在下|我是|家父|家母){mark}",
                f"{_AGE}(?:高龄)?的",
                "术[后前]第?[一二三四五六七八九十0-9]{1,3}[天日周月年]的",
                "(?:尊敬|亲爱)的",
            )
        ),
        labels=tuple(
            re.compile(f"(?={form}{name})")
            for form in (
                rf"(?<![{_HAN}])姓\s*名[】\])]?[: ]{{0,3}}",
                f"(?:我叫|我的名字叫){mark}",
                r"(?:案例|病例)[一二三四五六七八九十0-9]{0,3}[: ]{1,2}",
            )
        ),
        behind=re.compile(
            rf"[,，( ]{{0,2}}(?:(?:男|女)(?:[,， ]{{0,2}}(?:现?年龄?)?{_AGE}|[)）])|现年{_AGE})"
            rf"|(?:{any_of(names.followers)})|(?:女士|先生|小姐)?的(?:{kin})|\((?:患者|家属)"
        ),
        surname=re.compile(surname),
        word=re.compile(f"{any_of(names.words.split())}|{surname}(?:{any_of(names.addresses)})"),
        everyday=frozenset(names.everyday),
        ending=re.compile(f"[{names.particles}]|{any_of(names.endings)}"),
        title=re.compile(f"\\(?[{_HAN}]{{0,2}}(?:{title})"),
        title_near=re.compile(f"[^。！？!?\n]{{0,24}}?(?:{title})"),
    )
