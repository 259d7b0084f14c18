"""The web application: the route table mounted behind the guard.

`app` fills in the services, adds the raw routes (live, chat, hooks) and starts it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from aiohttp import web

from contact_center.access.routes import Route
from contact_center.access.service import SERVICE as ACCESS
from contact_center.access.service import AccessService
from contact_center.access.sessions import ADDRESSES as CLIENT_ADDRESSES
from contact_center.accounts.handlers import ADDRESSES
from contact_center.settings import Settings
from contact_center.storage.database import Database
from contact_center.web import health, static
from contact_center.web.addresses import addresses
from contact_center.web.auth import endpoint
from contact_center.web.guard import SECURE, add_headers, guard
from contact_center.web.keys import DATABASE, SETTINGS
from contact_center.web.metrics import METRICS, Metrics, metrics
from contact_center.web.openapi import add_docs
from contact_center.web.origins import ORIGINS, Origins

PREFIX = "/api/v1"


def make_application(
    settings: Settings,
    database: Database,
    access: AccessService,
    routes: Sequence[Route],
) -> web.Application:
    """An application that answers the API, its documentation and health.

    Services of the features are put in by their keys afterwards, before it starts.
    """
    app = web.Application(middlewares=[guard], client_max_size=settings.intake.max_body_bytes)
    app.on_response_prepare.append(add_headers)
    app[SETTINGS] = settings
    app[DATABASE] = database
    app[ACCESS] = access
    app[SECURE] = settings.secure
    app[ORIGINS] = Origins(settings.public_url, settings.trusted_proxies)
    app[CLIENT_ADDRESSES] = app[ORIGINS]
    app[METRICS] = Metrics()
    app[ADDRESSES] = partial(addresses, settings.base_url)
    mount(app, routes)
    add_docs(app, routes, prefix=PREFIX)
    app.router.add_get("/healthz", health.healthz)
    app.router.add_get("/readyz", health.readyz)
    app.router.add_get("/metrics", metrics)
    return app


def mount(app: web.Application, routes: Sequence[Route]) -> None:
    """Put routes of the table under /api/v1. GET answers HEAD, too."""
    for route in routes:
        handler = endpoint(route)
        app.router.add_route(route.method, PREFIX + route.path, handler)
        if route.method == "GET":
            app.router.add_route("HEAD", PREFIX + route.path, handler)


def serve_files(app: web.Application, static_dir: Path = static.BUILT) -> None:
    """Console, widget and their assets; the last routes to be added, as they take any path."""
    static.add(app, static_dir)
