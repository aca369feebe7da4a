"""A genuine Elasticsearch node, assembled from its Maven artefacts and started on loopback.

No registry but Maven carries the server, and Maven carries it without the distribution around
it: no launcher, no scripts, no custom analysis, no reindexing, and `GET /` answers 405.
"""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from tests.engines.servers import EngineFailed, Server, free_port

PACKAGES = "maven openjdk-17-jdk-headless"
_RECIPE = Path(__file__).parent / "node"
_CACHE = Path(__file__).parents[2] / ".engines" / "elasticsearch"
_MODULE = "transport-netty4"


def missing_tools() -> list[str]:
    """Programs that the assembly needs and this machine lacks."""
    return [tool for tool in ("mvn", "java", "javac") if shutil.which(tool) is None]


@contextmanager
def running_node() -> Iterator[str]:
    """The URL of a node with an empty data folder, stopped and removed at the end."""
    home = _assembled()
    with tempfile.TemporaryDirectory(
        prefix="cluewatch-elasticsearch-", ignore_cleanup_errors=True
    ) as folder:
        port = free_port()
        server = Server(_command(home, folder, port), log=Path(folder) / "node.log")
        url = f"http://127.0.0.1:{port}"
        server.wait_ready(lambda: _healthy(url), seconds=180)
        try:
            yield url
        finally:
            server.stop()


def _command(home: Path, folder: str, port: int) -> list[str]:
    return [
        "java",
        "-Xms512m",
        "-Xmx512m",
        "--module-path",
        str(home / "lib"),
        "--add-modules=jdk.net,jdk.management.agent,java.sql,ALL-MODULE-PATH",
        "-cp",
        str(home / "classes"),
        "Main",
        str(home),
        folder,
        str(port),
        str(free_port()),
    ]


def _healthy(url: str) -> bool:
    try:
        answer = httpx.get(f"{url}/_cluster/health", timeout=2, trust_env=False)
    except httpx.TransportError:
        return False
    return answer.status_code == httpx.codes.OK and answer.json()["status"] in ("green", "yellow")


def _assembled() -> Path:
    """The node's home in the cache, made when this recipe is new."""
    recipe = hashlib.sha256()
    for part in sorted(_RECIPE.iterdir()):
        recipe.update(part.name.encode() + b"\0" + part.read_bytes())
    home = _CACHE / recipe.hexdigest()[:16]
    if not home.is_dir():
        _CACHE.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=_CACHE, prefix=".building-") as folder:
            building = Path(folder) / "home"
            _assemble(building)
            try:
                building.rename(home)
            except OSError:
                if not home.is_dir():  # else another test run was quicker
                    raise
    return home


def _assemble(home: Path) -> None:
    jars, library, module = home / "jars", home / "lib", home / "modules" / _MODULE
    for folder in (library, module, home / "plugins", home / "config", home / "classes"):
        folder.mkdir(parents=True)
    shutil.copy(_RECIPE / "pom.xml", home)
    _run(["mvn", "-q", "-B", "dependency:copy-dependencies", f"-DoutputDirectory={jars}"], cwd=home)
    for jar in jars.iterdir():
        in_module = jar.name.startswith(("netty-", f"{_MODULE}-"))
        jar.rename((module if in_module else library) / jar.name)
    jars.rmdir()
    shutil.copy(_RECIPE / "plugin-descriptor.properties", module)
    shutil.copy(_RECIPE / "log4j2.properties", home / "config")
    _run(
        ["javac", "-cp", f"{library}/*", "-d", str(home / "classes"), str(_RECIPE / "Main.java")],
        cwd=home,
    )


def _run(command: list[str], *, cwd: Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd)
    if done.returncode:
        raise EngineFailed(f"{' '.join(command)}\n{(done.stdout + done.stderr)[-4000:]}")
