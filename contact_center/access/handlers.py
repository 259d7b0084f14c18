"""Signing in and out, the own password, API tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from uuid import UUID

import sqlalchemy as sa
from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from contact_center.access import store, tokens
from contact_center.access.model import Permission, Role
from contact_center.access.routes import Call, Route
from contact_center.access.service import SERVICE, AccessService, revoked_topic
from contact_center.access.sessions import NewSession, address_of, agent_of
from contact_center.kernel.errors import Forbidden, Invalid, NotFound
from contact_center.kernel.ids import new_id

P = Permission
Email = Annotated[
    str,
    StringConstraints(
        strip_whitespace=True, max_length=254, pattern=r"^[^@\s]{1,64}@[^@\s]+\.[^@\s]+$"
    ),
]
Password = Annotated[str, Field(max_length=256)]
Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]


class Body(BaseModel):
    """What comes in: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class SignIn(Body):
    """Address and password."""

    # No pattern here: an address that is none is simply wrong, like any other.
    email: Annotated[str, StringConstraints(strip_whitespace=True, max_length=254)]
    password: Password


class Opened(BaseModel):
    """A session was opened; the cookie came with this answer, `csrf` goes into X-CSRF-Token."""

    employee_id: UUID
    csrf: str


class DemoAccount(BaseModel):
    """A throwaway sign-in of the demo company."""

    email: str
    name: str
    role: Role
    password: str


class AuthState(BaseModel):
    """What the sign-in page has to know."""

    demo: bool
    demo_accounts: list[DemoAccount]
    needs_first_admin: bool
    locale: str
    name: str


class NewPassword(Body):
    """Change of the own password."""

    old: Password
    new: Password


class NewToken(Body):
    """An API token to make: `scopes` are permissions, never more than the owner's role has."""

    title: Title
    scopes: Annotated[list[Permission], Field(min_length=1)]
    expires_at: datetime | None = None


class TokenRow(BaseModel):
    """An API token without its secret."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    employee_id: UUID
    title: str
    scopes: list[str]
    created_at: datetime
    used_at: datetime | None
    expires_at: datetime | None


class TokenMade(TokenRow):
    """The only time the secret is shown."""

    token: str


class TokenList(BaseModel):
    """All live API tokens."""

    items: list[TokenRow]
    next: str | None = None


def opened(access: AccessService, session: NewSession) -> web.Response:
    """The answer to whoever has just been let in."""
    answer = Opened(employee_id=session.employee_id, csrf=session.csrf)
    response = web.json_response(text=answer.model_dump_json())
    access.cookie.set(response, session)
    return response


def require_session(call: Call) -> None:
    """Raise Forbidden unless a person sits before a browser: a token may not breed tokens."""
    if call.actor.session is None:
        raise Forbidden("this needs a sign-in, an API token will not do", code="needs_session")


async def state(call: Call) -> AuthState:
    access = call.app[SERVICE]
    place = await store.workspace(access.database)
    accounts = place.settings.get("demo_accounts", []) if place.demo else []
    return AuthState(
        demo=place.demo,
        demo_accounts=accounts,
        needs_first_admin=not await store.has_employees(access.database),
        locale=place.locale,
        name=place.name,
    )


async def sign_in(call: Call) -> web.Response:
    access, body = call.app[SERVICE], call.body
    session = await access.sign_in(
        body.email,
        body.password,
        address=address_of(call.request),
        agent=agent_of(call.request),
        old=access.cookie.read(call.request),
    )
    return opened(access, session)


async def sign_out(call: Call) -> web.Response:
    access = call.app[SERVICE]
    await access.sign_out(access.cookie.read(call.request))
    return _signed_out(access)


async def sign_out_everywhere(call: Call) -> web.Response:
    require_session(call)
    access = call.app[SERVICE]
    await access.sign_out_everywhere(call.actor.employee_id)
    return _signed_out(access)


def _signed_out(access: AccessService) -> web.Response:
    response = web.Response(status=204)
    access.cookie.clear(response)
    return response


async def change_password(call: Call) -> web.Response:
    require_session(call)
    access = call.app[SERVICE]
    session = await access.change_password(
        call.actor,
        call.body.old,
        call.body.new,
        address=address_of(call.request),
        agent=agent_of(call.request),
    )
    return opened(access, session)


async def list_tokens(call: Call) -> TokenList:
    rows = await store.tokens(call.app[SERVICE].database, sa.true())
    return TokenList(items=[TokenRow.model_validate(row) for row in rows])


async def make_token(call: Call) -> TokenMade:
    """The token acts as who makes it, within its scopes, and ends when he is disabled."""
    require_session(call)
    access, body = call.app[SERVICE], call.body
    now = access.clock.now()
    if body.expires_at and (body.expires_at.tzinfo is None or body.expires_at <= now):
        raise Invalid("expires_at must lie ahead and name its zone", field="expires_at")
    secret = tokens.new_api_token()
    row = store.Token(
        id=new_id(),
        employee_id=call.actor.employee_id,
        title=body.title,
        scopes=sorted({scope.value for scope in body.scopes}),
        created_at=now,
        used_at=None,
        expires_at=body.expires_at,
    )
    hashed = tokens.digest(secret)
    await access.database.run(lambda unit: store.add_token(unit, row, hashed))
    return TokenMade(**TokenRow.model_validate(row).model_dump(), token=secret)


async def revoke_token(call: Call) -> None:
    require_session(call)
    access = call.app[SERVICE]
    owner = await store.revoke_token(access.database, call.id(), access.clock.now())
    if owner is None:
        raise NotFound("there is no such token")
    access.database.wake(revoked_topic(owner))


ROUTES: list[Route] = [
    Route("GET", "/auth/state", state, P.PUBLIC, "What the sign-in page has to know",
          answer=AuthState),
    Route("POST", "/auth/sign-in", sign_in, P.PUBLIC, "Sign in; sets the session cookie",
          body=SignIn, answer=Opened),
    Route("POST", "/auth/sign-out", sign_out, P.PUBLIC, "End this session", status=204),
    Route("POST", "/auth/sign-out-everywhere", sign_out_everywhere, P.SIGNED_IN,
          "End all own sessions, open sockets included", status=204),
    Route("POST", "/me/password", change_password, P.SIGNED_IN,
          "Change the own password; all other sessions end", body=NewPassword, answer=Opened,
          secret=True),
    Route("GET", "/tokens", list_tokens, P.ADMINISTER, "Live API tokens", answer=TokenList),
    Route("POST", "/tokens", make_token, P.ADMINISTER, "Make an API token, shown this once",
          body=NewToken, answer=TokenMade, status=201, secret=True),
    Route("DELETE", "/tokens/{id}", revoke_token, P.ADMINISTER, "Revoke an API token",
          status=204),
]  # fmt: skip
