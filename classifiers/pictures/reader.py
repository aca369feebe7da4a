"""The reader of pictures: asks a child process that can be killed, and starts another."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import TypeVar

import structlog

from classifiers.pictures.messages import MOST_ANSWER, Answer, Question, Task, heard, written
from domain.errors import PermanentError, RetryableError
from domain.pictures import PictureLook, PictureReading

log = structlog.get_logger()

T = TypeVar("T")

MEMORY = 2 * 1024**3
SECONDS = 120.0
MOST_QUESTIONS = 1000
"""A child is replaced after so many, so that what its libraries leak is given back."""

_OURS = 1
_NEEDED = ("rapidocr", "zxingcpp", "cv2", "PIL")
_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "SYSTEMROOT")
_CHUNK = 1 << 16


def missing() -> str:
    """What must be installed before pictures can be read, "" when nothing is missing."""
    absent = [name for name in _NEEDED if find_spec(name) is None]
    return f"未安装图片识别所需的 {'、'.join(absent)}" if absent else ""


def reader_version() -> str:
    """Names the engines; another version reads again what the one before has read."""
    try:
        return f"pictures@{_OURS}+rapidocr@{version('rapidocr')}"
    except PackageNotFoundError:
        return f"pictures@{_OURS}"


class ChildReader:
    """A `domain.ports.PictureReader`. One question at a time; safe to share between threads."""

    def __init__(self, *, memory: int = MEMORY, seconds: float = SECONDS) -> None:
        self._memory = memory
        self.seconds = seconds
        self._child: subprocess.Popen[bytes] | None = None
        self._asked = 0
        self._turn = threading.Lock()
        self.version = reader_version()

    def look(self, body: bytes) -> PictureLook:
        """A glance. Raises PermanentError when the bytes are no picture that may be opened."""
        look = self._ask(Question(task=Task.LOOK, bodies=(body,))).look
        return _given(look)

    def same(self, one: bytes, other: bytes) -> bool:
        """Whether two pictures differ in their compression alone."""
        return _given(self._ask(Question(task=Task.SAME, bodies=(one, other))).same)

    def read(self, pictures: Sequence[bytes]) -> tuple[PictureReading, ...]:
        """Pictures that follow each other on a page, one reading for each."""
        return _given(self._ask(Question(task=Task.READ, bodies=tuple(pictures))).readings)

    def close(self) -> None:
        """End the child."""
        with self._turn:
            self._end()

    def _ask(self, question: Question) -> Answer:
        with self._turn:
            child = self._living()
            self._asked += 1
            try:
                line = _converse(child, written(question), time.monotonic() + self.seconds)
            except (OSError, TimeoutError) as error:
                code = child.poll()
                self._end()
                log.warning("picture_reader_died", task=question.task, code=code, error=str(error))
                reason = str(error) or type(error).__name__
                raise RetryableError(f"图片识别进程中止：{reason}") from error
            return heard(line)

    def _living(self) -> subprocess.Popen[bytes]:
        if self._asked >= MOST_QUESTIONS or (self._child and self._child.poll() is not None):
            self._end()
        if self._child is None:
            lack = missing()
            if lack:
                raise PermanentError(lack)
            self._child = self._start()
        return self._child

    def _start(self) -> subprocess.Popen[bytes]:
        known = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        return subprocess.Popen(  # noqa: S603 - our own program, fixed arguments
            [sys.executable, "-m", "classifiers.pictures.child", str(self._memory)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**known, "OMP_NUM_THREADS": "1"},
        )

    def _end(self) -> None:
        child, self._child, self._asked = self._child, None, 0
        if child is not None:
            child.kill()
            child.communicate()


def _given(value: T | None) -> T:
    if value is None:
        raise PermanentError("图片识别进程的应答不合规")
    return value


def _converse(child: subprocess.Popen[bytes], message: bytes, until: float) -> bytes:
    """Send a question and wait for the line that answers it.

    Raises TimeoutError when `until` (monotonic) passes, BrokenPipeError when the child ends.
    """
    sending, hearing = child.stdin, child.stdout
    if sending is None or hearing is None:
        raise BrokenPipeError("没有管道")
    os.set_blocking(sending.fileno(), False)
    left, answer = memoryview(message), bytearray()
    with selectors.DefaultSelector() as waiting:
        waiting.register(sending, selectors.EVENT_WRITE)
        waiting.register(hearing, selectors.EVENT_READ)
        while not answer.endswith(b"\n"):
            ready = waiting.select(max(0.0, until - time.monotonic()))
            if not ready:
                raise TimeoutError("超过限时")
            for key, _ in ready:
                if key.fileobj is hearing:
                    answer += _received(hearing.fileno(), len(answer))
                else:
                    left = left[os.write(sending.fileno(), left[:_CHUNK]) :]
                    if not left:
                        waiting.unregister(sending)
    return bytes(answer)


def _received(descriptor: int, known: int) -> bytes:
    piece = os.read(descriptor, _CHUNK)
    if not piece:
        raise BrokenPipeError("进程结束（可能超出内存上限）")
    if known + len(piece) > MOST_ANSWER:
        raise BrokenPipeError("应答过长")
    return piece
