"""Merge and undo: whatever the order, the record equals one that was never merged that way."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from uuid import UUID

import pytest

from contact_center.clients import merging
from contact_center.kernel.errors import Conflict, NotFound
from contact_center.kernel.ids import new_id
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit
from tests.support.waiting import eventually


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = await Database.connect(database_url, size=3)
    yield database
    await database.close()


@pytest.fixture
async def employee(database: Database) -> UUID:
    employee_id = new_id()
    await database.execute(
        "INSERT INTO employees (id, email, name, role) "
        "VALUES ($1, 'a@example.org', 'A', 'operator')",
        employee_id,
    )
    return employee_id


class World:
    """The real tables beside an oracle that knows only homes and merges in force."""

    def __init__(self, database: Database, employee: UUID) -> None:
        self.database = database
        self.employee = employee
        self.homes: dict[UUID, UUID] = {}  # identity → the client it would have without merges
        self.edges: dict[UUID, tuple[UUID, UUID]] = {}  # merge in force → (loser, winner)
        self.clients: list[UUID] = []

    def root(self, client: UUID) -> UUID:
        parents = dict(self.edges.values())
        while client in parents:
            client = parents[client]
        return client

    async def register(self) -> None:
        client = new_id()
        await self.database.execute("INSERT INTO clients (id, name) VALUES ($1, 'c')", client)
        self.clients.append(client)
        await self.write(client)

    async def write(self, client: UUID) -> None:
        """A new address comes in, at whoever the client now is part of."""
        at = self.root(client)
        identity = new_id()
        await self.database.execute(
            "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'visitor', $3)",
            identity, at, str(identity),
        )  # fmt: skip
        self.homes[identity] = at

    async def merge(self, winner: UUID, loser: UUID) -> UUID:
        merge = await self.database.run(
            lambda unit: merging.merge(
                unit, winner, loser, reason="", actor="test", employee_id=self.employee
            )
        )
        self.edges[merge] = (loser, winner)
        return merge

    async def undo(self, merge: UUID) -> None:
        await self.database.run(
            lambda unit: merging.undo(unit, merge, actor="test", employee_id=self.employee)
        )
        del self.edges[merge]

    async def agrees(self) -> bool:
        rows = await self.database.fetch("SELECT id, client_id FROM identities")
        real = {row["id"]: row["client_id"] for row in rows}
        pointers = await self.database.fetch("SELECT id, merged_into FROM clients")
        parents = dict(self.edges.values())
        return real == {i: self.root(home) for i, home in self.homes.items()} and all(
            row["merged_into"] == parents.get(row["id"]) for row in pointers
        )


@pytest.mark.parametrize("seed", range(12))
async def test_random_merges_traffic_and_undos_equal_the_never_merged_oracle(
    database: Database, employee: UUID, seed: int
) -> None:
    dice = random.Random(seed)
    world = World(database, employee)
    for _ in range(5):
        await world.register()
    for step in range(40):
        roots = [client for client in world.clients if world.root(client) == client]
        action = dice.choice(["merge", "merge", "undo", "write"])
        if action == "merge" and len(roots) > 1:
            await world.merge(*dice.sample(roots, 2))
        elif action == "undo" and world.edges:
            await world.undo(dice.choice(list(world.edges)))
        else:
            await world.write(dice.choice(world.clients))
        assert await world.agrees(), f"seed {seed}, step {step}"


async def test_a_merge_takes_along_what_is_just_being_added_to_the_loser(
    database: Database, employee: UUID
) -> None:
    world = World(database, employee)
    for _ in range(2):
        await world.register()
    winner, loser = world.clients
    added, go = asyncio.Event(), asyncio.Event()

    async def add(unit: Unit) -> None:
        await unit.execute(
            "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'phone', 'p')",
            new_id(), loser,
        )  # fmt: skip
        added.set()
        await go.wait()

    adding = asyncio.create_task(database.run(add))
    await added.wait()
    merge = asyncio.create_task(world.merge(winner, loser))

    async def waits() -> bool:
        locks = (
            "SELECT EXISTS (SELECT FROM pg_stat_activity"
            " WHERE datname = current_database() AND wait_event_type = 'Lock')"
        )
        return merge.done() or await database.fetchval(locks)

    await eventually(waits)
    go.set()
    await asyncio.gather(adding, merge)
    homes = await database.fetch("SELECT DISTINCT client_id FROM identities")
    assert [row["client_id"] for row in homes] == [winner]


async def test_a_merged_client_cannot_be_merged_again_and_an_undo_happens_once(
    database: Database, employee: UUID
) -> None:
    world = World(database, employee)
    for _ in range(3):
        await world.register()
    one, two, three = world.clients
    merge = await world.merge(one, two)
    with pytest.raises(Conflict) as refused:
        await world.merge(three, two)
    assert refused.value.extra["merged_into"] == str(one)
    with pytest.raises(Conflict):
        await world.merge(one, one)
    with pytest.raises(NotFound):
        await world.merge(one, new_id())
    await world.undo(merge)
    world.edges[merge] = (two, one)
    with pytest.raises(Conflict):
        await world.undo(merge)


async def test_merge_and_undo_are_events_of_both_clients_and_count_versions(
    database: Database, employee: UUID
) -> None:
    world = World(database, employee)
    await world.register()
    await world.register()
    await world.undo(await world.merge(*world.clients))
    rows = await database.fetch("SELECT kind, subject_id, version FROM events ORDER BY seq")
    assert [row["kind"] for row in rows] == ["client.merged"] * 2 + ["client.unmerged"] * 2
    assert {row["subject_id"] for row in rows} == set(world.clients)
    assert sorted(row["version"] for row in rows) == [2, 2, 3, 3]


async def test_an_address_that_has_proven_to_be_somebodys_own_stays_there(
    database: Database, employee: UUID
) -> None:
    world = World(database, employee)
    for _ in range(3):
        await world.register()
    one, two, three = world.clients
    merge = await world.merge(one, two)
    (mine,) = [identity for identity, home in world.homes.items() if home == two]
    await database.execute("UPDATE identities SET client_id = $2 WHERE id = $1", mine, three)
    await world.undo(merge)
    world.homes[mine] = three
    assert await world.agrees()


async def test_merges_and_undos_at_once_equal_the_oracle_too(
    database: Database, employee: UUID
) -> None:
    """Each of a chain is undone while its end is merged on."""
    for _ in range(10):
        world = World(database, employee)
        await database.execute("TRUNCATE clients CASCADE")
        for _ in range(4):
            await world.register()
        one, two, three, four = world.clients
        first = await world.merge(two, one)
        await world.merge(three, two)

        async def undo(world: World = world, first: UUID = first) -> None:
            while True:
                with contextlib.suppress(merging.Busy):
                    return await world.undo(first)

        await asyncio.gather(undo(), world.merge(four, three))
        assert await world.agrees()
        last = next(merge for merge, (loser, _) in world.edges.items() if loser == three)
        await world.undo(last)
        assert await world.agrees()
