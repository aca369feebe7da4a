"""The hashed character model: the first depth of the cascade, beside the rules."""

from classifiers.model.linear import VIOLATES, LinearModel, load

__all__ = ["VIOLATES", "LinearModel", "load"]
