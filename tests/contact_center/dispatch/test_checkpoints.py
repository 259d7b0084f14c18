"""A checkpoint and the log from its position lead to the same engine and the same decisions."""

from __future__ import annotations

import asyncio
import random
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from contact_center.dispatch import checkpoints
from contact_center.dispatch.checkpoints import Checkpoint, Held, latest
from contact_center.dispatch.replay import Replayed, replay
from contact_center.dispatch.service import Dispatcher
from contact_center.dispatch.snapshots import HouseQueue
from contact_center.kernel.clock import ManualClock
from routing.engine import Engine
from routing.model import Operator, Tick, Work
from tests.contact_center.dispatch.conftest import Running
from tests.contact_center.dispatch.house import House
from tests.contact_center.dispatch.test_standby import act, believes_the_rows
from tests.support.waiting import SELDOM, eventually

WRITTEN = "SELECT count(*) FROM checkpoints"
MADE = "SELECT id, explanation - 'log' AS explanation FROM offers WHERE id <> ALL($1::uuid[])"


async def the_first(house: House) -> Checkpoint:
    async def there() -> bool:
        return bool(await house.database.fetchval(WRITTEN))

    await eventually(there)
    found = await latest(house.database)
    assert found is not None
    return found


def held(engine: Engine) -> dict[str, Any]:
    """What it believes of whatever is not over."""
    return {one.id: one for one in engine.snapshot() if getattr(one, "state", "") != "done"}


async def test_a_checkpoint_and_the_log_lead_to_the_same_engine_and_the_same_decisions(
    house: House, running: Running
) -> None:
    seed = random.randrange(10**6)
    chance = random.Random(seed)
    queues = [await house.queue(name, hold_seconds=1) for name in ("Orders", "Claims")]
    operators = [await house.operator(*queues, ceilings={"chat": 3}) for _ in range(3)]
    for _ in range(10):
        await act(house, queues, operators, chance)
    async with running() as dispatcher:
        begun = await the_first(house)
        before = [row["id"] for row in await house.database.fetch("SELECT id FROM offers")]
        await house.operator(*queues)  # whatever chance has left of the others, this one has room
        await house.arrive(queues[0])
        for _ in range(60):
            await act(house, queues, operators, chance)
            await settled(dispatcher, house)
        print("seed", seed)
        again = await played_alike(house, begun, before, dispatcher)
    assert again.offers


async def played_alike(
    house: House, begun: Checkpoint, before: list[UUID], dispatcher: Dispatcher
) -> Replayed:
    """The replay, once it equals rows and router: a hold that ends meanwhile makes news."""

    async def alike() -> Replayed | None:
        again = await replay(house.database, begun)
        rows = await house.database.fetch(MADE, before)
        made = {str(row["id"]): row["explanation"] for row in rows}
        told = {one.offer_id: one.explanation for one in again.offers}
        same = held(again.engine) == held(dispatcher.engine) and told == made
        return again if same else None

    found: Replayed = await eventually(alike, every=SELDOM)
    return found


async def settled(dispatcher: Dispatcher, house: House) -> None:
    """Until nothing is decided any more: the rows then refute nothing."""
    await eventually(lambda: believes_the_rows(dispatcher, house))
    await asyncio.sleep(0.02)
    await eventually(lambda: believes_the_rows(dispatcher, house))


async def test_the_lease_coming_and_every_hour_are_the_occasions(house: House) -> None:
    clock = ManualClock()
    written = checkpoints.Checkpoints(house.database, clock)
    counts = []
    for seconds in (0, 3599, 1):
        clock.advance(seconds)
        written.look(Engine(), (7, 1), 0)
        await asyncio.sleep(0)
        await eventually(lambda: written._writing is None)
        counts.append(await house.database.fetchval(WRITTEN))
    written.hurry()
    written.look(Engine(), (7, 9), 0)
    assert written._writing is None
    clock.advance(60)
    written.look(Engine(), (7, 2), 0)
    await eventually(lambda: written._writing is None)
    found = await latest(house.database)
    assert counts == [1, 1, 2]
    assert (await house.database.fetchval(WRITTEN), found and found.position) == (3, (7, 2))


async def test_a_checkpoint_of_another_era_is_not_gone_on_from(
    house: House, running: Running
) -> None:
    async with running():
        await the_first(house)
    await house.database.execute("UPDATE workspace SET era = era + 1")
    assert await latest(house.database) is None


QUEUE = HouseQueue("q", 1, offer_seconds_by={"mail": 300}, hours={"mon": [["09:00", "18:00"]]})
ANNA = Operator("anna", 3, "ready", 100, 0, {"chat": 2}, {}, 5, 0, ("q",), {"tax": 3}, turn=7)
WORK = Work("w", 2, "q", "chat", 20, "waiting", 1, 1000, 900, excluded=(("boris", 99),))


def test_what_was_assumed_is_still_an_assumption_afterwards() -> None:
    engine = Engine.restore([QUEUE, ANNA, WORK], 1000)
    engine.apply(Tick(), 1000)
    again = Held.unpacked(Held.of(engine, 1000).packed())
    restored = Engine.restore(again.states, again.now_ms, assumed=again.assumed)
    assert restored.snapshot() == engine.snapshot()
    otherwise = replace(WORK, version=3, state="active", operator_id="boris")
    for one in (engine, restored):
        one.observe(otherwise, 1001)
        assert one.work("w") == otherwise


def test_only_the_last_of_what_is_finished_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checkpoints, "FINISHED", 2)
    done = [replace(WORK, id=f"w{number}", state="done") for number in range(5)]
    kept = Held.unpacked(Held(0, [QUEUE, *done], ()).packed())
    assert [one.id for one in kept.states] == ["q", "w3", "w4"]
