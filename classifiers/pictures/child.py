"""The child process: answers questions about pictures until its parent closes the pipe.

Started as `python -m classifiers.pictures.child BYTES`: the most memory it may map. What it opens
may be hostile; it holds no secrets, no database and no network connection.
"""

from __future__ import annotations

import os
import resource
import sys
from typing import BinaryIO

from classifiers.pictures.eyes import Eyes
from classifiers.pictures.glance import is_same, look
from classifiers.pictures.messages import Answer, Question, Task, answered, asked
from classifiers.pictures.opening import pixels
from domain.errors import PermanentError


def main(memory: int) -> None:
    """Answer on the standard output, which nothing else may write to."""
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    questions, answers = sys.stdin.buffer, _own_output()
    eyes = Eyes()
    # Nothing that is read from here on may leave a file behind.
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    while (question := asked(questions)) is not None:
        answers.write(answered(_answer(eyes, question)))
        answers.flush()


def _answer(eyes: Eyes, question: Question) -> Answer:
    try:
        opened = [pixels(body) for body in question.bodies]
        match question.task:
            case Task.LOOK:
                return Answer(look=look(opened[0]))
            case Task.SAME:
                return Answer(same=is_same(opened[0], opened[1]))
            case Task.READ:
                return Answer(readings=tuple(eyes.read(opened)))
    except PermanentError as error:
        return Answer(refusal=error.message)


def _own_output() -> BinaryIO:
    """The pipe to the parent; what libraries print goes to the standard error from now on."""
    pipe = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return pipe


if __name__ == "__main__":
    main(int(sys.argv[1]))
