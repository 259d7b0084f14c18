"""Routers over one database under load: the active one is killed or paused, the other goes on.

The full size (10,000 waiting, 50 skills) is `make soak`; here some hundred wait.
"""

from __future__ import annotations

import asyncio
import os
import random
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack
from itertools import chain
from typing import Self

import pytest

from contact_center.kernel.secrets import create_key_file
from contact_center.storage.database import Database
from contact_center.storage.migrate import migrate
from tests.journeys.nodes.crowd import Crowd
from tests.support.house import House
from tests.support.postgres import in_thread, short_directory
from tests.support.valkey import Valkey
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"
WAITING, OPERATORS, ROUNDS, EACH_BEAT = (10_000, 400, 10, 40) if SOAK else (400, 30, 1, 20)
# The promise is measured where nothing else runs; a busy machine gets more.
SECONDS = 5.0 if SOAK else 30.0
LEASE, PAUSE = (2.0, 3.0) if SOAK else (1.0, 1.5)
ROLES = ("router", "router", "web", "worker") if SOAK else ("router", "router")

pytestmark = [pytest.mark.processes, pytest.mark.timeout(3600 if SOAK else 120)]


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database; where figures count, on a server that syncs."""
    if not SOAK:
        return str(request.getfixturevalue("database_url"))
    url = str(request.getfixturevalue("own_postgres").start())
    in_thread(lambda: migrate(url))
    return url


@pytest.fixture
async def crowd(url: str) -> AsyncIterator[Crowd]:
    database = await Database.connect(url)
    seed = int(os.environ.get("TEST_SEED") or random.randrange(2**32))
    print(f"seed {seed}")
    try:
        crowd = Crowd(database, seed, OPERATORS, WAITING)
        await crowd.build()
        yield crowd
    finally:
        await database.close()


class Routers:
    """The service's processes; one of the first two is the active router."""

    def __init__(self, crowd: Crowd, url: str, bus: str) -> None:
        self._crowd = crowd
        self._shared = short_directory()
        create_key_file(self._shared / "key")
        self._environ = {
            "CC_DATABASE_URL": url, "CC_REDIS_URL": bus, "CC_KEY_FILE": str(self._shared / "key"),
            "CC_DATA_DIR": str(self._shared / "data"), "CC_DISPATCH__LEASE_TTL": str(LEASE),
        }  # fmt: skip
        self._exits = ExitStack()
        self._exits.callback(shutil.rmtree, self._shared, ignore_errors=True)
        self.houses: dict[int, House] = {}

    async def __aenter__(self) -> Self:
        try:
            for house in [self._begin(role) for role in ROLES]:
                await house.ready()
            await eventually(self.active, seconds=30)
        except BaseException:
            self._exits.close()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        if error[0] is not None:
            for house in self.houses.values():
                print(house.tail())
        self._exits.close()

    def _begin(self, role: str) -> House:
        house = self._exits.enter_context(House("serve", "--roles", role, environ=self._environ))
        self.houses[house.pid] = house
        return house

    async def active(self) -> int:
        """The process that holds the lease, 0 where none does; and its token by `token`."""
        holder, self.token = await self._crowd.lease()
        return int(holder.rpartition(":")[2] or 0)

    async def strike(self, number: signal.Signals) -> float:
        """Stop the active router; seconds until another one's offers."""
        active, token = await eventually(self.active, seconds=30), self.token
        since = await self._crowd.now()
        os.kill(active, number)
        await eventually(lambda: self._moved(active), seconds=60)
        taken = (await self._crowd.now() - since).total_seconds()
        seconds = await eventually(lambda: self._crowd.resumed(since, token), seconds=60)
        print(f"{number.name}: lease taken after {taken:.2f} s, offers after {seconds:.2f} s")
        if number == signal.SIGSTOP:
            passed = (await self._crowd.now() - since).total_seconds()
            await asyncio.sleep(max(0.0, PAUSE - passed))
            os.kill(active, signal.SIGCONT)
        else:
            self.houses.pop(active).halt()
        return float(seconds)

    async def _moved(self, before: int) -> bool:
        return await self.active() not in (0, before)

    async def complete(self) -> None:
        """A standby again, where one was killed."""
        if len(self.houses) < len(ROLES) and SOAK:
            await self._begin("router").ready()


async def test_another_router_goes_on_within_seconds_and_nobody_is_offered_twice(
    crowd: Crowd, url: str, own_valkey: Valkey
) -> None:
    resumed: dict[signal.Signals, list[float]] = {signal.SIGSTOP: [], signal.SIGKILL: []}
    async with crowd.at_work(EACH_BEAT), Routers(crowd, url, own_valkey.url) as routers:
        await goes_on(crowd)
        for number in [*resumed] * ROUNDS:
            resumed[number].append(await routers.strike(number))
            await goes_on(crowd)
            await routers.complete()
    waiting = await crowd.database.fetchval("SELECT count(*) FROM work WHERE state = 'waiting'")
    print(f"{waiting} waiting, {crowd.done} served")
    assert await crowd.never() == {}
    assert max(chain(*resumed.values())) <= SECONDS


async def goes_on(crowd: Crowd) -> None:
    """Some more are served."""
    done = crowd.done
    await eventually(lambda: crowd.done > done + EACH_BEAT, seconds=60)
