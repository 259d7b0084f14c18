"""The one way from a route of the table to its handler: who asks, may he, is it well formed.

In this order: the origin of a write, the sign-in, the permission, the CSRF token, the path, the
query and the body, the Idempotency-Key. A handler sees only requests that passed all of it.
"""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import orjson
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel

from contact_center.access.model import Permission
from contact_center.access.policy import authorize
from contact_center.access.routes import Call, Route
from contact_center.access.service import ANONYMOUS, SERVICE
from contact_center.access.sessions import SignedIn, bearer
from contact_center.access.tokens import same
from contact_center.kernel.errors import Forbidden, Unauthenticated, Unavailable
from contact_center.web import idempotency
from contact_center.web.bodies import body_of, path_of, query_of
from contact_center.web.origins import ORIGINS

READING = frozenset({"GET", "HEAD", "OPTIONS"})
DEADLINE_SECONDS = 60.0
SLOW = "slow"
"""Tag of routes that take as long as the network does: uploads, downloads."""


def endpoint(route: Route) -> Handler:
    """The aiohttp handler of one route."""
    deadline = None if SLOW in route.tags else DEADLINE_SECONDS

    async def handle(request: web.Request) -> web.StreamResponse:
        try:
            async with asyncio.timeout(deadline) as timer:
                return await _answered(route, await _call(request, route))
        except TimeoutError:
            if not timer.expired():
                raise
            raise Unavailable("this took too long", code="deadline", retry_after=5) from None

    return handle


async def _call(request: web.Request, route: Route) -> Call:
    known = await _who(request, route)
    return Call(
        request=request,
        actor=known.actor if known else ANONYMOUS,
        path=path_of(request),
        query=query_of(request, route),
        body=await body_of(request, route),
    )


async def _who(request: web.Request, route: Route) -> SignedIn | None:
    writes = request.method not in READING
    if writes and bearer(request) is None:
        request.app[ORIGINS].require_ours(request)
    if route.permission is Permission.PUBLIC:
        return None
    known = await request.app[SERVICE].identify(request)
    if known is None:
        raise Unauthenticated("sign in first")
    authorize(known.actor, route.permission)
    if writes and known.csrf is not None:
        _require_csrf(request, known.csrf)
    return known


def _require_csrf(request: web.Request, expected: str) -> None:
    if not same(request.headers.get("X-CSRF-Token", ""), expected):
        raise Forbidden("the header X-CSRF-Token is missing or wrong", code="csrf")


async def _answered(route: Route, call: Call) -> web.StreamResponse:
    key = call.request.headers.get(idempotency.HEADER) if route.method == "POST" else None
    if key and SLOW not in route.tags and call.actor is not ANONYMOUS:
        return await idempotency.once(key, call, lambda: _answer(route, call), secret=route.secret)
    return await _answer(route, call)


async def _answer(route: Route, call: Call) -> web.StreamResponse:
    result = await route.handler(call)
    if isinstance(result, web.StreamResponse):
        return result
    if result is None:
        return web.Response(status=204)
    return json_response(result, status=route.status)


def json_response(value: Any, *, status: int = 200) -> web.Response:
    """JSON of a model, or of anything made of models and plain values."""
    if isinstance(value, BaseModel):
        body = value.model_dump_json().encode()
    else:
        body = orjson.dumps(value, default=_plain, option=orjson.OPT_UTC_Z)
    return web.Response(status=status, body=body, content_type="application/json", charset="utf-8")


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, set | frozenset | tuple):
        return list(value)
    if isinstance(value, UUID):  # asyncpg has a class of its own
        return str(value)
    raise TypeError
