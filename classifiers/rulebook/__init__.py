"""The rulebook: one file per type of violation, read once and then never changed."""

from classifiers.rulebook.book import Pattern, Rule, Rulebook
from classifiers.rulebook.loading import load

__all__ = ["Pattern", "Rule", "Rulebook", "load"]
