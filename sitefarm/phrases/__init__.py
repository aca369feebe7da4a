"""The farm's words: templates with slots, one YAML file per violation slug or lawful kind.

They are written apart from the rulebook; `overlap` measures how apart.
"""

from sitefarm.phrases.bank import Bank, Facts, Template, load
from sitefarm.phrases.leakage import OverlapReport, overlap

__all__ = ["Bank", "Facts", "OverlapReport", "Template", "load", "overlap"]
