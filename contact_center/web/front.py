"""The short way in for providers.

Each of their events waits for the one before it in the event loop, so what is spent on finding the
way is spent by all of them. `POST /hooks/{key}` of an account that is there passes neither router
nor middleware nor signals, and is numbered, answered, counted and logged by the same functions
(`guard.py`). Everything else goes the usual way: other methods, other addresses, unknown keys.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import cast

from aiohttp import web

from contact_center.web import guard
from contact_center.web.metrics import METRICS
from contact_center.web.webhooks import HOOKS, ROUTE, Hooks

Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]

PREFIX = ROUTE.partition("{")[0]


def open_front(runner: web.AppRunner) -> None:
    """Put the short way before an application that is set up and does not listen yet."""
    server, hooks = runner.server, runner.app.get(HOOKS)
    if server is not None and hooks is not None:
        server.request_handler = front(runner.app, hooks, server.request_handler)


def front(app: web.Application, hooks: Hooks, usual: Handler) -> Handler:
    """A handler of all requests; `usual` is that of the application."""
    metrics, secure = app[METRICS], app[guard.SECURE]

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        path = request.raw_path
        key = path[len(PREFIX) :]
        if not (
            path.startswith(PREFIX)
            and request.method == "POST"
            and hooks.knows(key)
            and "Expect" not in request.headers
        ):
            return await usual(request)
        began = time.perf_counter()
        guard.give_number(request)
        try:
            response = await hooks.take(cast("web.Request", request), key)
        except Exception as error:  # noqa: BLE001 - this is where they all end
            response = guard.answer_error(request, error, ROUTE, metrics)
        guard.dress(request, response, secure=secure)
        guard.note(request, response, ROUTE, metrics, time.perf_counter() - began)
        return response

    return handle
