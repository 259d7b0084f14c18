"""A policy reaches the router: skills, ladders and hours in rows, editions while it works."""

from __future__ import annotations

import asyncio
import gc
import random
import weakref
from datetime import UTC, datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson
import pytest

from contact_center.dispatch import collector
from contact_center.dispatch.doors import Doors
from contact_center.dispatch.snapshots import HouseQueue, queue_state
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Unit
from contact_center.work.planning.store import last_day
from contact_center.work.policies.service import Policies
from routing.engine import Engine
from routing.model import Tick
from tests.contact_center.dispatch.conftest import Running
from tests.contact_center.dispatch.house import House, faults, log_operator
from tests.contact_center.dispatch.test_standby import act, at_rest, believes_the_rows
from tests.support.waiting import eventually


async def skilled(house: House, operator: UUID, **levels: int) -> None:
    """Give an operator skills, as the administration does."""

    async def step(unit: Unit) -> None:
        await unit.lock("operators", [operator])
        for code, level in levels.items():
            await unit.execute(
                "INSERT INTO skills (id, code, title) VALUES ($1, $2, '{}') ON CONFLICT DO NOTHING",
                new_id(), code,
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO employee_skills (employee_id, skill_id, level)"
                " SELECT $1, id, $3 FROM skills WHERE code = $2",
                operator, code, level,
            )  # fmt: skip
        await unit.execute("UPDATE operators SET version = version + 1 WHERE id = $1", operator)
        await log_operator(unit, operator)

    await house.database.run(step)


async def rule(at: House, *queues: dict[str, Any], **more: Any) -> None:
    """Let a policy run at once."""
    await Policies(at.database).install("system", {"queues": list(queues), **more}, "")


async def test_work_goes_to_who_has_the_skill_and_to_others_down_the_ladder(
    house: House, running: Running
) -> None:
    queue = await house.queue("Taxes")
    novice, expert = await house.operator(queue), await house.operator(queue)
    await skilled(house, novice, tax=1)
    await skilled(house, expert, tax=4)
    name = str(queue)
    ladder = [{"after_seconds": 60, "needs": {"tax": 1}}]
    await rule(house, {"code": name, "members_only": True, "needs": {"tax": 3}, "ladder": ladder})
    async with running() as dispatcher:
        for _ in range(5):
            work = await house.arrive(queue)
            await eventually(partial(offered, house, work))
            assert await house.offers(work) == [("live", expert)]
        left = await house.arrive(queue)
        old = await house.arrive(queue, ago=61)
        await eventually(lambda: offered(house, old))
        assert await house.offers(old) == [("live", novice)]
        row = await house.work(old)
        assert (row["rung"], await house.state(left)) == (1, "waiting")
        await eventually(lambda: believes_the_rows(dispatcher, house))


async def offered(house: House, work: UUID) -> bool:
    return await house.state(work) == "offered"


async def test_an_overflow_moves_the_work_and_a_new_edition_counts_at_once(
    house: House, running: Running
) -> None:
    first, second = await house.queue("First"), await house.queue("Second")
    operator = await house.operator(second)
    work = await house.arrive(first, ago=100)
    async with running() as dispatcher:
        await eventually(lambda: dispatcher.active and dispatcher.engine.waiting() == 1)
        overflow = [{"after_seconds": 90, "overflow": f"queue:{second}"}]
        await rule(
            house, {"code": str(first), "members_only": True, "ladder": overflow},
            house={"exclude_seconds": 5},
        )  # fmt: skip
        await eventually(lambda: offered(house, work))
        assert await house.offers(work) == [("live", operator)]
        row = await house.work(work)
        assert (row["queue_id"], row["rung"]) == (str(second), 0)
        assert row["queued_ms"] > row["arrived_ms"]
        (turn,) = (await last_day(house.database))["turns"]  # a dry run asks where it came to
        assert turn["queue_id"] == first
        causes = await house.database.fetch("SELECT cause FROM events WHERE kind = 'work.waiting'")
        assert [one["cause"] for one in causes][-1] == "overflow_ladder"
        assert dispatcher.engine.policy().exclude_ms == 5000
        assert dispatcher.engine.policy().version == "1"
        explained = await house.database.fetchval("SELECT explanation FROM offers")
        assert explained["policy"] == "1"
        await eventually(lambda: believes_the_rows(dispatcher, house))


async def test_a_ladder_that_ends_outside_ends_the_turn_and_who_was_there_once_stays_in_line(
    house: House, running: Running
) -> None:
    queue = await house.queue("First")
    out = [{"after_seconds": 5, "overflow": "mail_form"}]
    await rule(house, {"code": str(queue), "ladder": out})
    stays = await house.arrive(queue, ago=9, stays=True)
    leaves = await house.arrive(queue, ago=9)
    async with running() as dispatcher:
        await eventually(lambda: ended(house, leaves))
        await eventually(lambda: believes_the_rows(dispatcher, house))
        assert await house.state(stays) == "waiting"
        assert await house.database.fetchval("SELECT count(*) FROM jobs") == 0  # it has no contact
        operator = await house.operator(queue)
        await eventually(lambda: offered(house, stays))
        assert await house.offers(stays) == [("live", operator)]
    row = await house.database.fetchrow(
        "SELECT w.outcome, w.ended_at, e.cause FROM work w JOIN events e ON e.subject_id = w.id"
        " WHERE w.id = $1 AND e.kind = 'work.done'", leaves,
    )  # fmt: skip
    assert row
    assert (row["outcome"], row["cause"]) == ("mail_form", "overflow_ladder")
    assert row["ended_at"] is not None


async def ended(house: House, work: UUID) -> bool:
    return await house.state(work) == "done"


async def test_warm_engines_equal_a_rebuild_under_a_policy(house: House, running: Running) -> None:
    """Three hands act beside two routers, while rungs pass and an edition comes."""
    seed = random.randrange(10**6)
    first, second = await house.queue("First"), await house.queue("Second")
    operators = [await house.operator(first, second, ceilings={"chat": 3}) for _ in range(3)]
    for level, operator in enumerate(operators, 2):
        await skilled(house, operator, tax=level)
    ladder = [
        {"after_seconds": 1, "needs": {"tax": 2}},
        {"after_seconds": 2, "overflow": f"queue:{second}"},
    ]
    rules = {"code": str(first), "needs": {"tax": 4}, "ladder": ladder, "strategy": "best_level"}
    out = [{"after_seconds": 3, "overflow": "bot"}]
    await rule(house, rules, {"code": str(second), "strategy": "round_robin", "ladder": out})
    async with running("one") as one, running("two") as two:

        async def hand(number: int) -> None:
            chance = random.Random(f"{seed}-{number}")
            for _ in range(25):
                await act(house, [first, second], operators, chance)
                assert await faults(house.database) == [], f"seed {seed}"

        await asyncio.gather(*(hand(number) for number in range(3)))
        await rule(house, {**rules, "strategy": "pack"}, house={"misses_in_a_row": 3})
        # Once nobody waits on the ladder any more, deadlines are mostly far away.
        await eventually(lambda: nobody_waits_in(house, first))
        await eventually(lambda: believes_the_rows(two, house))
        warm, rebuilt, now = await eventually(lambda: at_rest(one, house))
        for engine in (rebuilt, warm):
            assert engine.policy().misses_in_a_row == 3
            engine.observe(Tick(), now + 600_000)
        assert warm.decide() == rebuilt.decide(), f"seed {seed}"


async def nobody_waits_in(house: House, queue: UUID) -> bool:
    found = await house.database.fetchval(
        "SELECT count(*) FROM work WHERE queue_id = $1 AND state = 'waiting'", queue
    )
    return int(found) == 0


async def test_a_closed_queue_overflows_and_opening_comes_by_time(house: House) -> None:
    queue = await house.queue("Shop")
    hours = {"mon": [["09:00", "18:00"]]}
    await rule(
        house, {"code": str(queue), "hours": hours, "closed": "wait", "zone": "Europe/Minsk"}
    )
    data = await house.database.fetchval("SELECT cc_queue_snapshot($1)", queue)
    doors, engine = Doors(), Engine()
    sunday = ms(datetime(2026, 11, 29, 12, tzinfo=UTC))
    state = queue_state(data)
    engine.observe(doors.take(state, sunday), sunday)
    assert doors.due_ms() == ms(datetime(2026, 11, 30, 6, tzinfo=UTC))
    seen = []
    for hour in (6, 14, 15):
        doors.turn(engine, ms(datetime(2026, 11, 30, hour, tzinfo=UTC)))
        held = engine.queue(str(queue))
        assert held is not None
        seen.append(held.open)
    assert seen == [True, True, False]
    assert isinstance(state, HouseQueue)
    assert queue_state(orjson.loads(orjson.dumps(state))) == state


def ms(at: datetime) -> int:
    return int(at.timestamp() * 1000)


async def test_an_edition_leaves_the_engine_and_one_that_broke_does_not_stay_in_memory(
    house: House, running: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(collector, "LARGE", 0)
    queue = await house.queue("Taxes")
    async with running() as dispatcher:
        await eventually(lambda: dispatcher.active)
        before, edition = weakref.ref(dispatcher.engine), dispatcher.engine.policy().version
        gc.disable()
        try:
            await rule(house, {"code": str(queue), "members_only": True})
            await eventually(lambda: dispatcher.engine.policy().version != edition)
            assert dispatcher.engine is before()
            vars(dispatcher.engine)["waiting"] = None  # the next step breaks
            await house.arrive(queue)
            await eventually(lambda: before() is None)
        finally:
            gc.enable()
            gc.unfreeze()
