"""A request has a minute for everything, the coming of its body included."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from pydantic import BaseModel

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.web import auth
from contact_center.web.guard import SECURE, guard
from contact_center.web.metrics import METRICS, Metrics
from contact_center.web.origins import ORIGINS, Origins


class Given(BaseModel):
    text: str


async def test_a_body_that_does_not_come_ends_with_the_deadline(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    called: list[Call] = []

    async def handler(call: Call) -> None:
        called.append(call)

    async def never() -> AsyncIterator[bytes]:
        yield b'{"text"'
        await asyncio.sleep(600)

    monkeypatch.setattr(auth, "DEADLINE_SECONDS", 0.3)
    route = Route("POST", "/x", handler, Permission.PUBLIC, "X", body=Given)
    app = web.Application(middlewares=[guard])
    app[METRICS], app[ORIGINS], app[SECURE] = Metrics(), Origins(), False
    app.router.add_post("/x", auth.endpoint(route))
    async with asyncio.timeout(60), TestClient(TestServer(app)) as client:
        answer = await client.post("/x", data=never(), headers={"Content-Type": "application/json"})
        assert (answer.status, (await answer.json())["code"]) == (503, "deadline")
        good = await client.post("/x", json={"text": "a"})
        assert good.status == 204
    assert len(called) == 1
