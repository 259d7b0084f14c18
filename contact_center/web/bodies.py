"""Reading what came in: path variables, query and JSON body, validated at the border."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from uuid import UUID

import orjson
from aiohttp import web
from pydantic import BaseModel

from contact_center.access.routes import Route
from contact_center.kernel.errors import Invalid, NotFound, Unavailable
from contact_center.web.errors import BadRequest

JSON_TYPES = ("application/json", "application/merge-patch+json")
DEEPEST = 32
READ_SECONDS = 30.0


async def read_soon(request: web.Request, seconds: float | None = None) -> bytes:
    """The body of a request of anybody. Raises Unavailable where it takes too long to come."""
    if request.content.is_eof():  # it came with its head, as nearly all do: no deadline is needed
        return await request.read()
    try:
        async with asyncio.timeout(READ_SECONDS if seconds is None else seconds):
            return await request.read()
    except TimeoutError:
        raise Unavailable("the body took too long", code="deadline", retry_after=5) from None


def path_of(request: web.Request) -> dict[str, Any]:
    """Path variables; those whose name ends in "id" are UUIDs, or there is nothing here."""
    return {name: _variable(name, text) for name, text in request.match_info.items()}


def _variable(name: str, text: str) -> Any:
    if "\0" in text:
        raise NotFound("there is nothing at this address")
    if not name.endswith("id"):
        return text
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("there is nothing at this address") from None


def query_of(request: web.Request, route: Route) -> Any:
    """The validated query string; what the route does not know is refused."""
    if route.query is None:
        return None
    given: dict[str, Any] = {}
    for name in request.query:
        values = request.query.getall(name)
        given[name] = values if _many(route.query, name) else values[-1]
    _refuse_nul(given)
    return route.query.model_validate(given)


async def body_of(request: web.Request, route: Route) -> Any:
    """The validated JSON body; None where the route takes none or reads it itself."""
    if route.body is None:
        return None
    raw = await request.read()
    if raw and request.content_type not in JSON_TYPES:
        raise BadRequest("send JSON, with Content-Type: application/json",
                         code="unsupported_media_type", status=415)  # fmt: skip
    return route.body.model_validate(parse(raw or b"{}"))


def parse(raw: bytes) -> Any:
    """JSON; raises BadRequest. Text with NUL is refused: no column of ours can hold it."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest(f"the body is no JSON: {error}", code="malformed") from None
    if b"\\u0000" in raw:
        _refuse_nul(value)
    return value


def _refuse_nul(value: Any, depth: int = 0) -> None:
    if isinstance(value, str):
        if "\0" in value:
            raise Invalid("text may not hold the character NUL")
    elif depth > DEEPEST:
        raise Invalid("the body is nested too deeply")
    elif isinstance(value, Mapping):
        for key, item in value.items():
            _refuse_nul(key, depth + 1)
            _refuse_nul(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            _refuse_nul(item, depth + 1)


def _many(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    return field is not None and "list" in str(field.annotation)
