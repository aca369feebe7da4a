"""A person at the command line: for what an account must answer for, not the operating system."""

from __future__ import annotations

import typer

from cluewatch.accounts import second_factor, sessions
from cluewatch.accounts import store as accounts
from cluewatch.bootstrap import Services
from domain.errors import PermanentError
from domain.people import User

_REFUSED = "用户名、口令或验证码不正确，或账号已锁定"


def sign_in(services: Services, name: str) -> User:
    """Ask for password and code, as the console does. Raises PermanentError when they are wrong."""
    password = typer.prompt(f"{name} 的口令", hide_input=True, err=True)
    at = services.clock.now()
    with services.truth.write() as tx:
        token = accounts.login(tx, name=name, password=password, at=at, origin="cli")
        session = sessions.find(tx, token=token, at=at) if token else None
    if session is None:
        raise PermanentError(_REFUSED, at=name)
    is_known = session.verified
    if not is_known:
        code = typer.prompt("验证码", err=True)
        with services.truth.write() as tx:
            is_known = second_factor.verify(tx, session=session, code=code, at=at)
    with services.truth.write() as tx:
        sessions.end(tx, user_id=session.user.id, session_id=session.id)
    if not is_known:
        raise PermanentError(_REFUSED, at=name)
    if session.must_change:
        raise PermanentError("请先在控制台修改一次性口令", at=name)
    return session.user
