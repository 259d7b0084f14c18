"""A process asleep in the middle of an exchange keeps neither rows nor the log from the others."""

from __future__ import annotations

from collections.abc import AsyncIterator

import asyncpg
import pytest

from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.events import Event, LogReader
from contact_center.storage.stalled import cut
from contact_center.storage.unit import Unit
from tests.support.asleep import HELD_UP, between_two_messages
from tests.support.waiting import eventually

LOCK = "SELECT name FROM brands WHERE id = $1 FOR UPDATE"
RENAME = "UPDATE brands SET name = 'New' WHERE id = $1"
ALONE = "SELECT pg_advisory_xact_lock(7)"
BRAND = new_id()


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """With one connection: nobody can be helped by a second."""
    database = await Database.connect(database_url, size=1)
    await database.execute("INSERT INTO brands (id, name) VALUES ($1, 'Old')", BRAND)
    yield database
    await database.close()


async def silent(database: Database, count: int) -> bool:
    """Whether so many have said nothing for longer than anybody of the house does."""
    return bool(await database.fetchval(HELD_UP) == count)


async def test_who_waits_for_a_lock_of_a_process_asleep_ends_its_session_and_goes_on(
    database: Database,
) -> None:
    """Advisory locks are held without a transaction id."""

    async def step(unit: Unit) -> None:
        await unit.execute("SET LOCAL lock_timeout = '50ms'")
        await unit.execute(RENAME, BRAND)
        await unit.execute(ALONE)

    async with (
        between_two_messages(database.url, LOCK, BRAND) as one,
        between_two_messages(database.url, ALONE) as another,
    ):
        await eventually(lambda: silent(database, 2))
        await database.run(step)
        await eventually(one.is_closed)
        await eventually(another.is_closed)


async def test_the_log_goes_on_when_one_who_writes_has_fallen_asleep(database: Database) -> None:
    reader = LogReader(database, "test")
    await reader.open()

    async def read() -> list[Event]:
        return await reader.poll()

    async with between_two_messages(database.url, LOCK, BRAND):
        await database.run(told)
        assert await read() == []
        (event,) = await eventually(read)
        assert event.kind == "brand.changed"


async def told(unit: Unit) -> None:
    unit.log("brand.changed", "brand", BRAND, version=2, actor="test")


async def test_sessions_that_hold_nothing_or_are_of_other_programs_are_left_alone(
    database: Database,
) -> None:
    """Who loads a table by COPY awaits messages for as long as the loading takes."""
    url, read = database.url, "SELECT name FROM brands WHERE id = $1"
    async with (
        between_two_messages(url, LOCK, BRAND, program="pg_restore") as loading,
        between_two_messages(url, read, BRAND) as reading,
    ):
        await eventually(lambda: silent(database, 2))
        assert await cut(database) == 0
        assert not await _ended(loading)
        assert not await _ended(reading)


async def _ended(connection: asyncpg.Connection[asyncpg.Record]) -> bool:
    try:
        return bool(await connection.fetchval("SELECT 7") != 7)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, OSError):
        return True
