"""The unit of work, its repeats and its lock order, on a real PostgreSQL."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import asyncpg
import pytest
import sqlalchemy as sa

from contact_center.kernel.errors import Unavailable
from contact_center.kernel.ids import new_id
from contact_center.storage import tables as t
from contact_center.storage.database import Database
from contact_center.storage.embedded import PrivatePostgres
from contact_center.storage.unit import Unit


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, size=6)
    yield database
    await database.close()


async def add_brands(database: Database, count: int) -> list[UUID]:
    ids = [new_id() for _ in range(count)]
    await database.execute(sa.insert(t.brands).values([{"id": i, "name": str(i)} for i in ids]))
    return ids


async def test_json_and_core_statements_go_in_and_out_as_python_values(
    database: Database,
) -> None:
    data = {"текст": ["ё", 1, None], "deep": {"a": 1.5}}
    await database.execute(sa.insert(t.brands).values(id=new_id(), name="b", data=data))
    row = await database.fetchrow(sa.select(t.brands).where(t.brands.c.name.in_(["b", "c"])))
    assert row is not None
    assert row["data"] == data
    assert await database.fetchval("SELECT $1::jsonb", data) == data


async def test_a_failed_step_leaves_neither_rows_nor_events(database: Database) -> None:
    async def step(unit: Unit) -> None:
        await unit.execute(sa.insert(t.brands).values(id=new_id(), name="gone"))
        unit.log("directory.changed", "brand", new_id(), version=1, actor="system")
        await unit.write_log()
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await database.run(step)
    assert await database.fetchval("SELECT count(*) FROM brands") == 0
    assert await database.fetchval("SELECT count(*) FROM events") == 0


async def test_deadlocked_steps_are_repeated_until_both_are_done(
    database: Database,
) -> None:
    one, two = await add_brands(database, 2)
    met = asyncio.Barrier(2)
    tries = 0

    async def step(unit: Unit, first: UUID, second: UUID) -> None:
        nonlocal tries
        tries += 1
        await unit.execute("UPDATE brands SET version = version + 1 WHERE id = $1", first)
        if tries <= 2:
            await met.wait()
        await unit.execute("UPDATE brands SET version = version + 1 WHERE id = $1", second)

    await asyncio.gather(
        database.run(lambda unit: step(unit, one, two)),
        database.run(lambda unit: step(unit, two, one)),
    )
    assert tries > 2
    versions = await database.fetch("SELECT version FROM brands")
    assert [row["version"] for row in versions] == [3, 3]


async def test_a_transaction_cannot_idle_longer_than_a_second(
    database: Database,
) -> None:
    tries = 0

    async def step(unit: Unit) -> int:
        nonlocal tries
        tries += 1
        if tries == 1:
            await asyncio.sleep(1.5)
        value: int = await unit.fetchval("SELECT 7")
        return value

    assert await database.run(step) == 7
    assert tries == 2


async def test_locks_out_of_the_house_order_are_refused(database: Database) -> None:
    async def step(unit: Unit) -> None:
        await unit.lock("contacts", [new_id()])
        await unit.lock("operators", [new_id()])

    with pytest.raises(AssertionError, match="operators must be locked before contacts"):
        await database.run(step)


async def test_locked_rows_come_back_in_the_order_of_their_ids(
    database: Database,
) -> None:
    for number in range(3):
        await database.execute(
            sa.insert(t.clients).values(id=new_id(), name=str(number), kind="person")
        )
    ids = [row["id"] for row in await database.fetch("SELECT id FROM clients ORDER BY id DESC")]

    async def step(unit: Unit) -> list[UUID]:
        return [row["id"] for row in await unit.lock("clients", ids)]

    assert await database.run(step) == sorted(ids)


async def test_a_step_whose_connection_is_lost_before_commit_is_repeated(
    database: Database,
) -> None:
    tries = 0

    async def step(unit: Unit) -> int:
        nonlocal tries
        tries += 1
        pid = await unit.fetchval("SELECT pg_backend_pid()")
        if tries == 1:
            await database.execute("SELECT pg_terminate_backend($1)", pid)
            await asyncio.sleep(0.05)
        value: int = await unit.fetchval("SELECT 1")
        return value

    assert await database.run(step) == 1
    assert tries == 2


async def test_a_database_that_is_away_is_unavailable_and_comes_back_by_itself(
    own_postgres: PrivatePostgres,
) -> None:
    database = await Database.connect(own_postgres.start())
    try:
        assert await database.fetchval("SELECT 1") == 1
        own_postgres.stop("immediate")
        with pytest.raises(Unavailable):
            await database.fetchval("SELECT 1")
        own_postgres.start()
        assert await database.fetchval("SELECT 2") == 2
    finally:
        await database.close()


async def test_a_connection_that_dies_in_the_hand_is_given_back_without_a_word(
    database: Database,
) -> None:
    async with database.connection() as connection:
        os.kill(await connection.fetchval("SELECT pg_backend_pid()"), signal.SIGTERM)
        time.sleep(0.1)  # the loop must not notice before it is given back
    assert await database.fetchval("SELECT 1") == 1


async def test_bad_data_is_the_callers_error_and_not_an_outage(
    database: Database,
) -> None:
    with pytest.raises(asyncpg.DataError):
        await database.fetchval("SELECT $1::text", "nul \x00 byte")


async def test_events_are_written_with_the_step_that_caused_them(
    database: Database,
) -> None:
    subject = new_id()

    async def step(unit: Unit) -> None:
        unit.log("x.one", "x", subject, version=1, actor="system", data={"id": str(subject)})
        unit.log("x.two", "x", subject, version=2, actor="client")

    await database.run(step)
    rows: list[Any] = await database.fetch("SELECT kind, version, data FROM events ORDER BY seq")
    assert [(row["kind"], row["version"]) for row in rows] == [
        ("x.one", 1),
        ("x.two", 2),
    ]
    assert rows[0]["data"] == {"id": str(subject)}
