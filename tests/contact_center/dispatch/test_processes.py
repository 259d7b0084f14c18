"""Routers as real processes: killed, paused past their lease, and with the database going away."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from uuid import UUID

import pytest

from contact_center.dispatch.service import Dispatcher
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.errors import Unavailable
from contact_center.storage.database import Database
from contact_center.storage.embedded import PrivatePostgres
from contact_center.storage.leases import Lease
from contact_center.storage.migrate import migrate
from tests.contact_center.dispatch.conftest import Running
from tests.contact_center.dispatch.house import House, faults
from tests.support.asleep import HELD_UP, between_two_messages, in_an_answer
from tests.support.postgres import in_thread
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"
ROUNDS = 50 if SOAK else 2
# P10, where nothing else runs on the machine; and what is asked of a busy one.
ALONE, STANDBY, RETURN = (10, 5, 10) if SOAK else (60, 60, 60)
pytestmark = [pytest.mark.processes, pytest.mark.timeout(3600 if SOAK else 400)]
ROOT = Path(__file__).parents[3]
Start = Callable[[str], "subprocess.Popen[bytes]"]


@pytest.fixture
async def start(database_url: str) -> AsyncIterator[Start]:
    """Start a router process by its name; all are gone afterwards."""
    processes: list[subprocess.Popen[bytes]] = []

    def begin(node: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.contact_center.dispatch.node", database_url, node],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        processes.append(process)
        return process

    yield begin
    for process in processes:
        process.kill()
        process.wait(60)


async def holder(database: Database) -> str:
    """The name of the node whose lease is valid now."""
    row = await database.fetchval(
        "SELECT holder FROM leases WHERE name = 'router' AND until > clock_timestamp()"
    )
    return str(row or "").partition("/")[0]


async def held_by(database: Database, node: str) -> bool:
    return await holder(database) == node


async def offered(house: House, work: UUID) -> bool:
    return await house.state(work) == "offered"


async def doubly_offered(database: Database) -> int:
    return int(
        await database.fetchval(
            "SELECT count(*) FROM (SELECT FROM offers WHERE state IN ('live', 'accepted')"
            " GROUP BY work_id HAVING count(*) > 1) AS twice"
        )
    )


async def test_a_router_paused_past_its_lease_offers_nothing_twice(
    house: House, start: Start
) -> None:
    database = house.database
    queue = await house.queue("Orders")
    for _ in range(4):
        await house.operator(queue)
    nodes = {"one": start("one"), "two": start("two")}
    await eventually(lambda: holder(database))
    for _ in range(ROUNDS):
        active = await eventually(lambda: holder(database))
        other = "two" if active == "one" else "one"
        burst = asyncio.create_task(traffic(house, queue, 20))
        await asyncio.sleep(0.05)
        os.kill(nodes[active].pid, signal.SIGSTOP)
        try:
            await burst
            await eventually(partial(held_by, database, other), seconds=STANDBY)
            await drained(house)  # only the other one can have offered all of these
        finally:
            os.kill(nodes[active].pid, signal.SIGCONT)
        await traffic(house, queue, 20)
        await drained(house)
        assert await doubly_offered(database) == 0
        assert await faults(database) == []
    fences = await database.fetch("SELECT DISTINCT fence FROM offers ORDER BY fence")
    assert len(fences) >= 2


async def traffic(house: House, queue: UUID, count: int) -> None:
    """Contacts come, are answered and end, so that there is room."""
    for _ in range(count):
        work = await house.arrive(queue)
        await asyncio.sleep(0.01)
        if await house.accept(work):
            await house.finish(work)


async def drained(house: House) -> None:
    """Answer and end everything, as far as it is offered."""

    async def step() -> bool:
        rows = await house.database.fetch("SELECT id FROM work WHERE state <> 'done'")
        for row in rows:
            if await house.accept(row["id"]):
                await house.finish(row["id"])
        return not rows

    await eventually(step)


async def test_a_standby_offers_when_the_active_router_is_killed(
    house: House, start: Start
) -> None:
    database = house.database
    queue = await house.queue("Orders")
    await house.operator(queue)
    nodes = {"one": start("one"), "two": start("two")}
    active = await eventually(lambda: holder(database))
    await traffic(house, queue, 3)
    nodes[active].kill()
    work = await house.arrive(queue)
    await eventually(lambda: offered(house, work), seconds=STANDBY)
    assert await holder(database) == ("two" if active == "one" else "one")


async def test_processes_asleep_in_the_middle_of_an_exchange_do_not_keep_the_lease(
    house: House, running: Running
) -> None:
    """The server ends neither by a time-out: one does not read, of one half a request came."""
    database = house.database
    await Lease(database, "router", "asleep", 0.1).acquire()
    lock = "SELECT token FROM leases WHERE name = 'router' FOR SHARE"
    with in_an_answer(database.url, lock):
        async with between_two_messages(database.url, lock):
            await eventually(lambda: held_up(database, 2))
            async with running() as dispatcher:
                await eventually(lambda: dispatcher.active)
            await eventually(lambda: held_up(database, 0))


async def held_up(database: Database, count: int) -> bool:
    return bool(await database.fetchval(HELD_UP) == count)


async def test_a_single_router_offers_again_after_it_was_killed_and_started(
    house: House, start: Start
) -> None:
    queue = await house.queue("Orders")
    await house.operator(queue)
    first = start("one")
    await eventually(lambda: holder(house.database))
    first.kill()
    work = await house.arrive(queue)
    start("one")
    await eventually(lambda: offered(house, work), seconds=ALONE)


async def test_offers_go_on_after_the_database_was_stopped_and_came_back(
    own_postgres: PrivatePostgres,
) -> None:
    url = own_postgres.start()
    in_thread(lambda: migrate(url))
    database = await Database.connect(url)
    dispatcher = Dispatcher(database, None, SystemClock(), "one")
    task = asyncio.create_task(dispatcher.run())
    try:
        house = await House(database).build()
        queue = await house.queue("Orders")
        await house.operator(queue)
        for _ in range(ROUNDS):
            works = [await house.arrive(queue) for _ in range(3)]
            await asyncio.to_thread(own_postgres.stop, "immediate")
            await eventually(lambda: not dispatcher.active)
            await asyncio.to_thread(own_postgres.start)
            returned = asyncio.get_running_loop().time()
            works.append(await patiently(lambda: house.arrive(queue)))
            for work in works:
                await patiently(partial(eventually, partial(offered, house, work), seconds=RETURN))
            assert asyncio.get_running_loop().time() - returned <= RETURN
            assert await faults(database) == []
            for work in works:
                assert await house.accept(work)
                assert await house.finish(work)
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await database.close()


async def patiently(act: Callable[[], object]) -> UUID:
    """As a caller does who is told that the database is away: try again."""
    for _ in range(100):
        try:
            return await act()  # type: ignore[misc, no-any-return]
        except Unavailable:
            await asyncio.sleep(0.1)
    raise AssertionError("the database stays away")
