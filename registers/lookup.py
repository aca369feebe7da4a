"""What the registers hold for a day: versions in force, complete lists, the control query."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date, timedelta

from attrs import evolve, frozen
from sqlalchemy import Connection, Row, Select, func, select

from registers.kinds import Kind
from registers.names import core, grams, name_key, neighbours, number_key, plain_key
from registers.readers import Entry
from registers.tables import covered, entries, imports, keys
from storage.records import from_json

COUNTRY = "000000"
"""The division code that stands for all of them."""

MOST = 1000
"""How many records a look-up finds at most; as many as that may be cut short."""

_MOST_ALIKE = 60
_MOST_VERSIONS = 10_000

Keys = Mapping[str, Collection[str]]
"""Scheme → values; what a look-up goes by (registers.tables.keys)."""


@frozen(kw_only=True)
class Version:
    """A record as one import states it; `former` are the names that earlier ones gave it."""

    entry: Entry
    identity: str
    as_of: date
    file: str
    former: tuple[str, ...] = ()


def find(tx: Connection, kind: Kind, wanted: Keys, *, day: date) -> tuple[Version, ...]:
    """The records of which any version bears any of these keys, each as in force on `day`."""
    found: dict[str, None] = {}
    for scheme, values in wanted.items():  # one scheme at a time, or no engine uses the index
        if values:
            of_scheme = _of_city("").where(
                keys.c.kind == kind.key, keys.c.scheme == scheme, keys.c.value.in_(list(values))
            )
            identities = tx.execute(of_scheme.distinct().limit(MOST)).scalars()
            found |= dict.fromkeys(identities)
    return _in_force(tx, kind, list(found), day)


def find_alike(
    tx: Connection, kind: Kind, name: str, *, city: str, day: date
) -> tuple[Version, ...]:
    """The records whose name differs from the name key `name` by one character, whose own part
    is part of its own part, or shares half of its character pairs.

    Of very many only those that share most. `city` are the first four digits of a division code,
    "" for everywhere.
    """
    own = core(name)
    pairs = grams(own)
    parts = {own[i:j] for i in range(len(own)) for j in range(i + 2, len(own) + 1)}
    shared = func.count(func.distinct(keys.c.value))
    longest = func.max(func.length(keys.c.value))
    near = neighbours(plain_key(name))
    by_near = _of_city(city).where(
        keys.c.kind == kind.key, keys.c.scheme == "near", keys.c.value.in_(near)
    )
    by_part = _of_city(city).where(
        keys.c.kind == kind.key, keys.c.scheme == "core", keys.c.value.in_(parts)
    )
    by_part = by_part.group_by(entries.c.identity).order_by(longest.desc(), entries.c.identity)
    by_pairs = (
        _of_city(city)
        .where(keys.c.kind == kind.key, keys.c.scheme == "gram", keys.c.value.in_(pairs))
        .group_by(entries.c.identity)
        .having(shared * 2 >= len(pairs))
        .order_by(shared.desc(), entries.c.identity)
    )
    found = [
        identity
        for wanted in (by_near.distinct(), by_part, by_pairs)
        for identity in tx.execute(wanted.limit(_MOST_ALIKE)).scalars()
    ]
    return _in_force(tx, kind, list(dict.fromkeys(found)), day)


def coverage(tx: Connection, kind: Kind, region: str, day: date) -> tuple[str, date] | None:
    """The division and day of the newest complete list that proves something for `region` on
    `day`: of the division itself, its city, its province or the country, and not too old."""
    if not kind.proves_days or len(region) != 6:
        return None
    places = (region, f"{region[:4]}00", f"{region[:2]}0000", COUNTRY)
    wanted = (
        select(covered.c.region, covered.c.as_of)
        .where(
            covered.c.kind == kind.key,
            covered.c.region.in_(places),
            covered.c.as_of <= day,
            covered.c.as_of >= day - timedelta(days=kind.proves_days),
        )
        .order_by(covered.c.as_of.desc(), covered.c.region.desc())
        .limit(1)
    )
    found = tx.execute(wanted).one_or_none()
    return None if found is None else (found.region, found.as_of)


def control(tx: Connection, kind: Kind, region: str, as_of: date) -> Version | None:
    """A known record of a complete list, when every way of asking finds it; None when one fails.

    Without it an empty answer could as well come from a broken register.
    """
    row = tx.execute(
        _versions()
        .join(covered, covered.c.import_id == entries.c.import_id)
        .where(covered.c.kind == kind.key, covered.c.region == region, covered.c.as_of == as_of)
        .where(entries.c.region.startswith(_prefix(region), autoescape=True))
        .order_by(entries.c.import_id, entries.c.row)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    known = _version(row)
    one = known.entry
    ways: list[Keys] = [{"name": [name_key(one.name)]}]
    ways += [{scheme: [value]} for scheme, value in one.numbers.items()]
    return known if all(_finds(tx, kind, way, known) for way in ways) else None


def held_kinds(tx: Connection, day: date) -> frozenset[str]:
    """The registers of which any list describes `day` or a day before it."""
    return frozenset(tx.execute(select(imports.c.kind).where(imports.c.as_of <= day)).scalars())


def named(tx: Connection, kind: Kind, text: str, *, day: date, limit: int) -> list[Version]:
    """Records whose number or name is `text`, or else whose name holds it, as of `day`."""
    numbers = [key for key, one in kind.fields.items() if one.reads.identifies]
    exact = {"name": [name_key(text)], **{key: [number_key(text)] for key in numbers}}
    found = find(tx, kind, exact, day=day)
    if not found:
        wanted = select(entries.c.identity).where(
            entries.c.kind == kind.key, entries.c.name.contains(text.strip(), autoescape=True)
        )
        identities = tx.execute(wanted.distinct().order_by("identity").limit(limit)).scalars()
        found = _in_force(tx, kind, list(identities), day)
    return list(found[:limit])


def _finds(tx: Connection, kind: Kind, way: Keys, known: Version) -> bool:
    found = find(tx, kind, way, day=known.as_of)
    return known.identity in {version.identity for version in found}


def _prefix(region: str) -> str:
    if region.endswith("0000"):
        return "" if region == COUNTRY else region[:2]
    return region[:4] if region.endswith("00") else region


def _of_city(city: str) -> Select[str]:
    """Identities of the records beside their keys; the caller says which keys."""
    wanted = select(entries.c.identity).join(
        keys, (keys.c.import_id == entries.c.import_id) & (keys.c.row == entries.c.row)
    )
    return wanted.where(entries.c.region.startswith(city, autoescape=True)) if city else wanted


def _in_force(
    tx: Connection, kind: Kind, identities: Collection[str], day: date
) -> tuple[Version, ...]:
    """Of each record the newest version not after `day`; failing that a later one that says of
    itself that it was valid by then."""
    if not identities:
        return ()
    wanted = _versions().where(entries.c.kind == kind.key, entries.c.identity.in_(list(identities)))
    newest_first = wanted.order_by(entries.c.as_of.desc(), entries.c.row.desc())
    known: dict[str, Version] = {}
    later: dict[str, Version] = {}
    former: dict[str, dict[str, None]] = {}
    for row in tx.execute(newest_first.limit(_MOST_VERSIONS)):
        if row.as_of > day:
            version = _version(row)
            since = version.entry.valid_from
            if since is not None and since <= day:
                later[row.identity] = version
        elif row.identity not in known:
            known[row.identity] = _version(row)
        elif row.name != known[row.identity].entry.name:
            former.setdefault(row.identity, {})[row.name] = None
    return _without_forerunners(
        evolve(version, former=tuple(former.get(identity, ())))
        for identity, version in {**later, **known}.items()
    )


def _without_forerunners(found: Iterable[Version]) -> tuple[Version, ...]:
    """Leave out what is the same record before it gained a number."""
    places: dict[tuple[str, str], list[Version]] = {}
    for version in found:
        one = version.entry
        places.setdefault((name_key(one.name), one.region), []).append(version)
    return tuple(
        version
        for there in places.values()
        for version in there
        if not any(_succeeds(other, version) for other in there)
    )


def _succeeds(newer: Version, older: Version) -> bool:
    """Whether `older`, of the same name and place, is no second record."""
    one, other = newer.entry, older.entry
    return (
        newer.as_of > older.as_of
        and other.numbers.items() <= one.numbers.items()
        and other.parties.items() <= one.parties.items()
    )


def _versions() -> Select[str, str, str, date, str]:
    columns = (
        entries.c.record,
        entries.c.name,
        entries.c.identity,
        entries.c.as_of,
        imports.c.file,
    )
    return select(*columns).join(imports, imports.c.id == entries.c.import_id)


def _version(row: Row[str, str, str, date, str]) -> Version:
    return Version(
        entry=from_json(Entry, row.record), identity=row.identity, as_of=row.as_of, file=row.file
    )
