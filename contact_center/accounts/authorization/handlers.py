"""Connecting an account by its owner's consent: there, and back again."""

from __future__ import annotations

from datetime import datetime

from aiohttp import web
from pydantic import BaseModel

from contact_center.access.handlers import require_session
from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.accounts import store as accounts
from contact_center.accounts.authorization.service import SERVICE, Answer
from contact_center.employees.model import Out

P = Permission
CALLBACK = "/oauth/callback"


class Authorization(Out):
    """How an account stands with who has to agree to it.

    `redirect_uri` is what has to be registered there; `refused` is why the last attempt failed.
    """

    authority: str
    connected: bool
    connected_at: datetime | None
    refused: str | None
    refused_at: datetime | None
    redirect_uri: str


class ToAgree(BaseModel):
    """Where an administrator's browser goes to agree."""

    url: str


async def get_authorization(call: Call) -> Authorization | None:
    authorizations = call.app[SERVICE]
    consent = await authorizations.consent(call.id())
    if consent is None:
        await accounts.account(call.app[SERVICE].database, call.id())
        return None
    told = {name: getattr(consent, name) for name in consent.__dataclass_fields__}
    return Authorization(**told, redirect_uri=authorizations.callback)


async def begin_authorization(call: Call) -> ToAgree:
    require_session(call)
    return ToAgree(url=await call.app[SERVICE].begin(call.actor, call.id()))


async def finish_authorization(call: Call) -> web.Response:
    """Always back to the console, which says how it ended: a browser stands here, not a program.

    The query is the provider's (RFC 6749 §4.1.2), and each adds something of its own to it.
    """
    state, code, error, described = (
        call.request.query.get(name, "") for name in ("state", "code", "error", "error_description")
    )
    answer = Answer(state, code, " ".join(f"{error} {described}".split()))
    ended = await call.app[SERVICE].finish(call.actor, answer)
    place = f"/{ended.account_id}" if ended.account_id else ""
    where = f"{call.app[SERVICE].base_url}/admin/accounts{place}?authorization={ended.outcome}"
    return web.Response(status=303, headers={"Location": where})


ROUTES: list[Route] = [
    Route("GET", "/accounts/{id}/authorization", get_authorization, P.SUPERVISE,
          "Whether somebody has agreed that the connection acts for him, where that is needed",
          answer=Authorization | None),
    Route("POST", "/accounts/{id}/authorization", begin_authorization, P.ADMINISTER,
          "Ask for consent at the provider: the address to send the browser to", answer=ToAgree,
          secret=True),
    Route("GET", CALLBACK, finish_authorization, P.ADMINISTER,
          "Where a provider sends the browser back; leads on to the console", status=303,
          tags=("accounts",)),
]  # fmt: skip
