"""What parent and child say to each other: a line of JSON, then the bodies that it announces."""

from __future__ import annotations

import json
from collections.abc import Sequence
from enum import StrEnum
from typing import Any, BinaryIO

from attrs import field, frozen

from domain.errors import PermanentError
from domain.pictures import PictureLook, PictureReading
from storage.records import from_json, to_json

MOST_ANSWER = 16 * 1024 * 1024


class Task(StrEnum):
    """What the child is asked to do with the bodies."""

    LOOK = "look"
    SAME = "same"
    READ = "read"


@frozen(kw_only=True)
class Question:
    """One task. LOOK takes one body, SAME two, READ any number."""

    task: Task
    bodies: Sequence[bytes] = field(repr=False)


@frozen(kw_only=True)
class Answer:
    """What came of it: exactly the field of the task is set, or `refusal` says why none is."""

    look: PictureLook | None = None
    same: bool | None = None
    readings: tuple[PictureReading, ...] | None = None
    refusal: str = ""


def written(question: Question) -> bytes:
    """A question as bytes."""
    head = {"task": question.task.value, "sizes": [len(body) for body in question.bodies]}
    return json.dumps(head).encode() + b"\n" + b"".join(question.bodies)


def asked(stream: BinaryIO) -> Question | None:
    """The next question from the parent; None when there will be no more."""
    line = stream.readline()
    if not line:
        return None
    head: dict[str, Any] = json.loads(line)
    bodies = [stream.read(size) for size in head["sizes"]]
    return Question(task=Task(head["task"]), bodies=bodies)


def answered(answer: Answer) -> bytes:
    """An answer as one line."""
    return to_json(answer).encode("utf-8", "replace") + b"\n"


def heard(line: bytes) -> Answer:
    """The answer in a line of the child. Raises PermanentError with the child's refusal."""
    answer = from_json(Answer, line.decode("utf-8"))
    if answer.refusal:
        raise PermanentError(answer.refusal)
    return answer
