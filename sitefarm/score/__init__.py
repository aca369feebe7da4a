"""Scores a product's output against the farm's truth and the server's own log."""

from sitefarm.score.rows import Row
from sitefarm.score.scorer import score

__all__ = ["Row", "score"]
