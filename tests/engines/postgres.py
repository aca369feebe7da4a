"""A throw-away PostgreSQL cluster made from the system's binaries."""

from __future__ import annotations

import os
import pwd
import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from sqlalchemy.engine import URL, make_url

from tests.engines.servers import EngineFailed, Server, free_port

PACKAGES = "postgresql"


def binaries() -> Path | None:
    """The folder of the newest server programs of this machine."""
    folders = sorted(
        Path("/usr/lib/postgresql").glob("*/bin"), key=lambda bin_: -int(bin_.parent.name)
    )
    on_path = shutil.which("initdb")
    if on_path is not None:
        folders.append(Path(on_path).resolve().parent)
    return next((f for f in folders if (f / "initdb").exists() and (f / "postgres").exists()), None)


class Cluster:
    """A cluster that can be stopped and started again at the same address.

    Unless it is `lasting` it keeps nothing after a crash, which makes tests faster.
    """

    def __init__(self, programs: Path, folder: Path, *, lasting: bool = False) -> None:
        self._programs, self._folder, self._lasting = programs, folder, lasting
        self._user = _server_user()
        self._port, password = free_port(), secrets.token_urlsafe(24)
        self._server: Server | None = None
        (folder / "password").write_text(password)
        if self._user is not None:
            for path in (folder, folder / "password"):
                shutil.chown(path, self._user)
        _initialise(programs, folder, self._user)
        self.url = URL.create(
            "postgresql",
            "tests",
            password,
            host="127.0.0.1",
            port=self._port,
            database="postgres",
        )

    def start(self, *, stop_by: str = "INT") -> None:
        """Return once it answers; `stop_by` is the signal of the next stop (QUIT: a crash)."""
        command = _command(self._programs, self._folder, self._port, lasting=self._lasting)
        log = self._folder / "server.log"
        self._server = Server(command, log=log, stop_by=stop_by, user=self._user)
        self._server.wait_ready(lambda: _answers(self.url), seconds=60)

    def stop(self) -> None:
        """End it, and every connection with it."""
        if self._server is not None:
            self._server.stop()
            self._server = None


@contextmanager
def running_cluster(programs: Path, *, lasting: bool = False) -> Iterator[Cluster]:
    """An empty cluster that runs; removed at the end."""
    with tempfile.TemporaryDirectory(
        prefix="cluewatch-postgres-", ignore_cleanup_errors=True
    ) as name:
        cluster = Cluster(programs, Path(name), lasting=lasting)
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@contextmanager
def own_schema(server: URL) -> Iterator[str]:
    """A URL of `server` in which everything lands in an empty schema, dropped at the end."""
    schema = f"test_{secrets.token_hex(8)}"
    plain = server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(plain, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{schema}"')
    try:
        inside = server.update_query_dict({"options": f"-csearch_path={schema}"})
        yield inside.render_as_string(hide_password=False)
    finally:
        with psycopg.connect(plain, autocommit=True) as connection:
            connection.execute("SET lock_timeout = '10s'")
            connection.execute(f'DROP SCHEMA "{schema}" CASCADE')


def server_url(text: str) -> URL:
    """A URL given by the environment."""
    return make_url(text)


def _server_user() -> str | None:
    """The server refuses to run as root; its package brings a user for it."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return "postgres" if "postgres" in known else "nobody"


def _initialise(programs: Path, folder: Path, user: str | None) -> None:
    options = ["-U", "tests", "-E", "UTF8", "--locale=C", "--auth=scram-sha-256", "--no-sync"]
    done = subprocess.run(
        [
            str(programs / "initdb"),
            f"--pgdata={folder / 'data'}",
            f"--pwfile={folder / 'password'}",
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        user=user,
        cwd="/",
    )
    if done.returncode:
        raise EngineFailed(done.stdout + done.stderr)


def _command(programs: Path, folder: Path, port: int, *, lasting: bool) -> list[str]:
    settings = {
        "listen_addresses": "127.0.0.1",
        "port": str(port),
        "unix_socket_directories": str(folder),
        "fsync": "off",
        "full_page_writes": "off",
        "synchronous_commit": "on" if lasting else "off",
        "max_connections": "200",
    }
    command = [str(programs / "postgres"), "-D", str(folder / "data")]
    return command + [f"--{name}={value}" for name, value in settings.items()]


def _answers(url: URL) -> bool:
    try:
        psycopg.connect(url.render_as_string(hide_password=False), connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True
