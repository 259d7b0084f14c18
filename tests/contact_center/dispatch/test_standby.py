"""Two dispatchers over one database, and the engine of each at any moment."""

from __future__ import annotations

import asyncio
import os
import random
from functools import partial
from uuid import UUID

import pytest

from contact_center.dispatch import collector, store
from contact_center.dispatch.service import Dispatcher
from contact_center.storage.connecting import connected
from routing.engine import Engine
from routing.model import Tick
from tests.contact_center.dispatch.conftest import Running
from tests.contact_center.dispatch.house import House, faults
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"
ACTS = 1000 if SOAK else 60
pytestmark = pytest.mark.timeout(1800 if SOAK else 400)


async def offered(house: House, work: UUID) -> bool:
    return await house.state(work) == "offered"


async def believes_the_rows(dispatcher: Dispatcher, house: House) -> bool:
    """Whether a dispatcher's warm engine holds what an engine built now would hold."""
    return await at_rest(dispatcher, house) is not None


async def at_rest(dispatcher: Dispatcher, house: House) -> tuple[Engine, Engine, int] | None:
    """Both engines of one instant, warm and built from the rows, and when that was.

    None while what the rows say changes around it, for deadlines go on, or is not yet heard of.
    """
    rows = await store.load(house.database)
    now, policy = await store.database_ms(house.database), await store.policy(house.database)
    held, runs = dispatcher.engine.snapshot(), dispatcher.engine.policy()
    if await store.load(house.database) != rows or policy not in (None, runs):
        return None
    living = {one.id: one for one in held if getattr(one, "state", "") != "done"}
    if living != {one.id: one for one in rows}:
        return None
    return Engine.restore(held, now, runs), Engine.restore(rows, now, policy), now


async def has_decided(dispatcher: Dispatcher, house: House) -> bool:
    """Whether an engine built now would have nothing to do."""
    found = await at_rest(dispatcher, house)
    return found is not None and not found[1].apply(Tick(), found[2])


async def test_one_of_two_is_active_and_the_other_takes_over_when_it_leaves(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    await house.operator(queue)
    async with running("two", ttl=60) as first:
        await eventually(lambda: first.active)
        async with running("one", ttl=60) as second:
            work = await house.arrive(queue)
            await eventually(lambda: offered(house, work))
            assert (first.active, second.active) == (True, False)
            await eventually(lambda: believes_the_rows(second, house))
    # Both have left; the lease was given back, so the next one need not wait a minute.
    async with running("three", ttl=60) as third:
        await eventually(lambda: third.active)
        other = await house.arrive(queue)
        await eventually(lambda: offered(house, other))


async def test_a_standby_that_followed_the_log_decides_at_once_when_it_becomes_active(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    async with running("standby", ttl=1) as standby:
        async with running("active", ttl=1) as active:
            await eventually(lambda: active.active or standby.active)
            works = [await house.arrive(queue) for _ in range(3)]
        await eventually(lambda: standby.active)
        await house.operator(queue)
        for work in works:
            await eventually(partial(offered, house, work))


async def test_a_new_router_looks_for_garbage_only_after_its_first_decisions(
    house: House, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a big house that takes long, and nobody is offered anything meanwhile."""
    queue = await house.queue("Orders")
    active: list[bool] = []
    monkeypatch.setattr(collector, "forget_the_old", lambda _: active.append(dispatcher.active))
    async with connected(house.database.url) as connection:
        await connection.execute("BEGIN; LOCK TABLE leases IN SHARE MODE")
        async with running() as dispatcher:
            for count in (1, 2):  # with the second, it is done with the first
                await house.arrive(queue)
                await eventually(lambda count=count: dispatcher.engine.waiting() == count)
            assert active == []
            await connection.execute("COMMIT")
            await eventually(lambda: active)
    assert active == [True]


async def act(
    house: House, queues: list[UUID], operators: list[UUID], chance: random.Random
) -> None:
    """One thing that happens in a house."""
    works = await house.database.fetch("SELECT id FROM work WHERE state <> 'done'")
    work = chance.choice(works)["id"] if works else None
    kind = chance.randrange(14)
    if kind < 5 or work is None:
        preferred = chance.choice([None, None, *operators])
        medium = chance.choice(["chat", "chat", "mail", "voice"])
        stays = chance.random() < 0.3
        await house.arrive(chance.choice(queues), medium, preferred=preferred, stays=stays)
    elif kind < 8:
        await house.accept(work)
    elif kind < 9:
        await house.decline(work)
    elif kind < 11:
        await house.finish(work)
    elif kind < 13:
        await house.park(work, chance.choice([0, 60]))
    else:
        presence = chance.choice(["ready", "ready", "break"])
        await house.presence(chance.choice(operators), presence)


async def test_capacity_holds_and_warm_engines_equal_a_rebuild_under_traffic(
    house: House, running: Running
) -> None:
    """Four hands act at once beside an active router and a standby."""
    seed = random.randrange(10**6)
    queues = [await house.queue(name, hold_seconds=5) for name in ("Orders", "Claims")]
    operators = [await house.operator(*queues, ceilings={"chat": 3}) for _ in range(4)]
    async with running("one") as first, running("two") as second:

        async def hand(number: int) -> None:
            chance = random.Random(f"{seed}-{number}")
            for _ in range(ACTS):
                await act(house, queues, operators, chance)
                assert await faults(house.database) == [], f"seed {seed}"

        await asyncio.gather(*(hand(number) for number in range(4)))
        await eventually(lambda: believes_the_rows(second, house))
        await eventually(lambda: has_decided(first, house))
        warm, rebuilt, now = await eventually(lambda: at_rest(first, house))
        later = now + 600_000
        assert warm.apply(Tick(), later) == rebuilt.apply(Tick(), later), f"seed {seed}"


async def test_a_dispatcher_begins_again_from_the_rows_after_any_fault(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    await house.operator(queue)
    async with running() as dispatcher:
        await eventually(lambda: dispatcher.active)
        dispatcher.engine.observe = None  # type: ignore[method-assign, assignment]
        work = await house.arrive(queue)
        await eventually(lambda: offered(house, work))


async def test_a_snapshot_nobody_can_read_is_read_from_the_rows(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue, presence="break")
    async with running() as dispatcher:
        await eventually(lambda: dispatcher.active)
        work = await house.arrive(queue)
        await house.database.execute(
            "UPDATE operators SET presence = 'ready', version = version + 1 WHERE id = $1", anna
        )
        await house.database.execute(
            "INSERT INTO events (kind, subject_kind, subject_id, actor, data)"
            " VALUES ('operator.changed', 'operator', $1, 'system', '{}')",
            anna,
        )
        await eventually(lambda: offered(house, work))
