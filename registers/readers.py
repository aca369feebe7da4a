"""One row of a register, read strictly by its schema: what is wrong is said, never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

from attrs import field, frozen, mutable

from language.identifiers import institution_number_valid, usci_valid
from language.normalise import normalise
from registers.kinds import Field, Kind, Reads
from registers.names import name_key, number_key, phone_keys

_DATE = re.compile(r"(\d{4})[-/.年]?(\d{1,2})[-/.月]?(\d{1,2})日?(?: 0?0:00(?::00)?)?")
_UNLIMITED = ("长期", "永久", "无固定期限")
_LIST_MARKS = re.compile(r"[、,，;；/\n]+(?![^（(]*[)）])")
_REGION = re.compile(r"\d{6}(?:\d{3}|\d{6})?", re.ASCII)
_LONGEST = {Reads.NAME: 200, Reads.PARTY: 200, Reads.ADDRESS: 1000, Reads.NUMBER: 200}
_LONGEST_TEXT = 10_000


@frozen(kw_only=True)
class Entry:
    """One record of a register as one list states it.

    `numbers` are the identifiers by field, `parties` the names of others that the record is
    about, `details` what else the register's schema declares. `region` is "" when the register
    tells none; `valid_until` None: it states no end.
    """

    kind: str
    name: str
    region: str = ""
    address: str = ""
    phones: tuple[str, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None
    numbers: Mapping[str, str] = field(factory=dict)
    parties: Mapping[str, str] = field(factory=dict)
    details: Mapping[str, tuple[str, ...]] = field(factory=dict)

    def detail(self, key: str) -> str:
        """A further field in words; "" when the record does not state it."""
        return "、".join(self.details.get(key, ()))


@frozen(kw_only=True)
class Flaw:
    """What is wrong with one cell. `column` is the field's title, "" when it is the whole row."""

    column: str
    reason: str


def read_entry(kind: Kind, cells: Mapping[str, str]) -> Entry | tuple[Flaw, ...]:
    """The record that a row states (`cells` by field), or all that is wrong with it."""
    row = _Row(kind=kind, cells=cells)
    entry = row.entry()
    return tuple(row.flaws) or entry


def numbered_identity(kind: Kind, entry: Entry) -> str | None:
    """What the register's own numbers make of a record: two rows that share it are one record."""
    known = {**entry.numbers, **{k: name_key(v) for k, v in entry.parties.items()}}
    known["name"] = name_key(entry.name)
    for parts in kind.identity:
        if all(known.get(part) for part in parts):
            return "|".join((parts[0], *(known[part] for part in parts)))
    return None


def identity(kind: Kind, entry: Entry) -> str:
    """The same in every import for the same record; name and division where numbers fail."""
    return numbered_identity(kind, entry) or f"{name_key(entry.name)}@{entry.region}"


@mutable(kw_only=True)
class _Row:
    """Reads the fields of one row and collects what is wrong with them."""

    kind: Kind
    cells: Mapping[str, str]
    flaws: list[Flaw] = field(factory=list)

    def entry(self) -> Entry:
        """The row, as far as it can be read."""
        read = {key: self._read(one) for key, one in self.kind.fields.items()}
        texts = {key: values[0] for key, values in read.items() if values}
        dates = {key: date.fromisoformat(texts.pop(key)) for key in _PERIOD if key in texts}
        self._check_period(dates)
        by = self._keys_by
        return Entry(
            kind=self.kind.key,
            name=texts.get("name", ""),
            region=texts.get("region") or texts.get("licence_no", "")[9:15],
            address=texts.get("address", ""),
            phones=read.get("phone", ()),
            valid_from=dates.get("valid_from"),
            valid_until=dates.get("valid_until"),
            numbers={k: texts[k] for k in by(lambda r: r.identifies) if k in texts},
            parties={k: texts[k] for k in by(lambda r: r is Reads.PARTY) if k in texts},
            details={k: read[k] for k in by(_DETAILS.__contains__) if read[k] and k not in _PERIOD},
        )

    def _keys_by(self, test: Callable[[Reads], bool]) -> list[str]:
        return [key for key, one in self.kind.fields.items() if test(one.reads)]

    def _read(self, one: Field) -> tuple[str, ...]:
        cell = self.cells.get(one.key, "").replace("\0", "").strip()
        try:
            values = _READERS[one.reads](_bounded(cell, one)) if cell else ()
        except ValueError as error:
            self.flaws.append(Flaw(column=one.title, reason=str(error)))
            return ()
        if one.required and not values:
            self.flaws.append(Flaw(column=one.title, reason=f"没有{one.title}"))
        return values

    def _check_period(self, dates: Mapping[str, date]) -> None:
        since, until = (dates.get(key) for key in _PERIOD)
        if since and until and until < since:
            title = self.kind.fields["valid_until"].title
            self.flaws.append(Flaw(column=title, reason=f"{until} 早于起始日期 {since}"))


_PERIOD = ("valid_from", "valid_until")
_DETAILS = frozenset({Reads.LIST, Reads.TEXT, Reads.DATE})


def _bounded(cell: str, one: Field) -> str:
    longest = _LONGEST.get(one.reads, _LONGEST_TEXT)
    if len(cell) > longest:
        raise ValueError(f"超过 {longest} 字")
    return cell


def _name(cell: str) -> tuple[str, ...]:
    return (cell,) if name_key(cell) else ()


def _usci(cell: str) -> tuple[str, ...]:
    code = number_key(cell)
    if not usci_valid(code):
        raise ValueError(f"统一社会信用代码“{code}”的格式或校验位不符")
    return (code,)


def _licence_no(cell: str) -> tuple[str, ...]:
    number = number_key(cell)
    if not institution_number_valid(number):
        raise ValueError(f"登记号“{number}”的格式或校验位不符")
    return (number,)


def _number(cell: str) -> tuple[str, ...]:
    key = number_key(cell)
    return (key,) if key else ()


def _region(cell: str) -> tuple[str, ...]:
    """Six digits; the longer codes of streets and villages are cut."""
    stated = number_key(cell)
    if _REGION.fullmatch(stated) is None:
        raise ValueError(f"行政区划“{stated}”应为六位代码")
    return (stated[:6],)


def _date(cell: str) -> tuple[str, ...]:
    value = normalise(cell).text.strip()
    if value in _UNLIMITED:
        return ()
    match = _DATE.fullmatch(value)
    if match is not None:
        try:
            return (date(int(match[1]), int(match[2]), int(match[3])).isoformat(),)
        except ValueError:
            pass
    raise ValueError(f"“{value}”不是日期")


def _list(cell: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _LIST_MARKS.split(cell) if part.strip())


def _text(cell: str) -> tuple[str, ...]:
    return (cell,)


_READERS: Mapping[Reads, Callable[[str], tuple[str, ...]]] = {
    Reads.NAME: _name,
    Reads.USCI: _usci,
    Reads.LICENCE_NO: _licence_no,
    Reads.NUMBER: _number,
    Reads.PARTY: _name,
    Reads.REGION: _region,
    Reads.ADDRESS: _text,
    Reads.PHONES: phone_keys,
    Reads.DATE: _date,
    Reads.LIST: _list,
    Reads.TEXT: _text,
}
