"""The second factor: time-based codes (TOTP, RFC 6238) and recovery codes that work once."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import pyotp
from sqlalchemy import Connection, delete, func, insert, select, update

from cluewatch.accounts import sessions, store
from cluewatch.accounts.sessions import Session
from cluewatch.accounts.tables import recovery_codes, users
from domain.errors import PermanentError
from domain.people import User

ISSUER = "Cluewatch"
RECOVERY_CODES = 10
_STEP = 30
_TOLERATED_STEPS = 1


def fresh_secret() -> str:
    """A secret for an authenticator, not yet in force."""
    return pyotp.random_base32()


def address(user: User, secret: str) -> str:
    """The otpauth address that authenticators read from a picture."""
    return pyotp.TOTP(secret).provisioning_uri(name=user.name, issuer_name=ISSUER)


def is_on(tx: Connection, *, user_id: str) -> bool:
    """Whether a login of this user asks for a code."""
    return tx.scalar(select(users.c.totp_secret).where(users.c.id == user_id)) is not None


def enrol(tx: Connection, *, user: User, secret: str, code: str, at: datetime) -> tuple[str, ...]:
    """Put a secret in force once its first code proves that the authenticator has it.

    Returns the recovery codes, shown this once. Raises PermanentError when the code is wrong.
    """
    step = _step_of(secret, code, at)
    if step is None:
        raise PermanentError("验证码不正确，请确认手机时间准确后重试")
    tx.execute(
        update(users).where(users.c.id == user.id).values(totp_secret=secret, totp_step=step)
    )
    tx.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user.id))
    codes = tuple(f"{secrets.token_hex(3)}-{secrets.token_hex(3)}" for _ in range(RECOVERY_CODES))
    rows = [{"user_id": user.id, "digest": _digest(code)} for code in codes]
    tx.execute(insert(recovery_codes), rows)
    store.note(tx, at=at, actor=user.name, action="second_factor_on", subject=user.name)
    return codes


def remove(tx: Connection, *, user: User, at: datetime, actor: str) -> None:
    """Ask for no code any more."""
    off = {"totp_secret": None, "totp_step": 0}
    tx.execute(update(users).where(users.c.id == user.id).values(**off))
    tx.execute(delete(recovery_codes).where(recovery_codes.c.user_id == user.id))
    store.note(tx, at=at, actor=actor, action="second_factor_off", subject=user.name)


def verify(tx: Connection, *, session: Session, code: str, at: datetime) -> bool:
    """Complete a login with a code of the authenticator or a recovery code.

    A code works once. A wrong one counts like a wrong password; the caller must commit it.
    """
    user = session.user
    if not (_accept_code(tx, user, code, at) or _spend_recovery_code(tx, user, code, at)):
        store.count_failure(tx, user_id=user.id, at=at)
        store.note(tx, at=at, actor=user.name, action="code_failed", subject=user.name)
        return False
    store.forget_failures(tx, user_id=user.id)
    sessions.mark_verified(tx, session_id=session.id)
    store.note(tx, at=at, actor=user.name, action="login", subject=user.name)
    return True


def unused_recovery_codes(tx: Connection, *, user_id: str) -> int:
    """How many recovery codes are left."""
    left = (recovery_codes.c.user_id == user_id) & recovery_codes.c.used_at.is_(None)
    return tx.execute(select(func.count()).select_from(recovery_codes).where(left)).scalar_one()


def _accept_code(tx: Connection, user: User, code: str, at: datetime) -> bool:
    row = tx.execute(select(users).where(users.c.id == user.id)).one()
    step = _step_of(row.totp_secret, code, at)
    if step is None or step <= row.totp_step:
        return False
    tx.execute(update(users).where(users.c.id == user.id).values(totp_step=step))
    return True


def _spend_recovery_code(tx: Connection, user: User, code: str, at: datetime) -> bool:
    mine = (recovery_codes.c.user_id == user.id) & (recovery_codes.c.digest == _digest(code))
    unused = recovery_codes.c.used_at.is_(None)
    spent = tx.execute(update(recovery_codes).where(mine, unused).values(used_at=at))
    if spent.rowcount != 1:
        return False
    store.note(tx, at=at, actor=user.name, action="recovery_code", subject=user.name)
    return True


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """The time step (30 s) that a code belongs to, a neighbouring one included; None if wrong."""
    now = int(at.timestamp()) // _STEP
    totp = pyotp.TOTP(secret)
    for step in range(now - _TOLERATED_STEPS, now + _TOLERATED_STEPS + 1):
        if secrets.compare_digest(totp.generate_otp(step).encode(), code.strip().encode()):
            return step
    return None


def _digest(code: str) -> str:
    return hashlib.sha256(code.strip().lower().encode()).hexdigest()
