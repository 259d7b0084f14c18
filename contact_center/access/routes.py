"""The vocabulary of the one route table: a route names its path, handler, permission and models."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from contact_center.access.model import Actor, Permission

LONGEST_VERSION = 18


@dataclass(slots=True)
class Call:
    """One authorised request: who asks, the validated path, query and body, and the application.

    `path` values whose name ends in "id" are UUIDs (anything else was answered 404 already).
    """

    request: web.Request
    actor: Actor
    path: Mapping[str, Any]
    query: Any = None
    body: Any = None

    @property
    def app(self) -> web.Application:
        return self.request.app

    def id(self, name: str = "id") -> UUID:
        value = self.path[name]
        if not isinstance(value, UUID):
            msg = f"path variable {name} is not an id"
            raise TypeError(msg)
        return value

    @property
    def expected_version(self) -> int | None:
        """The version in If-Match, or None where the header is absent or asks for any.

        What cannot be a version of ours is none (-1): it must not pass for "any".
        """
        given = self.request.headers.get("If-Match", "*").strip()
        if given == "*":
            return None
        text = given.removeprefix("W/").strip('"')
        return int(text) if text.isdecimal() and len(text) <= LONGEST_VERSION else -1


Handler = Callable[[Call], Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Route:
    """One line of the API page.

    `answer` is the model of the body of a success (None: 204, `Model | None`: either); `query`
    validates the query string. `reads` tells of a body that the handler reads by itself. The answer
    of a `secret` one is seen by who asks and kept nowhere, under no Idempotency-Key either.
    """

    method: str
    path: str
    handler: Handler
    permission: Permission
    summary: str
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    answer: Any = None
    status: int = 200
    tags: tuple[str, ...] = field(default=())
    reads: Any = None
    secret: bool = False
