"""A lease has one holder at a time, and the one before cannot write any more."""

from __future__ import annotations

import asyncio

import pytest

from contact_center.storage.database import Database
from contact_center.storage.leases import Fenced, Lease


async def test_a_lease_is_held_by_one_and_renewed_without_a_new_token(database: Database) -> None:
    first, second = (Lease(database, "router", name, ttl=60) for name in ("one", "two"))
    assert await first.acquire()
    assert not await second.acquire()
    assert await first.acquire()
    assert first.held
    assert not second.held
    assert first.token == 1


async def test_a_lapsed_lease_goes_to_the_next_one_with_a_greater_token(database: Database) -> None:
    first, second = Lease(database, "router", "one", ttl=0), Lease(database, "router", "two")
    assert await first.acquire()
    assert not first.held
    assert await second.acquire()
    assert second.token == first.token + 1
    assert not await first.acquire()


async def test_a_lapsed_lease_nobody_took_is_renewed_with_its_token(database: Database) -> None:
    lease = Lease(database, "router", "one", ttl=0)
    assert await lease.acquire()
    assert await lease.acquire()
    assert lease.token == 1


async def test_a_released_lease_is_free_at_once(database: Database) -> None:
    first, second = Lease(database, "router", "one", ttl=60), Lease(database, "router", "two")
    assert await first.acquire()
    await first.release()
    assert not first.held
    assert await second.acquire()


async def test_a_node_that_starts_again_is_another_holder(database: Database) -> None:
    before = Lease(database, "router", "node", ttl=60)
    assert await before.acquire()
    assert not await Lease(database, "router", "node", ttl=60).acquire()


async def test_of_many_who_ask_at_once_one_gets_it(database: Database) -> None:
    leases = [Lease(database, "router", str(number), ttl=60) for number in range(8)]
    won = await asyncio.gather(*(lease.acquire() for lease in leases))
    assert won.count(True) == 1


async def test_the_guard_refuses_a_holder_whose_lease_has_gone(database: Database) -> None:
    first, second = Lease(database, "router", "one", ttl=0), Lease(database, "router", "two")
    assert await first.acquire()
    await database.run(first.guard)
    assert await second.acquire()
    with pytest.raises(Fenced):
        await database.run(first.guard)
    await database.run(second.guard)


async def test_a_lease_cannot_change_hands_while_a_guarded_transaction_runs(
    database: Database,
) -> None:
    """So what was written under a token was written before the next token existed."""
    first, second = Lease(database, "router", "one", ttl=0), Lease(database, "router", "two")
    assert await first.acquire()
    order: list[str] = []

    async def step(unit: object) -> None:
        await first.guard(unit)  # type: ignore[arg-type]
        taking = asyncio.create_task(take())
        await asyncio.wait([taking], timeout=0.2)
        order.append("written")
        tasks.append(taking)

    async def take() -> None:
        assert await second.acquire()
        order.append("taken")

    tasks: list[asyncio.Task[None]] = []
    await database.run(step)
    await asyncio.gather(*tasks)
    assert order == ["written", "taken"]
