"""The oldest PostgreSQL we promise: a batch comes in, an answer leaves, what is old goes.

The suite runs on the wheel's; `CC_TEST_POSTGRES=15 make test` runs all of it on Debian's. This is
the short form, for every run on a machine that has that server.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from contact_center.jobs.retention import Retention
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.hints import LocalHints
from contact_center.settings import Retention as Terms
from contact_center.storage.database import Database
from contact_center.storage.embedded import PrivatePostgres
from contact_center.storage.migrate import migrate
from tests.contact_center.outbox.conftest import World
from tests.support.intake import House, message
from tests.support.postgres import FAST, short_directory

OLDEST = Path("/usr/lib/postgresql/15/bin")

if not (OLDEST / "postgres").exists():
    # For the whole module: that is said aloud, and is no failure where CI forbids to skip a test.
    pytest.skip(
        "PostgreSQL 15 is not here; bring it with  sudo apt-get install postgresql-15",
        allow_module_level=True,
    )


@pytest.fixture(scope="module")
def oldest_url() -> Iterator[str]:
    directory = short_directory()
    server = PrivatePostgres(directory, settings=FAST, bin_dir=OLDEST)
    try:
        yield server.start()
    finally:
        server.stop("immediate")
        shutil.rmtree(directory, ignore_errors=True)


async def test_a_batch_an_answer_and_retention_on_the_oldest_major(oldest_url: str) -> None:
    assert await migrate(oldest_url)
    assert not await migrate(oldest_url)
    hints, clock = LocalHints(), SystemClock()
    house = await House.build(oldest_url, hints, clock)
    try:
        version = await house.database.fetchval("SHOW server_version_num")
        assert int(version) // 10_000 == 15
        await house.submit(message("m1", "Здравствуйте"), message("m2", "Где заказ?"))
        await house.submit(message("m1", "Здравствуйте"))
        rows = await house.rows("SELECT seq, text FROM messages ORDER BY seq")
        assert [row["text"] for row in rows] == ["Здравствуйте", "Где заказ?"]
        assert (await house.one("SELECT state FROM work"))["state"] == "waiting"

        await _answer_leaves(house.database, hints)
        await _old_goes(house.database)
    finally:
        await house.close()
        await hints.close()


async def _answer_leaves(database: Database, hints: LocalHints) -> None:
    world = World(database, hints)
    await world.prepare()
    try:
        account, channel = await world.account()
        answer = await world.write(account, "Уже в пути")
        world.sender()
        await world.until(answer, "sent")
        assert channel.texts() == ["Уже в пути"]
    finally:
        await world.close()


async def _old_goes(database: Database) -> None:
    await database.execute("UPDATE inbound_keys SET at = at - interval '3 years'")
    for task in Retention(database, Terms(), CollectorRegistry()).tasks().values():
        await task()
    assert await database.fetchval("SELECT count(*) FROM inbound_keys") == 0
    assert await database.fetchval("SELECT count(*) FROM messages") == 3
