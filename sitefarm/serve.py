"""The one process of the farm: every host on its own loopback address, and the admin port."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Awaitable, Callable, MutableMapping
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import uvicorn

from sitefarm import truth
from sitefarm.clock import CivilClock, tick_of
from sitefarm.journal import Journal
from sitefarm.plans import PlanName
from sitefarm.records import CHINA, World
from sitefarm.respond import Request, Responder, Response
from sitefarm.world import build

ADMIN_ADDRESS = "127.0.0.1"
_BACKLOG = 128
_BODY_LIMIT = 4096

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class FarmApp:
    """The ASGI application. Requests to the admin address go to the clock, all others to hosts."""

    def __init__(self, world: World, clock: CivilClock, journal: Journal) -> None:
        self._world = world
        self._clock = clock
        self._journal = journal
        self._count = 0
        self._responder = Responder(world)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one HTTP request."""
        if scope["type"] != "http":
            return
        if scope["server"][0] == ADMIN_ADDRESS:
            status, answer = await self._admin(scope, receive)
            body = json.dumps(answer, ensure_ascii=False).encode()
            await _send(send, status, [("content-type", "application/json")], body)
        else:
            await self._host(scope, send)

    async def _host(self, scope: Scope, send: Send) -> None:
        now = self._clock.now()
        headers = {k.decode("latin-1"): v.decode("latin-1") for k, v in scope["headers"]}
        request = Request(
            method=scope["method"],
            host=headers.get("host", "").rsplit(":", 1)[0].lower(),
            path=unquote(scope["raw_path"].decode("latin-1"), errors="replace"),
            query=scope["query_string"].decode("latin-1"),
            ip=scope["server"][0],
            headers=headers,
        )
        response = self._responder.answer(request, now)
        self._record(request, response, now)
        date = format_datetime(now.astimezone(UTC), usegmt=True)
        stamped = [("date", date), *response.headers]
        await _send(send, response.status, stamped, response.body, head=request.method == "HEAD")

    def _record(self, request: Request, response: Response, now: datetime) -> None:
        self._count += 1
        query = f"?{request.query}" if request.query else ""
        row = {
            "tick": tick_of(now),
            "t": round(time.time(), 3),
            "civil": now.isoformat(timespec="milliseconds"),
            "host": request.host,
            "path": request.path + query,
            "method": request.method,
            "ua": request.headers.get("user-agent", ""),
            "referer": request.headers.get("referer", ""),
            "ip": request.ip,
            "status": response.status,
            "bytes": len(response.body),
            "decision": response.decision.value,
        }
        self._journal.record(row)

    async def _admin(self, scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
        match scope["method"], scope["path"]:
            case "GET", "/__farm/clock":
                return 200, {"now": self._clock.now().isoformat()}
            case "POST", "/__farm/clock":
                return self._advance(await _read(receive))
            case "GET", "/__farm/health":
                return 200, {"seed": self._world.seed, "hosts": sorted(self._world.addresses)}
            case "GET", "/__farm/log":
                now = self._clock.now()
                return 200, {"requests": self._count, "tick": tick_of(now)}
        return 404, {"error": "no such address"}

    def _advance(self, body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            until = datetime.fromisoformat(json.loads(body)["until"])
        except (ValueError, KeyError, TypeError):
            return 400, {"error": 'send {"until": "<ISO 8601 moment>"}'}
        aware = until if until.tzinfo else until.replace(tzinfo=CHINA)
        now = self._clock.advance(aware)
        self._journal.reached(now)
        return 200, {"now": now.isoformat()}


async def _read(receive: Receive) -> bytes:
    body = b""
    while len(body) <= _BODY_LIMIT:
        message = await receive()
        body += message.get("body", b"")
        if not message.get("more_body"):
            break
    return body[:_BODY_LIMIT]


async def _send(
    send: Send, status: int, headers: list[tuple[str, str]], body: bytes, *, head: bool = False
) -> None:
    raw = [(k.encode("latin-1"), v.encode("latin-1")) for k, v in headers]
    if status != 304:
        raw.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": b"" if head else body})


def run(
    *, seed: str, plan: PlanName, directory: Path, port: int = 8480, admin_port: int = 8481
) -> None:
    """Write the farm's files into `directory`, then serve until SIGINT or SIGTERM.

    Raises OSError when an address is taken.
    """
    world = build(seed, plan=plan, port=port)
    sockets = [_listen(ip, port) for ip in world.addresses.values()]
    sockets.append(_listen(ADMIN_ADDRESS, admin_port))
    truth.write(world, directory)
    with Journal(directory, world) as journal:
        app = FarmApp(world, CivilClock(time.monotonic, journal.civil), journal)
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="off",
            ws="none",
            server_header=False,
            date_header=False,
            proxy_headers=False,
        )
        uvicorn.Server(config).run(sockets=sockets)


def _listen(address: str, port: int) -> socket.socket:
    # The protocol is named so that asyncio turns Nagle's delay off: 40 ms an answer otherwise.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    listener.listen(_BACKLOG)
    return listener
