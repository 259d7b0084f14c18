"""A company on several nodes: two with screens, a worker, a router; one database, one Valkey."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest

from contact_center.kernel.secrets import create_key_file
from tests.support.house import House, Office
from tests.support.postgres import short_directory
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

ROLES = ("web", "web", "worker", "router")


@dataclass
class Nodes:
    """One service in four processes: visitors write to the first, the operator is on the second."""

    first: House
    second: House
    office: Office
    public_key: str
    screen: aiohttp.ClientWebSocketResponse

    async def offer(self, seconds: float) -> dict[str, Any]:
        """What the operator is offered."""

        async def newest() -> dict[str, Any] | None:
            offers = await self.office.call("GET", "/offers")
            return offers[0] if offers else None

        found: dict[str, Any] = await eventually(newest, seconds=seconds, every=0.05)
        return found

    async def shown(self, kind: str, seconds: float) -> bool:
        """Whether an object of this kind comes to the operator's screen."""

        async def comes() -> bool:
            frames = await self.screen.receive_json(timeout=seconds)
            return any(frame["t"] == kind for frame in frames)

        return bool(await eventually(comes, seconds=seconds))


@pytest.fixture
async def nodes(database_url: str, own_valkey: Valkey) -> AsyncIterator[Nodes]:
    shared = short_directory()
    create_key_file(shared / "key")
    environ = {
        "CC_DATABASE_URL": database_url, "CC_REDIS_URL": own_valkey.url,
        "CC_KEY_FILE": str(shared / "key"), "CC_DATA_DIR": str(shared / "data"),
        "CC_CHAT__EVENTS": "100000",
    }  # fmt: skip
    with ExitStack() as exits:
        exits.callback(shutil.rmtree, shared, ignore_errors=True)
        houses = [
            exits.enter_context(House("serve", "--roles", role, environ=environ)) for role in ROLES
        ]
        for house in houses:
            await house.ready()
        first, second = houses[:2]
        office = Office(second.url)
        try:
            await office.begin(first.first_token)
            account = await office.furnish(allowed_origins=[first.url, second.url])
            await office.call(
                "PATCH", f"/queues/{office.queue}",
                {"wrap_up_seconds": 0, "wrap_up_code_required": False},
            )  # fmt: skip
            screen = await office.live("me")
            await office.call("PUT", "/me/presence", {"presence": "ready"})
            yield Nodes(first, second, office, account["public_key"], screen)
        except BaseException:
            for house in houses:
                print(house.tail())
            raise
        finally:
            await office.close()
