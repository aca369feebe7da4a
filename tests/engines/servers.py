"""A server process that ends with the tests, however they end."""

from __future__ import annotations

import atexit
import os
import pwd
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

# The shell holds one end of a pipe of ours: when the test process is gone, even by kill -9, the
# pipe ends and the server is told to stop. A background process reads /dev/null, hence fd 3.
_GUARD = (
    'exec 3<&0; "$@" 3<&- & server=$!; '
    '(cat <&3 >/dev/null; kill -{signal} "$server" 2>/dev/null) & wait "$server"'
)


class EngineFailed(Exception):
    """A server of the tests did not start; the message holds the end of its log."""


class Server:
    """One running server with its output in a log file."""

    def __init__(
        self, command: Sequence[str], *, log: Path, stop_by: str = "TERM", user: str | None = None
    ) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                ["/bin/sh", "-c", _GUARD.format(signal=stop_by), "sh", *command],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user,
                group=user and _group_of(user),
                cwd="/",
            )
        atexit.register(self.stop)

    def wait_ready(self, ready: Callable[[], bool], *, seconds: float) -> None:
        """Return once `ready` says so. Raises EngineFailed when it dies or takes too long."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise EngineFailed(self._log.read_text(errors="replace")[-4000:])
            time.sleep(0.1)

    def stop(self) -> None:
        """Ask it to stop, insist after ten seconds."""
        atexit.unregister(self.stop)
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _group_of(user: str) -> int:
    return pwd.getpwnam(user).pw_gid
