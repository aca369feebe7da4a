"""Ways to spoil a good file."""

from __future__ import annotations

import io
import random
import zipfile


def damaged(data: bytes, dice: random.Random, cuts: int) -> bytes:
    """Cut, doubled, overwritten with rubbish or broken off, `cuts` times."""
    for _ in range(cuts):
        at = dice.randrange(len(data) + 1)
        width = dice.randrange(40)
        match dice.randrange(4):
            case 0:
                data = data[:at] + data[at + width :]
            case 1:
                data = data[:at] + dice.randbytes(width) + data[at:]
            case 2:
                data = data[:at] + data[at : at + width] * 3 + data[at:]
            case _:
                data = data[:at]
    return data


def damaged_inside(package: bytes, dice: random.Random, cuts: int) -> bytes:
    """A ZIP whose sums are right and one of whose members is spoiled."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(package)) as source, zipfile.ZipFile(made, "w") as target:
        victim = dice.choice(source.namelist())
        for name in source.namelist():
            content = source.read(name)
            target.writestr(name, damaged(content, dice, cuts) if name == victim else content)
    return made.getvalue()
