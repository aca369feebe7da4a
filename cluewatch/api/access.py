"""Who is asking by which token, and may they: the one place where the API denies or allows.

What a bearer may see within an endpoint is `accounts.scope`, the same as in the console.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import Depends, Request, Response
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from cluewatch.accounts import tokens
from cluewatch.accounts.tokens import Bearer
from cluewatch.api.limits import Allowance, RateLimit
from cluewatch.api.problems import Problem
from cluewatch.bootstrap import Services
from domain.people import Permission

_scheme = HTTPBearer(
    bearerFormat="cw_…",
    description="令牌由 cluewatch token issue 签发；权限（scope）写在每个接口的说明里。",
    auto_error=False,
)
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_scheme)]


def services(request: Request) -> Services:
    """The wired collaborators of this application."""
    found = request.app.state.services
    if not isinstance(found, Services):
        raise TypeError("the application was started without services")
    return found


Wired = Annotated[Services, Depends(services)]


def bearer(request: Request, response: Response, wired: Wired, credentials: Credentials) -> Bearer:
    """Whose token came with the request, counted against its rate. Raises Problem 401 or 429.

    Requests without a valid token count against their address, so that nobody tries them out.
    """
    found = None
    if credentials is not None:
        with wired.truth.write() as tx:
            secret, at = credentials.credentials, wired.clock.now()
            found = tokens.bearer(tx, secret=secret, at=at)
    if found is None:
        address = request.client.host if request.client else ""
        _counted(request.app.state.strangers, address)
        raise Problem(
            401, "缺少令牌，或令牌无效、已过期、已撤销", headers={"WWW-Authenticate": "Bearer"}
        )
    limit: RateLimit = request.app.state.limit
    allowance = _counted(limit, found.token_id)
    response.headers["RateLimit-Limit"] = str(limit.burst)
    response.headers["RateLimit-Remaining"] = str(allowance.remaining)
    return found


def needs(permission: Permission) -> Callable[[Bearer], Bearer]:
    """A dependency that lets only those pass whose token and user allow it (else 403)."""

    def check(caller: Annotated[Bearer, Depends(bearer)]) -> Bearer:
        if not caller.may(permission):
            raise Problem(403, f"令牌没有权限 {permission.value}")
        return caller

    return check


def _counted(limit: RateLimit, caller: str) -> Allowance:
    allowance = limit.take(caller)
    if not allowance.passes:
        wait = str(allowance.wait)
        raise Problem(429, f"请求太频繁，请 {wait} 秒后再试", headers={"Retry-After": wait})
    return allowance
