"""Saved searches: kept questions that are asked of everything just indexed, and who hears of it."""
