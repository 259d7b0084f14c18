"""The short way in for providers tells no two things apart that the usual way does not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from yarl import URL

from contact_center.kernel.errors import HouseError, NotFound, Unavailable
from contact_center.web import guard
from contact_center.web.front import open_front
from contact_center.web.metrics import METRICS, Metrics
from contact_center.web.origins import ORIGINS, Origins
from contact_center.web.webhooks import Hooks, setup_hooks

LIMIT = 1000
SAME = ("Content-Type", "Content-Security-Policy", "X-Content-Type-Options", "Cache-Control",
        "Referrer-Policy", "Strict-Transport-Security", "Retry-After", "X-Answer")  # fmt: skip


class Fake(Hooks):
    """Answers by what the body says; one account has a key."""

    def __init__(self) -> None:
        self.routed = 0

    def knows(self, key: str) -> bool:
        return key == "key"

    async def handle(self, request: web.Request) -> web.Response:
        self.routed += 1
        return await super().handle(request)

    async def deliver(self, request: web.Request, key: str) -> web.Response:
        if key != "key":
            raise NotFound("there is nothing at this address")
        request[guard.MACHINE] = True
        said = (await request.read()).decode()
        if said == "busy":
            raise Unavailable("come again", retry_after=7)
        if said == "stranger":
            raise HouseError("not proven", code="refused", status=401)
        if said == "kaboom":
            raise RuntimeError("our own fault")
        return web.Response(status=202, body=b"taken", headers={"x-answer": "yes"})


@asynccontextmanager
async def served(hooks: Hooks, *, short: bool) -> AsyncIterator[tuple[str, Metrics]]:
    app = web.Application(middlewares=[guard.guard], client_max_size=LIMIT)
    app.on_response_prepare.append(guard.add_headers)
    app[METRICS], app[ORIGINS], app[guard.SECURE] = Metrics(), Origins(), True
    setup_hooks(app, hooks)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    if short:
        open_front(runner)
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", app[METRICS]
    finally:
        await runner.cleanup()


def counted(metrics: Metrics) -> dict[tuple[str, ...], float]:
    """Answers by route, method and status, and refusals by code; no times."""
    found = {}
    for metric in metrics.registry.collect():
        for sample in metric.samples:
            if sample.name in {"cc_http_requests_total", "cc_http_refused_total"}:
                found[tuple(sample.labels.values())] = sample.value
    return found


async def heard(session: aiohttp.ClientSession, url: str, body: str) -> Any:
    async with session.post(URL(url, encoded=True), data=body) as answer:
        said = await answer.read()
        assert answer.headers["X-Request-ID"]
        if answer.content_type == "application/problem+json":
            problem = await answer.json()
            assert problem.pop("request_id") == answer.headers["X-Request-ID"]
            said = problem
        return answer.status, {name: answer.headers.get(name) for name in SAME}, said


@pytest.mark.parametrize("path", ["/hooks/key", "/hooks/nobody", "/hooks/key?x=1", "/hooks/key/m"])
async def test_both_ways_answer_and_count_alike(path: str) -> None:
    bodies = ("hello", "busy", "stranger", "kaboom", "x" * (LIMIT + 1))
    heards, counts = [], []
    async with aiohttp.ClientSession() as session:
        for short in (True, False):
            async with served(Fake(), short=short) as (url, metrics):
                heards.append([await heard(session, url + path, body) for body in bodies])
                counts.append(counted(metrics))
    assert heards[0] == heards[1]
    assert counts[0] == counts[1]
    assert sum(counts[0].values()) >= len(bodies)


async def test_only_what_is_plainly_an_event_of_an_account_goes_the_short_way() -> None:
    hooks = Fake()
    async with (
        served(hooks, short=True) as (url, _),
        aiohttp.ClientSession() as session,
    ):
        for _ in range(3):
            assert (await heard(session, f"{url}/hooks/key", "hello"))[0] == 202
        assert hooks.routed == 0
        for path in ("/hooks/nobody", "/hooks/key?x=1", "/hooks/key/mime", "/hooks/%6Bey"):
            await heard(session, url + path, "hello")
        assert hooks.routed == 4
        async with session.get(f"{url}/hooks/key") as answer:
            assert answer.status == 202
        async with session.post(f"{url}/hooks/key", data="hello", expect100=True) as answer:
            assert answer.status == 202
        assert hooks.routed == 6
