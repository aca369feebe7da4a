"""The lock: which distributions may be installed, and what is wrong with it.

Usage: python -m tools.locked (exit code 1 and a line for each problem).
"""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

from attrs import frozen
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
RUN, TEST, INSTALLER = (ROOT / "requirements" / f"{name}.txt" for name in ("run", "test", "uv"))
# What only the extra `train` may import; the contract "Judging needs no training framework"
# keeps the product from it.
_TRAINING = ROOT / "classifiers" / "training"
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@frozen(kw_only=True)
class Pin:
    """One locked distribution: its exact version, where it is needed, and its files' SHA-256."""

    name: str
    version: str
    marker: str
    hashes: tuple[str, ...]


def pins(path: Path) -> tuple[Pin, ...]:
    """The lock file's pins. Raises ValueError for a line that is none."""
    joined = path.read_text("utf-8").replace("\\\n", " ")
    lines = (line.partition("#")[0].strip() for line in joined.splitlines())
    return tuple(_pin(line, path.name) for line in lines if line)


def _pin(line: str, file: str) -> Pin:
    words, *_ = line.partition("--hash=")
    try:
        wanted = Requirement(words.strip())
    except InvalidRequirement as error:
        raise ValueError(f"{file}: not a pinned requirement: {line[:80]}") from error
    (exact,) = wanted.specifier or (None,)
    if wanted.url or exact is None or exact.operator != "==":
        raise ValueError(f"{file}: not an exact version: {line[:80]}")
    return Pin(
        name=canonicalize_name(wanted.name),
        version=exact.version,
        marker=str(wanted.marker or ""),
        hashes=tuple(_HASH.findall(line)),
    )


def problems() -> Iterator[str]:
    """Why an installation from the lock would not be what the code needs and nobody else made."""
    locked = {path: pins(path) for path in (RUN, TEST, INSTALLER)}
    for path, found in locked.items():
        for pin in found:
            if not pin.hashes:
                yield f"{path.name}: {pin.name}=={pin.version} has no hash"
    run, test = ({(pin.name, pin.version, pin.hashes) for pin in locked[p]} for p in (RUN, TEST))
    for name, version, _ in sorted(run - test):
        yield f"test.txt differs from run.txt in {name}=={version}"
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    names = {name for name, *_ in run}
    for name in sorted(_names(project["dependencies"]) - names):
        yield f"pyproject.toml wants {name}, run.txt does not lock it"
    provided = names | _names(project["optional-dependencies"]["measure"])
    for module, place in _imported():
        providers = set(map(canonicalize_name, packages_distributions().get(module, ())))
        if not providers & provided:
            yield f"{place} imports {module}, which nothing in run.txt provides"


def _names(requirements: Iterable[str]) -> set[str]:
    return {canonicalize_name(Requirement(text).name) for text in requirements}


def _imported() -> Iterator[tuple[str, Path]]:
    """Modules of others that the product imports, with the first file that does."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    own = set(project["tool"]["importlinter"]["root_packages"])
    seen: set[str] = set()
    for package in sorted(own):
        for file in sorted((ROOT / package).rglob("*.py")):
            if file.is_relative_to(_TRAINING):
                continue
            for module in _modules(file) - own - sys.stdlib_module_names - seen:
                seen.add(module)
                yield module, file.relative_to(ROOT)


def _modules(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


if __name__ == "__main__":
    wrong = list(problems())
    print("\n".join(wrong) or "the lock is whole")
    sys.exit(bool(wrong))
