"""The service's processes under a crowd's load, and strikes against the active router.

The journey and the benchmark of a failover share it.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Self

from contact_center.kernel.secrets import create_key_file
from contact_center.storage.database import Database
from tests.journeys.nodes.crowd import Crowd
from tests.support.house import House
from tests.support.postgres import short_directory
from tests.support.waiting import eventually


@dataclass(frozen=True)
class Size:
    """Of a house that is struck; `lease` and `pause` in seconds."""

    waiting: int
    operators: int
    each_beat: int
    lease: float
    pause: float
    roles: tuple[str, ...]


FULL = Size(10_000, 400, 40, 2.0, 3.0, ("router", "router", "web", "worker"))
SMALL = Size(400, 30, 20, 1.0, 1.5, ("router", "router"))


@asynccontextmanager
async def crowd_of(size: Size, url: str, seed: int) -> AsyncIterator[Crowd]:
    """The people and who waits, in a migrated database."""
    print(f"seed {seed}")
    database = await Database.connect(url)
    try:
        crowd = Crowd(database, seed, size.operators, size.waiting)
        await crowd.build()
        yield crowd
    finally:
        await database.close()


class Routers:
    """The service's processes; one of the first two is the active router."""

    def __init__(self, size: Size, crowd: Crowd, url: str, bus: str) -> None:
        self._size = size
        self._crowd = crowd
        self._shared = short_directory()
        create_key_file(self._shared / "key")
        self._environ = {
            "CC_DATABASE_URL": url, "CC_REDIS_URL": bus, "CC_KEY_FILE": str(self._shared / "key"),
            "CC_DATA_DIR": str(self._shared / "data"), "CC_DISPATCH__LEASE_TTL": str(size.lease),
        }  # fmt: skip
        self._exits = ExitStack()
        self._exits.callback(shutil.rmtree, self._shared, ignore_errors=True)
        self.houses: dict[int, House] = {}

    async def __aenter__(self) -> Self:
        try:
            for house in [self._begin(role) for role in self._size.roles]:
                await house.ready()
            await eventually(self.active)
        except BaseException:
            self._exits.close()
            raise
        return self

    async def __aexit__(self, *error: object) -> None:
        if error[0] is not None:
            print(await self._crowd.sessions(), *(h.tail() for h in self.houses.values()), sep="\n")
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
        """Stop the active router; seconds until another one's offers. Then all go on."""
        active, token = await eventually(self.active), self.token
        since = await self._crowd.now()
        os.kill(active, number)
        await eventually(lambda: self._moved(active))
        taken = (await self._crowd.now() - since).total_seconds()
        seconds = await eventually(lambda: self._crowd.resumed(since, token))
        print(f"{number.name}: lease taken after {taken:.2f} s, offers after {seconds:.2f} s")
        if number == signal.SIGSTOP:
            passed = (await self._crowd.now() - since).total_seconds()
            await asyncio.sleep(max(0.0, self._size.pause - passed))
            os.kill(active, signal.SIGCONT)
        else:
            self.houses.pop(active).halt()
        await self.goes_on()
        return float(seconds)

    async def _moved(self, before: int) -> bool:
        return await self.active() not in (0, before)

    async def complete(self) -> None:
        """A standby again, where one was killed."""
        if len(self.houses) < len(self._size.roles):
            await self._begin("router").ready()

    async def goes_on(self) -> None:
        """Some more are served."""
        done = self._crowd.done
        more = done + self._size.each_beat
        await eventually(lambda: self._crowd.done > more)
