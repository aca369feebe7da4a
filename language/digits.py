"""Digits in disguise: Chinese ones, circles of the dingbats, letters that look like digits."""

from __future__ import annotations

import re

_CHINESE = "零一二三四五六七八九"
_OTHERS = (
    "〇壹贰叁肆伍陆柒捌玖",  # of cheques
    "\u24ff\u2776\u2777\u2778\u2779\u277a\u277b\u277c\u277d\u277e",  # white on black circles
    "\U0001f10b\u2780\u2781\u2782\u2783\u2784\u2785\u2786\u2787\u2788",  # sans-serif circles
    "\U0001f10c\u278a\u278b\u278c\u278d\u278e\u278f\u2790\u2791\u2792",  # the same, filled
    "\u24ff\u24f5\u24f6\u24f7\u24f8\u24f9\u24fa\u24fb\u24fc\u24fd",  # double circles
)
CIRCLED = {ord(c): str(n) for digits in _OTHERS[1:] for n, c in enumerate(digits)}
"""Circled digits that NFKC leaves as they are, and the digits they mean."""

_DIGITS = {ord(c): str(n) for digits in (_CHINESE, _OTHERS[0]) for n, c in enumerate(digits)}
_DIGITS |= CIRCLED | {ord("幺"): "1", ord("两"): "2"}
_LETTERS = re.compile(r"(?<=\d)[ol]+(?=[\dol%])|(?<=\d)o+(?=%)")


def plain_digits(text: str) -> str:
    """Normalised `text` with every such digit as 0 to 9; its length stays."""
    return _LETTERS.sub(
        lambda match: match[0].replace("o", "0").replace("l", "1"), text.translate(_DIGITS)
    )
