"""Robots on loopback get what was found, signed, once, and nothing hostile."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from urllib.parse import parse_qs

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from cluewatch.bootstrap import Services
from cluewatch.saved import store
from cluewatch.saved.channels import MOST_BYTES, check_answer, robot_post, words
from cluewatch.saved.posting import post_json
from cluewatch.saved.sending import Messages
from cluewatch.saved.store import Message
from cluewatch.sections import ChannelKind
from crawlers.egress import Egress, PolicyDenied
from domain.errors import PermanentError, RetryableError
from storage.leases import WorkState
from tests.cluewatch.saved_telling import told, wired
from tests.engines.servers import free_port

AT = datetime(2026, 3, 1, 4, tzinfo=UTC)
LOOPBACK = (ip_network("127.0.0.0/8"),)


@define
class Robot:
    """A group robot: what it was sent, and what it answers in turn, the last for ever."""

    answers: list[tuple[int, bytes]]
    port: int = 0
    asked: list[tuple[str, dict[str, object]]] = field(factory=list)


@contextmanager
def robot(*answers: tuple[int, bytes]) -> Iterator[Robot]:
    here = Robot(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            here.asked.append((self.path, json.loads(body)))
            status, answer = here.answers.pop(0) if len(here.answers) > 1 else here.answers[0]
            self.send_response(status)
            if status == 302:
                self.send_header("Location", "http://169.254.169.254/")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    here.port = server.server_address[1]
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize("kind", ["wecom", "dingtalk", "feishu"])
def test_a_robot_is_told_once_and_its_receipt_kept(services: Services, kind: str) -> None:
    answer = b'{"errcode":0,"errmsg":"ok","code":0,"msg":"success"}'
    with robot((200, answer)) as here:
        url = f"http://robot.test:{here.port}/send?key=geheim"
        line = told(wired({"kind": kind, "url": url, "secret": "SEC1"}))
    assert (line.state, line.attempts, line.error) == (WorkState.DONE, 1, None)
    assert line.sent_at is not None
    assert kind in str(line.receipt)
    ((path, payload),) = here.asked
    assert path.startswith("/send?key=geheim")
    assert "青禾医院" in json.dumps(payload, ensure_ascii=False)
    assert "http://qinghe.test/npx.html" in json.dumps(payload)


@pytest.mark.parametrize(
    ("answer", "state", "reason"),
    [
        ((503, b""), WorkState.READY, "503"),
        ((302, b""), WorkState.PARKED, "302"),
        ((200, b"<html>"), WorkState.PARKED, "JSON"),
        ((200, b" " * 70_000), WorkState.PARKED, "过长"),
        ((200, b'{"errcode":45009,"errmsg":"too fast"}'), WorkState.READY, "too fast"),
        ((200, b'{"errcode":93000,"errmsg":"invalid key"}'), WorkState.PARKED, "invalid key"),
    ],
)
def test_what_a_robot_refuses_is_logged_without_its_address(
    services: Services, answer: tuple[int, bytes], state: WorkState, reason: str
) -> None:
    with robot(answer) as here:
        url = f"http://robot.test:{here.port}/send?key=geheim"
        line = told(wired({"kind": "wecom", "url": url}))
    assert (line.state, line.sent_at) == (state, None)
    assert reason in str(line.error)
    assert "geheim" not in str(line.error)
    assert len(here.asked) == 1


def test_a_message_that_failed_is_sent_later(services: Services) -> None:
    with robot((503, b""), (200, b'{"errcode":0}')) as here:
        there = wired({"kind": "wecom", "url": f"http://robot.test:{here.port}/"})
        assert told(there).state is WorkState.READY
        with there.truth.write() as tx:
            tx.exec_driver_sql("UPDATE alert_messages SET not_before = 0")
        assert Messages(there, owner="test").work() == 1
        with there.truth.read() as tx:
            (line,) = store.deliveries(tx)
    assert (line.state, line.attempts) == (WorkState.DONE, 2)
    there.close()


def test_a_robot_in_the_own_network_is_not_asked() -> None:
    with robot((200, b"{}")) as here:
        shut = Egress(resolve={}, allowed=(), agency_set=True)
        with pytest.raises(PolicyDenied) as raised:
            post_json(shut, f"http://127.0.0.1:{here.port}/?key=geheim", {})
    assert here.asked == []
    assert "geheim" not in str(raised.value)


def test_a_robot_elsewhere_is_asked_by_tls_only() -> None:
    public = Egress(resolve={"robot.test": "93.184.216.34"}, allowed=LOOPBACK, agency_set=True)
    with pytest.raises(PermanentError, match="https"):
        post_json(public, "http://robot.test/?key=geheim", {})


def test_nobody_listens() -> None:
    there = Egress(resolve={"robot.test": "127.0.0.1"}, allowed=LOOPBACK, agency_set=True)
    with pytest.raises(RetryableError, match="连接失败") as raised:
        post_json(there, f"http://robot.test:{free_port()}/?key=geheim", {})
    assert "geheim" not in str(raised.value)


def test_signatures_are_those_that_the_makers_describe() -> None:
    ding = parse_qs(robot_post(ChannelKind.DINGTALK, "", secret="SEC1", at=AT).query)
    stamp = "1772337600000"
    text = f"{stamp}\nSEC1".encode()
    proof = base64.b64encode(hmac.new(b"SEC1", text, hashlib.sha256).digest()).decode()
    assert ding == {"timestamp": [stamp], "sign": [proof]}
    payload = robot_post(ChannelKind.FEISHU, "", secret="SEC1", at=AT).payload
    key = b"1772337600\nSEC1"
    proof = base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
    assert (payload["timestamp"], payload["sign"]) == ("1772337600", proof)
    for kind in (ChannelKind.WECOM, ChannelKind.DINGTALK, ChannelKind.FEISHU):
        plain = robot_post(kind, "", secret="", at=AT)
        assert (plain.query, "sign" in plain.payload) == ("", False)


@pytest.mark.parametrize(
    ("kind", "code", "error"),
    [
        (ChannelKind.DINGTALK, 130101, RetryableError),
        (ChannelKind.DINGTALK, 310000, PermanentError),
        (ChannelKind.FEISHU, 11232, RetryableError),
        (ChannelKind.FEISHU, 19021, PermanentError),
    ],
)
def test_answers(kind: ChannelKind, code: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=str(code)):
        check_answer(kind, {"code": code, "errcode": code, "msg": "no"})


FIELDS = st.text(st.sampled_from('甲a <>@"\n\u202e\u0000\u2028[](*)/：é'), max_size=150)


@given(FIELDS, st.lists(st.tuples(FIELDS, FIELDS, FIELDS), min_size=1, max_size=15))
def test_no_page_title_reaches_out_of_its_line(
    name: str, found: list[tuple[str, str, str]]
) -> None:
    text = words(Message(search=name, found=tuple(found)))
    lines = text.split("\n")
    assert len(text.encode()) <= MOST_BYTES
    assert f"{len(found)} 条" in lines[0]
    assert not set("<>@\u202e\u0000") & set(text)
    assert len(f"{text}.".splitlines()) == len(lines) <= 2 * len(found) + 2
