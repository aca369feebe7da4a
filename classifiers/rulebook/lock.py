"""The lock of the rulebook: no rule changes unnoticed, none without a new version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from classifiers.rulebook.book import Rulebook
from classifiers.rulebook.loading import SHIPPED
from domain.errors import ConfigError
from storage.records import to_plain

LOCK = "rulebook.lock"


@frozen(kw_only=True)
class Locked:
    """What the lock holds of one rule."""

    version: int
    sha256: str


@frozen(kw_only=True)
class Difference:
    """A rule that is not as the lock says; `problem` is what a person has to do about it."""

    slug: str
    problem: str


def current(rulebook: Rulebook) -> dict[str, Locked]:
    """What a lock of this rulebook would hold."""
    return {
        slug: Locked(version=rule.version, sha256=rule.digest.removeprefix("sha256:"))
        for slug, rule in sorted(rulebook.rules.items())
    }


def read_lock(directory: Path = SHIPPED) -> dict[str, Locked]:
    """The lock as it was written; empty when there is none. Raises ConfigError."""
    path = directory / LOCK
    if not path.exists():
        return {}
    try:
        return {slug: Locked(**entry) for slug, entry in json.loads(path.read_bytes()).items()}
    except (ValueError, TypeError, AttributeError):
        raise ConfigError("锁文件损坏，请用 cluewatch rules lock 重写", at=LOCK) from None


def differences(rulebook: Rulebook, locked: Mapping[str, Locked]) -> list[Difference]:
    """Where the rules are not as locked; a rule may only change together with its version."""
    now = current(rulebook)
    found = [
        Difference(slug=slug, problem="锁文件里有，规则库里没有")
        for slug in locked.keys() - now.keys()
    ]
    for slug, entry in now.items():
        before = locked.get(slug)
        if before is None:
            found.append(Difference(slug=slug, problem="尚未上锁，请运行 cluewatch rules lock"))
        elif entry.sha256 != before.sha256 and entry.version <= before.version:
            found.append(Difference(slug=slug, problem="内容已改，请先提高 version"))
        elif entry != before:
            found.append(
                Difference(slug=slug, problem="新版本尚未上锁，请运行 cluewatch rules lock")
            )
    return sorted(found, key=lambda difference: difference.slug)


def write_lock(rulebook: Rulebook, directory: Path = SHIPPED) -> None:
    """Lock the rulebook as it is. Raises ConfigError when a rule changed without a new version."""
    locked = read_lock(directory)
    now = current(rulebook)
    unchanged = [
        slug
        for slug, entry in now.items()
        if slug in locked
        and entry.sha256 != locked[slug].sha256
        and entry.version <= locked[slug].version
    ]
    if unchanged:
        raise ConfigError(f"内容已改但 version 未提高：{'、'.join(unchanged)}", at=LOCK)
    lines = {slug: to_plain(entry) for slug, entry in now.items()}
    (directory / LOCK).write_text(
        json.dumps(lines, ensure_ascii=False, indent=2) + "\n", encoding="utf-8"
    )
