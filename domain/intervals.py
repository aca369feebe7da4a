"""How sure a share is that was counted on few cases."""

from __future__ import annotations

from math import sqrt

_Z = 1.959963984540054
"""The 97.5 % point of the normal distribution."""


def wilson(successes: int, n: int) -> tuple[float, float]:
    """The 95 % score interval of a share (E. B. Wilson, JASA 22, 1927, 209–212); (0, 1) for n = 0.

    It stays inside [0, 1] and holds its level for small n and for shares near the ends.
    """
    if n == 0:
        return 0.0, 1.0
    share, square = successes / n, _Z * _Z
    centre = share + square / (2 * n)
    spread = _Z * sqrt(share * (1 - share) / n + square / (4 * n * n))
    low, high = (centre - spread) / (1 + square / n), (centre + spread) / (1 + square / n)
    return (0.0 if successes == 0 else low), (1.0 if successes == n else high)
