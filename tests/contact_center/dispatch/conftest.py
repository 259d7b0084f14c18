"""What every test of the dispatcher starts from."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import pytest

from contact_center.dispatch.service import Dispatcher
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.hints import LocalHints
from contact_center.storage.database import Database
from tests.contact_center.dispatch.house import House, faults

Running = Callable[..., AbstractAsyncContextManager[Dispatcher]]


@pytest.fixture
async def database(database_url: str, hints: LocalHints) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, hints=hints)
    try:
        yield database
    finally:
        await database.close()


@pytest.fixture
async def house(database: Database) -> AsyncIterator[House]:
    """Afterwards the rows must be sound, whatever the test did."""
    house = await House(database).build()
    yield house
    assert await faults(database) == []


@pytest.fixture
def running(database: Database, hints: LocalHints) -> Running:
    """A dispatcher at work: ``async with running("node") as dispatcher``."""

    @asynccontextmanager
    async def start(node: str = "one", ttl: float = 2.0) -> AsyncIterator[Dispatcher]:
        dispatcher = Dispatcher(database, hints, SystemClock(), node, ttl)
        task = asyncio.create_task(dispatcher.run())
        try:
            yield dispatcher
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    return start
