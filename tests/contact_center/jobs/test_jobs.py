"""Jobs run once they are due, again when they fail, and are never forgotten."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta

import pytest

from contact_center.jobs import store
from contact_center.jobs.model import GiveUp, Handler, Job, Outside, Together, pause
from contact_center.jobs.service import JobRunner, Jobs
from contact_center.kernel.clock import ManualClock, SystemClock
from contact_center.kernel.errors import Conflict, NotFound
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit
from tests.support.waiting import eventually


class House:
    """A database, a runner and what it has run."""

    def __init__(self, database: Database, hints: LocalHints) -> None:
        self.database = database
        self.hints = hints
        self.clock = SystemClock()
        self.ran: list[Job] = []
        self.tasks: list[asyncio.Task[None]] = []

    async def note(self, job: Job) -> None:
        self.ran.append(job)

    def runner(self, handler: object = None, node: str = "n", **options: object) -> JobRunner:
        handlers = {"note": handler or self.note}
        runner = JobRunner(self.database, self.hints, self.clock, handlers, node, **options)  # type: ignore[arg-type]
        self.tasks.append(asyncio.create_task(runner.run()))
        return runner

    async def schedule(
        self, key: str, seconds: float = 0.0, *, kind: str = "note", **payload: object
    ) -> None:
        due = self.clock.now() + timedelta(seconds=seconds)
        await self.database.run(lambda unit: store.schedule(unit, kind, key, due, payload))

    async def state(self, key: str) -> str | None:
        state: str | None = await self.database.fetchval(
            "SELECT state FROM jobs WHERE key = $1 ORDER BY id DESC LIMIT 1", key
        )
        return state


@pytest.fixture
async def house(database_url: str, hints: LocalHints) -> AsyncIterator[House]:
    database = await Database.connect(database_url, hints=hints)
    house = House(database, hints)
    try:
        yield house
    finally:
        for task in house.tasks:
            task.cancel()
        await asyncio.gather(*house.tasks, return_exceptions=True)
        await database.close()


async def test_a_due_job_runs_once(house: House) -> None:
    house.runner()
    await house.schedule("a", size=3)
    await eventually(lambda: house.ran)
    assert (house.ran[0].key, house.ran[0].payload, house.ran[0].attempts) == ("a", {"size": 3}, 1)

    async def done() -> bool:
        return await house.state("a") == "done"

    await eventually(done)


async def test_jobs_of_one_kind_run_together_and_a_bad_one_fails_alone(house: House) -> None:
    runs: list[list[str]] = []
    go_on = asyncio.Event()

    async def handler(jobs: Sequence[Job]) -> None:
        runs.append([job.key for job in jobs])
        await go_on.wait()
        if any(job.key == "bad" for job in jobs):
            raise GiveUp("it is bad")

    house.runner(Together(handler))
    await house.schedule("first")
    await eventually(lambda: runs)
    for key in ("a", "bad", "b"):
        await house.schedule(key)
    await asyncio.sleep(0.2)
    assert runs == [["first"]], "one run of a kind at a time"
    go_on.set()
    await eventually(lambda: len(runs) == 5)
    assert runs == [["first"], ["a", "bad", "b"], ["a"], ["bad"], ["b"]]

    async def ended() -> bool:
        return [await house.state(key) for key in ("a", "bad", "b")] == ["done", "dead", "done"]

    await eventually(ended)


@pytest.mark.parametrize("ills", [1, 2, 12])
async def test_files_that_hang_hold_up_neither_timers_nor_others_files(
    house: House, ills: int
) -> None:
    hangs = asyncio.Event()
    begun: list[str] = []

    async def fetch(job: Job) -> None:
        begun.append(job.account)
        if job.account != "well":
            await hangs.wait()
        house.ran.append(job)

    many = 6 * ills
    for at in range(many):
        await house.schedule(f"{at}", -60.0, kind="fetch", account_id=f"ill{at % ills}")
    files = {"file1", "file2", "file3"}
    for key in files:
        await house.schedule(key, kind="fetch", account_id="well")
    await house.schedule("timer", account_id="ill0")
    handlers: dict[str, Handler | Together | Outside] = {"note": house.note}
    handlers["fetch"] = Outside(fetch)
    runner = JobRunner(house.database, house.hints, house.clock, handlers, "n")
    house.tasks.append(asyncio.create_task(runner.run()))
    await eventually(lambda: {job.key for job in house.ran} == {"timer", *files})
    held = Counter(one for one in begun if one != "well")
    assert len(held) == ills
    assert max(held.values()) <= 4
    assert sum(held.values()) <= max(8, ills)
    hangs.set()
    await eventually(lambda: len(house.ran) == many + 4)


async def test_a_job_waits_until_it_is_due(house: House) -> None:
    await house.schedule("later", 0.4)
    await house.schedule("now")
    house.runner()
    await eventually(lambda: len(house.ran) == 2)
    assert [job.key for job in house.ran] == ["now", "later"]


async def test_scheduling_a_live_job_again_does_nothing(house: House) -> None:
    await house.schedule("a", 0.2)
    await house.schedule("a", 0.0)
    house.runner()
    await eventually(lambda: house.ran)

    async def over() -> bool:
        return await house.state("a") == "done"

    await eventually(over)
    assert len(house.ran) == 1
    await house.schedule("a")
    await eventually(lambda: len(house.ran) == 2)


async def test_a_job_can_be_moved_and_cancelled(house: House) -> None:
    await house.schedule("moved", 3600)
    await house.schedule("gone", 0.3)
    now = house.clock.now()
    await house.database.run(lambda unit: store.reschedule(unit, "note", "moved", now, {"x": 1}))
    assert await house.database.run(lambda unit: store.cancel(unit, "note", "gone"))
    house.runner()
    await eventually(lambda: house.ran)
    await asyncio.sleep(0.4)
    assert [(job.key, job.payload) for job in house.ran] == [("moved", {"x": 1})]


async def test_a_job_moved_while_it_runs_runs_again(house: House) -> None:
    async def handler(job: Job) -> None:
        house.ran.append(job)
        if len(house.ran) == 1:
            due = house.clock.now()
            await house.database.run(lambda unit: store.reschedule(unit, "note", job.key, due))

    house.runner(handler)
    await house.schedule("again")
    await eventually(lambda: len(house.ran) == 2)


async def test_a_failing_job_is_tried_again_then_dead_and_can_be_replayed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contact_center.jobs.service.pause", lambda _attempts, _jitter: 0.01)
    broken = True

    async def handler(job: Job) -> None:
        house.ran.append(job)
        if broken:
            raise ValueError("it is broken")

    house.runner(handler, attempts=3)
    await house.schedule("a")

    async def dead() -> bool:
        return await house.state("a") == "dead"

    await eventually(dead)
    assert [job.attempts for job in house.ran] == [1, 2, 3]
    jobs = Jobs(house.database)
    [row] = await jobs.dead(None, 10)
    assert row["error"] == "ValueError: it is broken"
    broken = False
    await jobs.replay(row["id"])
    await house.hints.publish(store.TOPIC)
    await eventually(lambda: len(house.ran) == 4)
    with pytest.raises(Conflict):
        await jobs.replay(row["id"])
    with pytest.raises(NotFound):
        await jobs.replay(new_id())


async def test_a_handler_may_give_up_at_once(house: House) -> None:
    async def handler(job: Job) -> None:
        house.ran.append(job)
        raise GiveUp("the file is gone")

    house.runner(handler)
    await house.schedule("a")

    async def dead() -> bool:
        return await house.state("a") == "dead"

    await eventually(dead)
    assert len(house.ran) == 1


async def test_the_job_of_a_runner_that_fell_silent_is_run_by_another(house: House) -> None:
    await house.schedule("a")
    now = house.clock.now()
    [job] = await store.claim(
        house.database, "dead node", now=now, lease=0.2, kinds=["note"], running=[], limit=10
    )
    house.runner(lease=0.5)
    await eventually(lambda: house.ran)
    assert house.ran[0].attempts == 2
    await store.end(house.database, [job], "dead node", "dead", error="too late")

    async def done() -> bool:
        return await house.state("a") == "done"

    await eventually(done)


async def test_runners_share_and_nothing_runs_twice(house: House) -> None:
    for number in range(3):
        house.runner(node=f"n{number}", concurrency=4)
    now = house.clock.now()

    async def step(unit: Unit) -> None:
        for number in range(100):
            await store.schedule(unit, "note", str(number), now)

    await house.database.run(step)
    await eventually(lambda: len(house.ran) >= 100)
    await asyncio.sleep(0.05)
    assert sorted(int(job.key) for job in house.ran) == list(range(100))


async def test_a_stopped_runner_ends_what_runs_and_gives_back_what_does_not_end(
    house: House,
) -> None:
    started = asyncio.Event()

    async def handler(job: Job) -> None:
        if job.key == "short":
            started.set()
        await asyncio.sleep(0.1 if job.key == "short" else 3600)
        house.ran.append(job)

    runner = house.runner(handler)
    await house.schedule("long")
    await house.schedule("short")
    await started.wait()
    await runner.stop(grace=1.0)
    await house.tasks[0]
    assert [job.key for job in house.ran] == ["short"]
    row = await house.database.fetchrow("SELECT state, attempts FROM jobs WHERE key = 'long'")
    assert row is not None
    assert (row["state"], row["attempts"]) == ("waiting", 0)


async def test_kinds_without_a_handler_here_are_left_to_others(house: House) -> None:
    now = house.clock.now()
    await house.database.run(lambda unit: store.schedule(unit, "other", "x", now))
    house.runner()
    await house.schedule("a")
    await eventually(lambda: house.ran)
    assert await house.state("x") == "waiting"


async def test_due_times_follow_the_clock_that_is_given(
    database_url: str, hints: LocalHints
) -> None:
    database = await Database.connect(database_url, hints=hints)
    clock = ManualClock()
    ran: list[str] = []

    async def handler(job: Job) -> None:
        ran.append(job.key)

    runner = JobRunner(database, hints, clock, {"note": handler}, "n")
    task = asyncio.create_task(runner.run())
    due = clock.now() + timedelta(hours=5)
    await database.run(lambda unit: store.schedule(unit, "note", "a", due))
    await asyncio.sleep(0.1)
    assert ran == []
    clock.advance(hours=5)
    await hints.publish(store.TOPIC)
    await eventually(lambda: ran)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await database.close()


def test_the_pause_doubles_up_to_an_hour_and_half_of_it_is_chance() -> None:
    assert pause(1, 1.0) == 2.0
    assert pause(1, 0.0) == 1.0
    assert pause(4, 1.0) == 16.0
    assert pause(50, 1.0) == 3600.0
