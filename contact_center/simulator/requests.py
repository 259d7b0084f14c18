"""What the simulator's handlers share: bodies, and that only our own pages may play."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar

import orjson
from aiohttp import web
from pydantic import BaseModel, ConfigDict

from contact_center.kernel.errors import Invalid
from contact_center.storage.database import Database
from contact_center.web.origins import ORIGINS

HOUSE: web.AppKey[Database] = web.AppKey("simulator_database", Database)
LONGEST_WAIT = 20.0
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
M = TypeVar("M", bound=BaseModel)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def ours(handler: Handler) -> Handler:
    """Only our own pages may play."""

    async def handle(request: web.Request) -> web.StreamResponse:
        request.app[ORIGINS].require_ours(request)
        return await handler(request)

    return handle


async def body(request: web.Request, model: type[M]) -> M:
    """The body as a model. Raises Invalid."""
    try:
        return model.model_validate(orjson.loads(await request.read()))
    except orjson.JSONDecodeError as error:
        raise Invalid(f"the body is no JSON: {error}") from None


def since(request: web.Request) -> tuple[int, float]:
    """From which number on news is wanted, and how long to wait for it. Raises Invalid."""
    query = request.query
    try:
        after, wait = int(query.get("after", "-1")), float(query.get("wait", "0"))
    except ValueError:
        raise Invalid("after and wait are numbers") from None
    return after, min(max(wait, 0.0), LONGEST_WAIT)
