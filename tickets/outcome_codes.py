"""The coded outcomes of tickets: what each says of the finding, needs, and brings about."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated

from attrs import evolve, field, frozen
from pydantic import Field, StringConstraints

from domain.errors import ConfigError, PermanentError
from domain.feedback import PARTICULAR_TITLES, Bearing, Particulars
from domain.tickets import Move, ReturnReason, TicketState
from storage import datafiles
from storage.datafiles import Strict
from tickets.offices import Office, OfficeKind

_Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]*$", max_length=32)]
_Title = Annotated[str, Field(min_length=1, max_length=20)]
_BRACKETS = str.maketrans({"(": "（", ")": "）"})
_ALWAYS = frozenset({"words"})
OFFICE_STEPS = frozenset(
    {
        Move.RECEIVE,
        Move.ACCEPT,
        Move.RETURN,
        Move.CHECK,
        Move.DECLINE,
        Move.FILE,
        Move.INVESTIGATE,
        Move.PENALISE,
        Move.TRANSFER_POLICE,
        Move.TRANSFER,
        Move.ORDER,
        Move.INTERVIEW,
        Move.CLOSE,
    }
)
"""What an office does on its own way; nothing here sends, takes back or contests."""


class Reason(Strict):
    """A coded reason of an outcome; without a bearing it says what its code says."""

    code: _Name
    title: _Title
    bearing: Bearing | None = None


class OutcomeCode(Strict):
    """One code as the data file states it."""

    code: _Name
    title: _Title
    others: tuple[str, ...] = ()
    bearing: Bearing
    reaches: TicketState | None = None
    steps: frozenset[Move] = OFFICE_STEPS
    return_reason: ReturnReason | None = None
    reasons: tuple[Reason, ...] = ()
    needs: dict[str, str] = Field(default_factory=dict)
    may: dict[str, str] = Field(default_factory=dict)
    by: frozenset[OfficeKind] = frozenset()
    lasts: int | None = Field(default=None, ge=1)
    recheck_days: int | None = Field(default=None, ge=0)
    register_kind: str = Field(default="", alias="register")
    penalty: bool = False

    @property
    def reopens(self) -> bool:
        """Whether it brings the matter back to the administrative office (law.md D.6)."""
        return Move.REOPEN in self.steps

    def label(self, name: str) -> str:
        """What a field is called in this outcome."""
        return self.needs.get(name) or self.may.get(name) or PARTICULAR_TITLES[name]

    def may_be_given_by(self, office: Office) -> bool:
        """Whether the office has the power for it."""
        return not self.by or any(power.branch in self.by for power in office.powers)

    def reason(self, words: str) -> Reason | None:
        """The reason by its code or title; None where the outcome has no reasons.

        Raises PermanentError for an unknown or missing one.
        """
        if not self.reasons and not words:
            return None
        for one in self.reasons:
            if words in (one.code, one.title):
                return one
        known = "、".join(one.title for one in self.reasons) or "不需要原因"
        raise PermanentError(f"“{self.title}”的原因“{words}”无法识别，应为：{known}")

    def checked(self, stated: Particulars) -> Particulars:
        """The particulars, with the last day of what lasts. Raises PermanentError naming what is
        missing, not a part of this outcome, or out of order."""
        given = stated.given()
        missing = [self.label(name) for name in self.needs if name not in given]
        if missing:
            raise PermanentError(f"“{self.title}”须填写：{'、'.join(missing)}")
        strange = given.keys() - self.needs.keys() - self.may.keys() - _ALWAYS
        if strange:
            names = "、".join(PARTICULAR_TITLES[name] for name in sorted(strange))
            raise PermanentError(f"“{self.title}”不填写：{names}")
        return self._dated(stated)

    def _dated(self, stated: Particulars) -> Particulars:
        if stated.since is None:
            return stated
        last = _years_after(stated.since, self.lasts) if self.lasts else None
        until = stated.until or last
        if until is not None and until < stated.since:
            raise PermanentError(f"“{self.title}”的截止日期早于起始日期")
        if until is not None and last is not None and until > last:
            raise PermanentError(f"“{self.title}”最长 {self.lasts} 年，应不晚于 {last}")
        return evolve(stated, until=until)


@frozen(kw_only=True)
class OutcomeCodes:
    """All of them, in the order of the file."""

    all: tuple[OutcomeCode, ...]
    _by_word: dict[str, OutcomeCode] = field(repr=False)

    def get(self, words: str) -> OutcomeCode:
        """The outcome by its code, title or another name, whatever the brackets' width.

        Raises PermanentError with the known titles.
        """
        found = self._by_word.get(_plain(words))
        if found is None:
            known = "、".join(code.title for code in self.all)
            raise PermanentError(f"办理结果“{words}”无法识别，应为：{known}")
        return found


class _File(Strict):
    codes: list[OutcomeCode] = Field(min_length=1)


def load_outcome_codes(source: Path | Traversable | None = None) -> OutcomeCodes:
    """The codes in `source`, or the shipped ones. Raises ConfigError (file:line) when two codes
    share a word or a field does not exist."""
    data = datafiles.read(source or datafiles.shipped("tickets", "outcome_codes.yml"))
    codes = data.validated(_File).codes
    by_word: dict[str, OutcomeCode] = {}
    for index, code in enumerate(codes):
        at = data.at("codes", index)
        for word in {code.code, code.title, *code.others}:
            if by_word.setdefault(_plain(word), code) is not code:
                raise ConfigError(f"“{word}”对应两个结果", at=at)
        unknown = (code.needs.keys() | code.may.keys()) - PARTICULAR_TITLES.keys()
        if unknown:
            raise ConfigError(f"没有字段：{'、'.join(sorted(unknown))}", at=at)
    return OutcomeCodes(all=tuple(codes), by_word=by_word)


def _plain(words: str) -> str:
    return unicodedata.normalize("NFKC", words).strip().translate(_BRACKETS)


def _years_after(day: date, years: int) -> date:
    """The last day of a term of whole years: the day before its anniversary."""
    try:
        return day.replace(year=day.year + years) - timedelta(days=1)
    except ValueError:  # the 29th of February
        return date(day.year + years, 2, 28)
