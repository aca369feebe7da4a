"""Fine-tuning of a body on examples: several heads at once, on a GPU where there is one."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from attrs import frozen
from numpy.typing import NDArray
from rich.progress import track
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits as cross_entropy

from classifiers.training.bodies import PAD, Body
from classifiers.training.lessons import Lessons

_WARM_UP = 0.06
_POOL = 50


@frozen(kw_only=True)
class Settings:
    """What fine-tuning may be told. `types_weight`: what a type counts beside `violates`."""

    epochs: int = 2
    rate: float = 1e-4
    batch: int = 32
    types_weight: float = 0.5


def tune(body: Body, lessons: Lessons, settings: Settings, seed: int) -> None:
    """Train the network of `body` in place; the same seed repeats the run on the same machine."""
    draw = random.Random(seed)  # noqa: S311 - shuffling, not a secret
    torch.manual_seed(seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = body.network.to(device).train()
    ids = [encoding.ids for encoding in body.tokenizer.encode_batch(list(lessons.texts))]
    weights = lessons.weights.copy()
    weights[:, 1:] *= settings.types_weight
    steps = settings.epochs * -(-len(ids) // settings.batch)
    optimizer = torch.optim.AdamW(network.parameters(), lr=settings.rate, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: _pace(step, steps))
    batches = _batches([len(each) for each in ids], settings, draw)
    for rows in track(batches, total=steps, description="训练"):
        with torch.autocast(device.type, dtype=torch.bfloat16):
            logits = _forward(body, [ids[row] for row in rows], device)
        each = cross_entropy(
            logits.float(), torch.tensor(lessons.wanted[rows], device=device), reduction="none"
        )
        loss = (each * torch.tensor(weights[rows], device=device)).sum(dim=1).mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
    network.eval()


def answers(body: Body, texts: Sequence[str], batch: int = 64) -> NDArray[np.float32]:
    """The logits of the exact weights; a row per text, a column per head."""
    device = body.network.device
    ids = [encoding.ids for encoding in body.tokenizer.encode_batch(list(texts))]
    order = sorted(range(len(ids)), key=lambda row: len(ids[row]))
    found = np.zeros((len(ids), body.network.config.num_labels), np.float32)
    parts = [order[at : at + batch] for at in range(0, len(order), batch)]
    for rows in track(parts, description="作答"):
        with torch.no_grad(), torch.autocast(device.type, dtype=torch.bfloat16):
            found[rows] = _forward(body, [ids[row] for row in rows], device).float().cpu().numpy()
    return found


def _forward(body: Body, ids: Sequence[Sequence[int]], device: torch.device) -> Tensor:
    longest = max(len(each) for each in ids)
    padded = torch.tensor([[*each, *[PAD] * (longest - len(each))] for each in ids], device=device)
    result: Tensor = body.network(padded, attention_mask=(padded != PAD).long()).logits
    return result


def _batches(
    lengths: Sequence[int], settings: Settings, draw: random.Random
) -> Iterator[list[int]]:
    """Batches of like length, all rows once an epoch."""
    for _ in range(settings.epochs):
        order = list(range(len(lengths)))
        draw.shuffle(order)
        batches = []
        for first in range(0, len(order), settings.batch * _POOL):
            pool = order[first : first + settings.batch * _POOL]
            pool.sort(key=lambda row: lengths[row])
            batches += [
                pool[at : at + settings.batch] for at in range(0, len(pool), settings.batch)
            ]
        draw.shuffle(batches)
        yield from batches


def _pace(step: int, steps: int) -> float:
    """The learning rate's part at a step: up for a while, then down to nothing."""
    return min(1.0, (step + 1) / (_WARM_UP * steps)) * max(0.0, 1 - step / steps)
