"""Invented numbers with right check characters."""

from __future__ import annotations

_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"
REGION = "320199"
OTHER_REGION = "320198"


def organisation(body: str) -> str:
    """Eight characters with their GB 11714 check."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    check = 11 - sum(int(c, 36) * w for c, w in zip(body, weights, strict=True)) % 11
    return body + {10: "X", 11: "0"}.get(check, str(check))


def usci(body: str, region: str = REGION) -> str:
    """A credit code of a company (91) with both its checks."""
    code = f"91{region}{organisation(body)}"
    total = sum(_ALPHABET.index(c) * pow(3, n, 31) for n, c in enumerate(code))
    return code + _ALPHABET[-total % 31]


def licence_no(body: str, region: str = REGION) -> str:
    """A 登记号 of an out-patient department for profit."""
    return f"{organisation(body)}{region}17D1102"
