"""One reader a process: it rings the bells where the bus is away, and keeps its place."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime

import pytest

from contact_center.jobs import store as jobs
from contact_center.jobs.model import Job
from contact_center.jobs.service import JobRunner
from contact_center.kernel.background import Background
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.embedded import PrivatePostgres
from contact_center.storage.events import Event
from contact_center.storage.following import Follower
from contact_center.storage.migrate import migrate
from contact_center.storage.unit import BELL, Unit
from tests.support.postgres import in_thread
from tests.support.waiting import eventually

WRITE = """INSERT INTO events (kind, subject_kind, subject_id, version, actor)
           VALUES ($1, 'x', $2, 1, 'test')"""


@pytest.fixture
async def here(database_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(database_url)
    yield database
    await database.close()


@pytest.fixture
async def elsewhere(database_url: str) -> AsyncIterator[Database]:
    """The database as another process has it whose hints do not arrive."""
    database = await Database.connect(database_url)
    yield database
    await database.close()


async def test_a_job_of_another_process_runs_at_once_without_a_bus(
    here: Database, elsewhere: Database, hints: LocalHints
) -> None:
    ran = asyncio.Event()

    async def handler(_: Job) -> None:
        ran.set()

    follower = Follower(here, hints)
    await follower.open()
    runner = JobRunner(here, hints, SystemClock(), {"note": handler}, "n")
    background = Background()
    background.start("log", follower.run)
    background.start("jobs", runner.run)
    try:
        await asyncio.sleep(0.5)  # the runner sleeps now, for half a minute if nobody rings
        await elsewhere.run(
            lambda unit: jobs.schedule(unit, "note", "a", datetime.now(UTC), {"size": 1})
        )
        async with asyncio.timeout(20):
            await ran.wait()
    finally:
        await background.close()


async def test_a_ring_that_was_not_committed_wakes_nobody(
    here: Database, hints: LocalHints
) -> None:
    async def step(unit: Unit) -> None:
        unit.ring("jobs")
        await unit.write_log()
        raise LookupError

    with pytest.raises(LookupError):
        await here.run(step)
    assert await here.fetchval("SELECT count(*) FROM events WHERE kind = $1", BELL) == 0


async def test_a_listener_that_fails_keeps_nothing_from_the_others(
    here: Database, hints: LocalHints
) -> None:
    heard: list[str] = []

    def stumbling(_: Sequence[Event]) -> None:
        raise ValueError

    follower = Follower(here, hints)
    await follower.open()
    follower.listeners += [stumbling, lambda batch: heard.extend(event.kind for event in batch)]
    background = Background()
    background.start("log", follower.run)
    try:
        for kind in ("one", "two"):
            await here.execute(WRITE, kind, new_id())
            await eventually(lambda kind=kind: kind in heard)
    finally:
        await background.close()
    assert heard == ["one", "two"]


async def test_what_happens_in_an_outage_of_the_reader_is_told_afterwards(
    own_postgres: PrivatePostgres, hints: LocalHints
) -> None:
    url = own_postgres.start()
    in_thread(lambda: migrate(url))
    database = await Database.connect(url)
    heard: list[str] = []
    follower = Follower(database, hints)
    await follower.open()
    follower.listeners.append(lambda batch: heard.extend(event.kind for event in batch))
    # Written before the reader asks for the first time, and read only after an outage.
    await database.execute(WRITE, "before", new_id())
    await asyncio.to_thread(own_postgres.stop, "immediate")
    background = Background()
    background.start("log", follower.run)
    try:
        await asyncio.sleep(0.5)
        assert heard == []
        await asyncio.to_thread(own_postgres.start)
        await eventually(lambda: "before" in heard)
    finally:
        await background.close()
        await database.close()
