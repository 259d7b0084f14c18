"""Waits are measured where work ends, told to who waits, and held against what happened."""

from __future__ import annotations

from uuid import UUID

import pytest

from contact_center.dispatch.waits import service, store
from contact_center.dispatch.waits.model import Wait
from contact_center.kernel.ids import new_id
from contact_center.storage.unit import Record
from tests.contact_center.dispatch.conftest import Running
from tests.contact_center.dispatch.house import House
from tests.support.waiting import eventually

DONE = """
INSERT INTO work (id, queue_id, medium, cost, state, operator_id, arrived_at, offered_at,
                  accepted_at, ended_at)
SELECT gen_random_uuid(), $1, 'chat', 20, 'done', $2, now() - make_interval(secs => $3 + 90),
       CASE WHEN $4 THEN now() - make_interval(secs => $3) END,
       CASE WHEN $4 THEN now() - make_interval(secs => $3) END, now()
FROM generate_series(1, $5) RETURNING id
"""
PROMISE = "SELECT * FROM wait_promises WHERE work_id = $1"
RATES = "SELECT * FROM wait_rates WHERE queue_id = $1"


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tell waits with every step of the router instead of every other second."""
    monkeypatch.setattr(service.Waits.__init__, "__kwdefaults__", {"every": 0.0})
    monkeypatch.setattr(service, "SHARE", 0)


async def measured(
    house: House, queue: UUID, operator: UUID, seconds: float = 300, count: int = 20,
    *, taken: bool = True,
) -> None:  # fmt: skip
    """Contacts that ended today, each after so long a talk."""
    rows = await house.database.fetch(DONE, queue, operator, float(seconds), taken, count)
    ids = [row["id"] for row in rows]
    await house.database.run(lambda unit: store.measure(unit, ids, ids))


async def full(house: House, queue: UUID) -> UUID:
    """An operator who has a chat and no room for another."""
    return await house.operator(queue, ceilings={"chat": 1})


async def promise_of(house: House, work: UUID) -> Record:
    row = await eventually(lambda: house.database.fetchrow(PROMISE, work))
    return dict(row)


async def test_who_waits_is_told_by_position_and_measured_rates(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await full(house, queue)
    await measured(house, queue, anna, 300)
    async with running():
        first = await house.arrive(queue)
        await eventually(lambda: _is(house, first, "offered"))
        await house.accept(first)
        second, third = await house.arrive(queue), await house.arrive(queue)
        near, far = await promise_of(house, second), await promise_of(house, third)
    assert (near["ahead"], far["ahead"]) == (0, 1)
    assert near["low_ms"] == pytest.approx(300_000 * 0.69, rel=0.1)
    assert near["high_ms"] == pytest.approx(300_000 * 2.3, rel=0.1)
    assert near["low_ms"] < far["low_ms"]
    assert (near["cause"], near["shown"]) == ("arrived", True)


async def test_nobody_is_told_a_guess(house: House, running: Running) -> None:
    queue = await house.queue("Orders")
    anna = await full(house, queue)
    await measured(house, queue, anna, count=4)
    async with running():
        first = await house.arrive(queue)
        await eventually(lambda: _is(house, first, "offered"))
        await house.accept(first)
        second = await house.arrive(queue)
        other = await house.queue("Other")
        boris = await full(house, other)
        await measured(house, other, boris)
        taken = await house.arrive(other)
        await eventually(lambda: _is(house, taken, "offered"))
        await house.accept(taken)
        await promise_of(house, await house.arrive(other))
        assert await house.database.fetchrow(PROMISE, second) is None


async def test_a_wait_grows_when_an_operator_leaves_and_is_hidden_when_nobody_is_left(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna, boris = await full(house, queue), await full(house, queue)
    await measured(house, queue, anna)
    async with running():
        for _ in range(2):
            work = await house.arrive(queue)
            await eventually(lambda work=work: _is(house, work, "offered"))  # type: ignore[misc]
            await house.accept(work)
        waiting = await house.arrive(queue)
        before = await promise_of(house, waiting)
        await house.presence(boris, "break")
        after = await eventually(lambda: _caused(house, waiting, "operator_left"))
        assert after["high_ms"] > before["high_ms"]
        assert after["first_high_ms"] == before["high_ms"]
        await house.presence(anna, "break")
        await eventually(lambda: _shown(house, waiting, shown=False))
        await house.presence(anna, "ready")
        again = await eventually(lambda: _shown(house, waiting, shown=True))
        assert again["high_ms"] <= after["high_ms"]


async def test_what_was_promised_is_held_against_the_real_wait(
    house: House, running: Running
) -> None:
    queue = await house.queue("Orders")
    anna = await full(house, queue)
    await measured(house, queue, anna)
    async with running():
        first = await house.arrive(queue)
        await eventually(lambda: _is(house, first, "offered"))
        await house.accept(first)
        second = await house.arrive(queue)
        await promise_of(house, second)
        await house.finish(first)
        await eventually(lambda: _is(house, second, "offered"))
        await house.accept(second)
        row = await eventually(lambda: _promises(house, queue))
        assert await house.database.fetchrow(PROMISE, second) is None
        await eventually(lambda: _handled(house, queue, 21))
    assert (row["promised"], row["within_high"]) == (1, 1)
    assert 0 <= row["real_seconds"] < row["off_seconds"] + 300


async def test_rates_are_of_the_last_contacts_and_of_those_who_gave_up(house: House) -> None:
    queue = await house.queue("Orders")
    anna = await house.operator(queue)
    await measured(house, queue, anna, 100, 400)
    await measured(house, queue, anna, 900, 400)
    row = await house.database.fetchrow(RATES, queue)
    assert row is not None
    assert row["handle_seconds"] / row["handled"] == pytest.approx(900, rel=0.01)
    await measured(house, queue, anna, 900, 100)
    await measured(house, queue, anna, 60, 100, taken=False)
    rates = (await store.rates(house.database))[str(queue), "chat"]
    assert rates.handle_seconds == pytest.approx(900, rel=0.01)
    row = await house.database.fetchrow(RATES, queue)
    assert row is not None
    assert row["handled"] + row["gone"] == pytest.approx(store.WINDOW, rel=0.01)
    assert rates.leaving == pytest.approx(row["gone"] / row["waited_seconds"])


async def test_work_nobody_knows_is_counted_nowhere(house: House) -> None:
    queue = await house.queue("Orders")
    await house.database.run(lambda unit: store.measure(unit, [new_id()], [new_id()]))
    assert await house.database.fetchrow(RATES, queue) is None


@pytest.mark.parametrize(
    ("wait", "ru", "en"),
    [
        (Wait(1, 1, 1), "до 1 мин", "up to 1 min"),
        (Wait(3, 2, 5), "2–5 мин", "2–5 min"),
        (Wait(9, 75, 180), "1–3 ч", "1–3 h"),
        (Wait(9, 180, 240), "3–4 ч", "3–4 h"),
    ],
)
def test_waits_are_told_in_two_languages(wait: Wait, ru: str, en: str) -> None:
    assert (wait.span("ru"), wait.span("en")) == (ru, en)
    assert wait.sentence("ru") == f"Ваш номер в очереди — {wait.position}, ждать {ru}"
    assert wait.sentence("en") == f"You are number {wait.position} in line: {en}"


async def _is(house: House, work: UUID, state: str) -> bool:
    return await house.state(work) == state


async def _caused(house: House, work: UUID, cause: str) -> Record | None:
    return await house.database.fetchrow(f"{PROMISE} AND cause = $2", work, cause)


async def _shown(house: House, work: UUID, *, shown: bool) -> Record | None:
    return await house.database.fetchrow(f"{PROMISE} AND shown = $2", work, shown)


async def _promises(house: House, queue: UUID) -> Record | None:
    return await house.database.fetchrow(f"{RATES} AND promised > 0", queue)


async def _handled(house: House, queue: UUID, count: int) -> Record | None:
    return await house.database.fetchrow(f"{RATES} AND handled + gone >= $2", queue, count)
