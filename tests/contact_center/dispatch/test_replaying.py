"""Every decision comes out again from a checkpoint and the log: with skills, ladders, editions."""

from __future__ import annotations

import random
from typing import Any
from uuid import UUID

from contact_center.dispatch.checkpoints import Checkpoint, latest
from contact_center.dispatch.replay import replay
from contact_center.dispatch.service import Dispatcher
from tests.contact_center.dispatch.conftest import Running
from tests.contact_center.dispatch.house import House
from tests.contact_center.dispatch.test_checkpoints import (
    MADE,
    played_alike,
    settled,
    the_first,
)
from tests.contact_center.dispatch.test_policy import rule, skilled
from tests.contact_center.dispatch.test_standby import act
from tests.support.waiting import eventually

STRATEGIES = ("longest_idle", "narrowest_first", "best_level", "automatic")
ACTS = 40


def rules(queues: list[UUID], chance: random.Random) -> list[dict[str, Any]]:
    """Skills asked for, fewer of them up the ladder, in the end another queue."""
    wanted = chance.choice([3, 4])
    ladder = [
        {"after_seconds": 20, "needs": {"tax": 2}},
        {"after_seconds": 40, "everyone": True},
        {"after_seconds": 60, "overflow": f"queue:{queues[1]}"},
    ]
    first = {"code": str(queues[0]), "needs": {"tax": wanted}, "ladder": ladder}
    second = {"code": str(queues[1]), "needs": {"tax": 1}, "ladder": []}
    return [
        {"members_only": True, "strategy": chance.choice(STRATEGIES), **one}
        for one in (first, second)
    ]


async def happens(
    house: House, queues: list[UUID], operators: list[UUID], chance: random.Random
) -> None:
    """One thing: as in any house, or a contact somewhere up the ladder, another policy."""
    kind = chance.randrange(8)
    if kind == 0:
        media = {"voice": {"points": 100, "exclusive": chance.choice([True, False])}}
        await rule(house, *rules(queues, chance), media=media)
    elif kind < 4:
        await house.arrive(queues[0], chance.choice(["chat", "mail"]), ago=chance.randrange(80))
    else:
        await act(house, queues, operators, chance)


async def test_skills_ladders_and_editions_are_decided_alike_when_played_again(
    house: House, running: Running
) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    queues = [await house.queue(name, hold_seconds=1) for name in ("Taxes", "Orders")]
    operators = [await house.operator(*queues[n % 2 :], ceilings={"chat": 3}) for n in range(4)]
    for level, operator in enumerate(operators, 1):
        await skilled(house, operator, tax=level, **{f"other_{level}": level})
    await rule(house, *rules(queues, chance))
    async with running() as dispatcher:
        begun = await the_first(house)
        before = [row["id"] for row in await house.database.fetch("SELECT id FROM offers")]
        for _ in range(ACTS):
            await happens(house, queues, operators, chance)
            await settled(dispatcher, house)
        print("seed", seed)
        again = await played_alike(house, begun, before, dispatcher)
    assert again.offers, "chance may give few offers, but not none"
    assert again.engine.policy() == dispatcher.engine.policy()


async def test_decisions_come_out_again_over_an_edition_a_skill_and_another_router(
    house: House, running: Running
) -> None:
    """From the checkpoint of the first router through what the second one decided."""
    chance = random.Random(7)
    queues = [await house.queue(name, hold_seconds=1) for name in ("Taxes", "Orders")]
    operators = [await house.operator(*queues, ceilings={"chat": 3}) for _ in range(3)]
    for level, operator in enumerate(operators, 1):
        await skilled(house, operator, tax=level)
    await rule(house, *rules(queues, chance))
    made: list[int] = []

    async def goes_on(dispatcher: Dispatcher) -> None:
        for _ in range(6):
            await house.arrive(chance.choice(queues), "mail", ago=chance.randrange(50))
            await settled(dispatcher, house)
        made.append(await house.database.fetchval("SELECT count(*) FROM offers"))

    async with running("one") as first:
        begun = await the_first(house)
        await goes_on(first)
        await rule(house, *rules(queues, chance), house={"exclude_seconds": 7})
        await goes_on(first)
    async with running("two") as second:
        await eventually(lambda: second.active)
        await goes_on(second)
        await skilled(house, await house.operator(*queues), tax=5)
        await goes_on(second)
        await played_alike(house, begun, [], second)
    fences = await house.database.fetchval("SELECT count(DISTINCT fence) FROM offers")
    assert made == sorted(set(made)), "every part of the way has decisions of its own"
    assert fences == 2


async def test_a_later_checkpoint_goes_on_with_the_edition_and_rungs_of_then(
    house: House, running: Running
) -> None:
    chance = random.Random(5)
    queues = [await house.queue(name) for name in ("Taxes", "Orders")]
    operator = await house.operator(*queues)
    await skilled(house, operator, tax=2)
    await rule(house, *rules(queues, chance), house={"exclude_seconds": 7})
    waiting = [await house.arrive(queues[0], ago=ago) for ago in (5, 25)]
    async with running() as dispatcher:
        await the_first(house)
        await settled(dispatcher, house)
        rungs = [dispatcher.engine.work(str(work)) for work in waiting]
        dispatcher._checkpoints._due = dispatcher._checkpoints._begun = 0.0
        written = await _another(dispatcher, house)
        before = [row["id"] for row in await house.database.fetch("SELECT id FROM offers")]
        await house.arrive(queues[1])
        await settled(dispatcher, house)
        again = await replay(house.database, written)
        rows = await house.database.fetch(MADE, before)
    assert [one.rung for one in rungs if one is not None] == [0, 1]
    assert written.held.policy.exclude_ms == 7000
    assert {one.offer_id for one in again.offers} == {str(row["id"]) for row in rows} != set()


async def _another(dispatcher: Dispatcher, house: House) -> Checkpoint:
    """The checkpoint after the first one."""
    first = await the_first(house)
    dispatcher._wake.set()

    async def there() -> Checkpoint | None:
        found = await latest(house.database)
        return found if found is not None and found.id != first.id else None

    return await eventually(there)
