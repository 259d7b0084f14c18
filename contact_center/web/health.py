"""Is it alive, can it work, and what would an operator of the service want to know."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Any
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel

from contact_center.access.model import Permission
from contact_center.access.routes import Call, Route
from contact_center.accounts.model import AccountState, Health
from contact_center.kernel.errors import HouseError
from contact_center.storage import health as numbers
from contact_center.web.keys import DATABASE

READY_SECONDS = 2.0


class AccountHealth(BaseModel):
    """One connection: green, yellow, red or unknown, and when it last spoke."""

    id: UUID
    title: str
    provider: str
    state: AccountState
    health: Health
    health_text: str | None
    health_at: datetime | None
    last_in_at: datetime | None
    last_out_at: datetime | None


class RouterHealth(BaseModel):
    """Who gives out work; `alive` is false when the lease has run out."""

    holder: str | None
    until: datetime | None
    alive: bool


class LogHealth(BaseModel):
    """How far the readers of the log are behind: seconds, and events not read yet."""

    horizon_lag_seconds: float
    readers: dict[str, int]


class HealthReport(BaseModel):
    """The health page. Counts are by state."""

    at: datetime
    accounts: list[AccountHealth]
    router: RouterHealth
    log: LogHealth
    jobs: dict[str, int]
    outbox: dict[str, int]
    quarantine: dict[str, int]
    waiting: int
    oldest_waiting_at: datetime | None


async def healthz(_request: web.Request) -> web.Response:
    """The process answers; nothing more is promised."""
    return web.Response(text="ok\n")


async def readyz(request: web.Request) -> web.Response:
    """The database answers, so requests are worth sending here; else 503."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            await numbers.answers(request.app[DATABASE])
    except (HouseError, TimeoutError, OSError):
        return web.Response(status=503, text="database away\n", headers={"Retry-After": "1"})
    return web.Response(text="ready\n")


async def report(call: Call) -> dict[str, Any]:
    return await numbers.report(call.app[DATABASE])


ROUTES: list[Route] = [
    Route("GET", "/health-report", report, Permission.SUPERVISE,
          "Accounts, router, log, jobs, outbox and quarantine at a glance", answer=HealthReport),
]  # fmt: skip
