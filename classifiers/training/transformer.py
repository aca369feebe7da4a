"""Training of the transformers: a whole encoder as teacher, a few layers of it to be shipped."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from classifiers.model import student
from classifiers.training import bodies
from classifiers.training.bodies import Body
from classifiers.training.e5 import Encoder
from classifiers.training.examples import Example
from classifiers.training.export import export, save
from classifiers.training.lessons import Lessons, marked, supposed
from classifiers.training.tuning import Settings, answers, tune

LAYERS = (0, 1, 2, 3)
"""The layers of the encoder that are shipped: the first ones, which read words and their order."""

PIECES = 6000
"""With four layers this many pieces keep the file below ten megabytes."""

LAWFUL = 0.3
"""The part of the lawful corpora that takes part in fine-tuning."""

SUPPOSED = 30_000
SUPPOSED_WEIGHT = 1.0
"""How many unmarked sentences the teacher answers, and what an answer counts beside a mark."""

_TEACHER = Settings(rate=7e-5)
_TEACHER_PIECES = 12_000
_TEACHER_LAWFUL = 0.2


@frozen(kw_only=True)
class Course:
    """What both transformers start from. `development` marks examples that never train."""

    examples: Sequence[Example]
    heads: Sequence[str]
    development: NDArray[np.bool_]
    encoder: Encoder
    seed: int

    @property
    def seen(self) -> list[Example]:
        """The examples that train."""
        return [e for e, out in zip(self.examples, self.development, strict=True) if not out]

    @property
    def unseen(self) -> list[str]:
        """The texts of the others."""
        return [e.text for e, out in zip(self.examples, self.development, strict=True) if out]

    def body(self, layers: Sequence[int], pieces: int) -> Body:
        """Some layers of the encoder over the pieces that the examples need most."""
        return bodies.cut(
            self.encoder,
            [example.text for example in self.examples],
            heads=self.heads,
            layers=layers,
            pieces=pieces,
        )


def teach(course: Course, unmarked: Sequence[str]) -> Lessons:
    """What the whole encoder, fine-tuned on the marks, supposes of a lot of unmarked sentences.

    Its many layers are too slow to ship; what it learnt reaches the student by its answers to
    sentences of advertisers that nobody marked (distillation; Hinton et al. 2015).
    """
    teacher = course.body(range(course.encoder.layers), _TEACHER_PIECES)
    lessons = marked(course.seen, course.heads, lawful=_TEACHER_LAWFUL, seed=course.seed)
    tune(teacher, lessons, _TEACHER, course.seed)
    draw = random.Random(course.seed)  # noqa: S311 - dealing, not a secret
    texts = draw.sample(unmarked, min(SUPPOSED, len(unmarked)))
    logits = answers(teacher, texts)
    chances = (1 / (1 + np.exp(-logits))).astype(np.float32)
    return supposed(texts, chances, weight=SUPPOSED_WEIGHT)


def train(
    course: Course,
    more: Lessons,
    *,
    settings: Settings | None = None,
    target: Path = student.SHIPPED,
    checkpoint: Path | None = None,
) -> NDArray[np.float32]:
    """Fine-tune the student on the marks and `more`; its logits of the unseen are returned.

    They come from the 8-bit weights that were written, not from the exact ones, which go to
    `checkpoint`.
    """
    body = course.body(LAYERS, PIECES)
    lessons = marked(course.seen, course.heads, lawful=LAWFUL, seed=course.seed).with_more(more)
    tune(body, lessons, settings or Settings(), course.seed)
    if checkpoint is not None:
        save(body, checkpoint)
    export(body, target)
    return student.load(target).logits(course.unseen)
