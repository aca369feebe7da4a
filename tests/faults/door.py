"""A door on loopback to a real server: open, closed, or shut in somebody's face."""

from __future__ import annotations

import contextlib
import socket
import threading
from urllib.parse import urlsplit

_CHUNK = 1 << 16


class Door:
    """Carries connections to `url` while it is open.

    Closed, it refuses: nobody listens any more, and whoever was inside is put out. With
    `answers_left` it lets that many answers through and then closes, in the middle of the next.
    """

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._behind = (parts.hostname or "", parts.port or 80)
        self._listener: socket.socket | None = None
        self._inside: set[socket.socket] = set()
        self._port = 0
        self.answers_left: int | None = None
        self.open()

    @property
    def url(self) -> str:
        """Where to knock."""
        return f"http://127.0.0.1:{self._port}"

    def open(self) -> None:
        """Listen, at the same port every time."""
        self.answers_left = None
        listener = socket.create_server(("127.0.0.1", self._port))
        self._port = listener.getsockname()[1]
        self._listener = listener
        threading.Thread(target=self._serve, args=(listener,), daemon=True).start()

    def close(self) -> None:
        """Refuse, and cut what is under way."""
        if self._listener is not None:
            with contextlib.suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            self._listener = None
        for connection in tuple(self._inside):
            _cut(connection)

    def _serve(self, listener: socket.socket) -> None:
        while True:
            try:
                visitor, _ = listener.accept()
                server = socket.create_connection(self._behind)
            except OSError:
                return
            self._inside |= {visitor, server}
            for source, target in ((visitor, server), (server, visitor)):
                threading.Thread(
                    target=self._carry, args=(source, target, target is visitor), daemon=True
                ).start()

    def _carry(self, source: socket.socket, target: socket.socket, answer: bool) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(_CHUNK):
                if answer and self.answers_left is not None:
                    self.answers_left -= 1
                    if self.answers_left < 0:
                        target.sendall(data[: len(data) // 2])
                        self.close()
                        return
                target.sendall(data)
        for connection in (source, target):
            _cut(connection)
            self._inside.discard(connection)


def _cut(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()
