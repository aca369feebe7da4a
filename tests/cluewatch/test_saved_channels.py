"""Robots and mail servers on loopback get what was found, signed, once, and nothing hostile."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email import message_from_bytes, policy
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_network
from urllib.parse import parse_qs

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st

from cluewatch import configuration
from cluewatch.bootstrap import Services
from cluewatch.saved import store
from cluewatch.saved.channels import MOST_BYTES, check_answer, robot_post, words
from cluewatch.saved.posting import post_json
from cluewatch.saved.sending import Messages
from cluewatch.saved.store import Alert, Delivery, Message
from cluewatch.sections import ChannelKind
from cluewatch.settings import config_path, load_settings
from crawlers.egress import Egress, PolicyDenied
from domain.errors import PermanentError, RetryableError
from storage.leases import WorkState
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


def wired(channel: dict[str, object], **sections: dict[str, object]) -> Services:
    network = {"resolve": {"robot.test": "127.0.0.1"}, "allowed": ["127.0.0.0/8"]}
    configuration.write(
        config_path(), {"network": network, "channels": {"ops": channel}, **sections}
    )
    return Services(load_settings())


def told(services: Services) -> Delivery:
    """Tell the channel of one alert, and return the one line of the delivery log."""
    at = services.clock.now()
    with services.truth.write() as tx:
        search = store.save(
            tx,
            id=services.ids.new(),
            name="永不复发",
            expression="永不复发",
            owner="甲",
            channels=("ops",),
            known=services.settings.channels,
            at=at,
        )
        alert = Alert(
            id="a1",
            search_id=search.id,
            document_id="d1",
            subject="青禾医院",
            title="牛皮癣治疗",
            url="http://qinghe.test/npx.html",
            excerpt="永不复发",
            at=at,
        )
        store.tell(tx, search, store.note(tx, [alert]), at=at)
    Messages(services, owner="test").work()
    with services.truth.read() as tx:
        (line,) = store.deliveries(tx)
    services.close()
    return line


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


@define
class Mailbox:
    """A mail server: what it took, and what it answers to a recipient."""

    port: int = 0
    to_recipient: str = "250 ok"
    letters: list[bytes] = field(factory=list)


@contextmanager
def mail_server(answer: str = "250 ok") -> Iterator[Mailbox]:
    box = Mailbox(to_recipient=answer)

    class Handler(socketserver.StreamRequestHandler):
        def say(self, line: str) -> None:
            self.wfile.write(f"{line}\r\n".encode())

        def handle(self) -> None:
            self.say("220 mail.test")
            while line := self.rfile.readline():
                verb = line.split()[0].upper() if line.split() else b""
                if verb == b"DATA":
                    self.say("354 go on")
                    letter = b"".join(iter(self.rfile.readline, b".\r\n"))
                    box.letters.append(letter)
                if verb == b"QUIT":
                    self.say("221 bye")
                    return
                self.say(box.to_recipient if verb == b"RCPT" else "250 ok")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        box.port = server.server_address[1]
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield box
        server.shutdown()


def by_mail(port: int) -> Services:
    server = {"host": "robot.test", "port": port, "security": "none", "sender": "watch@a.test"}
    return wired({"kind": "mail", "to": ["chen@b.test", "li@b.test"]}, mail=server)


def test_a_letter_arrives(services: Services) -> None:
    with mail_server() as box:
        line = told(by_mail(box.port))
    assert (line.state, line.receipt) == (WorkState.DONE, "已交 robot.test，收件人 2 个")
    (raw,) = box.letters
    letter = message_from_bytes(raw, policy=policy.default)
    assert letter["Subject"] == "【监测提醒】永不复发：新发现 1 条"
    assert letter["Message-ID"] == f"<{line.id}@a.test>"
    body = letter.get_body()
    assert body is not None
    assert "http://qinghe.test/npx.html" in body.get_content()


@pytest.mark.parametrize(
    ("answer", "state"), [("451 later", WorkState.READY), ("550 unknown", WorkState.PARKED)]
)
def test_a_refused_letter_is_logged(services: Services, answer: str, state: WorkState) -> None:
    with mail_server(answer) as box:
        line = told(by_mail(box.port))
    assert (line.state, box.letters) == (state, [])
    assert answer in str(line.error)


def test_no_mail_server_is_set(services: Services) -> None:
    line = told(wired({"kind": "mail", "to": ["chen@b.test"]}))
    assert line.state is WorkState.PARKED
    assert "mail.host" in str(line.error)
