"""What pages show of who runs them: numbers, components, and the advertisement itself."""

from __future__ import annotations

from attrs import frozen
from sqlalchemy import Connection

from domain.pages import Document, IdentifierKind
from language.identifiers import filing_of
from language.simhash import simhash64
from storage.upsert import upsert
from tickets import subject_tables as tables

CREATIVE = "creative"
"""The kind of a tie by the same advertisement."""

LEAST_CREATIVE = 120
"""Shorter texts say the same by accident."""

_KINDS = (
    IdentifierKind.USCI,
    IdentifierKind.INSTITUTION,
    IdentifierKind.ICP,
    IdentifierKind.PSB,
    IdentifierKind.WIDGET,
    IdentifierKind.WECHAT,
    IdentifierKind.QQ,
    IdentifierKind.PHONE,
)
_VALUE_LIMIT = 200


@frozen(kw_only=True)
class Trace:
    """One thing on a page that its operator left: an identifier kind and its value."""

    kind: str
    value: str


def traces_of(document: Document) -> tuple[Trace, ...]:
    """The identifiers that tie a page to its operator, each once; broken ones tie nothing.

    The sites of one ICP filing (…号-1, …号-2) are one filing; WeChat names know no case.
    """
    found = (
        Trace(kind=i.kind.value, value=_plain(i.kind, i.value)[:_VALUE_LIMIT])
        for i in document.identifiers
        if i.kind in _KINDS and i.valid is not False
    )
    return tuple(dict.fromkeys(found))


def fingerprint(document: Document) -> str | None:
    """The advertisement as 16 hexadecimal digits (SimHash, 64 bits) without what every page of
    the site repeats; None when there is too little text."""
    text = "\n".join(block.text for block in document.blocks if not block.boilerplate)
    return f"{simhash64(text):016x}" if len(text) >= LEAST_CREATIVE else None


def keep(tx: Connection, subject_id: str, document: Document) -> None:
    """Note what the page shows of its operator; the first page that showed it stays the proof."""
    proof = {
        "subject_id": subject_id,
        "document_id": document.id,
        "url": document.url,
        "seen_at": document.captured_at,
    }
    for trace in traces_of(document):
        row = upsert(tx, tables.traces).values(kind=trace.kind, value=trace.value, **proof)
        tx.execute(row.on_conflict_do_nothing())
    creative = fingerprint(document)
    if creative is not None:
        row = upsert(tx, tables.creatives).values(
            fingerprint=creative,
            **{f"quarter_{n}": quarter for n, quarter in enumerate(quarters(creative))},
            **proof,
        )
        tx.execute(row.on_conflict_do_nothing())


def quarters(creative: str) -> tuple[str, ...]:
    """The four parts of a fingerprint that near ones are found by."""
    return tuple(creative[n : n + 4] for n in range(0, 16, 4))


def _plain(kind: IdentifierKind, value: str) -> str:
    if kind is IdentifierKind.ICP:
        return filing_of(value)
    return value.lower() if kind is IdentifierKind.WECHAT else value
