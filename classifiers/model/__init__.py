"""What reads beside the rules: a hashed linear model, a small transformer, and both together."""

from classifiers.model.linear import VIOLATES
from classifiers.model.opinion import Opinion, load

__all__ = ["VIOLATES", "Opinion", "load"]
