"""Two intakes, the router, the sender, operators, a supervisor and merges, all on the same rows.

No deadlock surfaces, everybody gets on, nothing is lost or doubled. 6 seconds every day, two
minutes with CC_SOAK=1; the seed is printed with a failure.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from channels.contract import Capabilities
from contact_center.access.model import Actor, Role
from contact_center.access.policy import ROLE_PERMISSIONS
from contact_center.clients.service import Clients
from contact_center.contacts.model import ListQuery
from contact_center.contacts.service import Contacts
from contact_center.desk.model import NewMessage, Park, Result, Transfer, WrapUp
from contact_center.desk.service import Desk
from contact_center.dispatch.service import Dispatcher
from contact_center.intake.writer import Intake
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.outbox.service import Sender
from contact_center.storage.database import Database
from tests.contact_center.desk.house import faults
from tests.support import fake_channel
from tests.support import intake as doors
from tests.support.waiting import PATIENCE, eventually

SOAK = os.environ.get("CC_SOAK") == "1"
SECONDS = 120 if SOAK else 6
WINDOWS = 4  # in each of which everybody must get on: it lasts until they have
VISITORS = 24


class Crowd:
    """Everybody at work over one database; `progress` counts what each party got done."""

    def __init__(self, house: doors.House, others: list[Database], seed: int) -> None:
        self.house = house
        self.seed = seed
        self.intakes = [house.intake, Intake(others[0], house.hints, house.clock)]
        self.desk_database = others[1]
        contacts = Contacts(
            others[1], house.clock, lambda one, _at: f"/{one}",
            carries=lambda *_: Capabilities(authentication="secret", undo_seconds=0),
        )  # fmt: skip
        self.desk = Desk(others[1], house.clock, contacts)
        self.clients = Clients(others[1])
        self.accounts = fake_channel.FakeAccounts()
        self.channel = fake_channel.FakeChannel()
        self.accounts.add(house.account.id, self.channel)
        self.queues = [house.account.queue_id, new_id()]
        self.code = new_id()
        self.operators: list[Actor] = []
        self.progress: Counter[str] = Counter()
        self.acknowledged: set[str] = set()
        self.over = False

    async def furnish(self) -> None:
        """Queues and people; before the router starts, which is told of later changes only."""
        db = self.house.database
        await db.execute(
            "INSERT INTO queues (id, name, department_id) SELECT $1, 'second', department_id"
            " FROM queues LIMIT 1", self.queues[1],
        )  # fmt: skip
        await db.execute("INSERT INTO result_codes (id, code) VALUES ($1, 'done')", self.code)
        self.operators = [await self._hire("operator") for _ in range(4)]
        self.chief = await self._hire("supervisor")

    async def _hire(self, role: Role) -> Actor:
        me, db = new_id(), self.house.database
        await db.execute(
            "INSERT INTO employees (id, email, name, role) VALUES ($1, $2, 'A', $3)",
            me, f"{me}@example.org", role,
        )  # fmt: skip
        for queue in self.queues:
            await db.execute("INSERT INTO queue_members VALUES ($1, $2)", queue, me)
        presence = "ready" if role == "operator" else "offline"
        await db.execute(
            "INSERT INTO operators (id, presence, idle_since) VALUES ($1, $2, now())", me, presence
        )
        return Actor(me, role, "A", ROLE_PERMISSIONS[role], frozenset(self.queues))

    # --- parties -------------------------------------------------------------------------------

    async def party(self, name: str, act: Callable[[random.Random], Awaitable[bool]]) -> None:
        """Do it again and again; a refusal is part of life, any other error ends the test."""
        dice, party = random.Random(f"{self.seed}:{name}"), name.split(" ", maxsplit=1)[0]
        self.progress[party] += 0
        while not self.over:
            try:
                if await act(dice):
                    self.progress[party] += 1
            except (Conflict, NotFound, Invalid):
                pass
            await asyncio.sleep(dice.uniform(0, 0.02))

    def visitor(self, number: int) -> Callable[[random.Random], Awaitable[bool]]:
        """Writes through either door, sometimes the same event through both at once."""
        sent = iter(range(10**6))

        async def write(dice: random.Random) -> bool:
            external = f"{number}-{next(sent)}"
            event = doors.message(external, "text", f"visitor{number}")
            into = dice.sample(self.intakes, dice.choice((1, 1, 2)))
            await asyncio.gather(*(one.submit(self.house.account, [event], b"{}") for one in into))
            self.acknowledged.add(external)
            await asyncio.sleep(dice.uniform(0, 0.3))
            return True

        return write

    def operator(self, me: Actor) -> Callable[[random.Random], Awaitable[bool]]:
        async def act(dice: random.Random) -> bool:
            offers = await self.desk.taking.offers(me)
            if offers and dice.random() < 0.7:
                offer = dice.choice(offers)
                if dice.random() < 0.1:
                    await self.desk.taking.decline(me, offer.id, "no")
                else:
                    await self.desk.taking.accept(me, offer.id)
                return True
            mine = (await self.desk.contacts.page(me, ListQuery(view="mine"))).items
            if not mine:
                return await self._wrap_up(me, dice)
            contact, roll = dice.choice(mine).id, dice.random()
            if roll < 0.5:
                await self._write(me, contact)
            elif roll < 0.6:
                to = dice.choice(self.queues)
                await self.desk.moving.transfer(me, contact, Transfer(to="queue", id=to))
            elif roll < 0.7:
                to = dice.choice(self.operators).employee_id
                await self.desk.moving.transfer(me, contact, Transfer(to="operator", id=to))
            elif roll < 0.75:
                await self.desk.moving.transfer(me, contact, Transfer(to="anyone"))
            elif roll < 0.85:
                soon = self.house.clock.now() + timedelta(seconds=0.2)
                await self.desk.parking.park(me, contact, Park(until=soon))
            else:
                code = dice.choice((self.code, None))
                await self.desk.ending.close(me, contact, Result(result_code_id=code))
            return True

        return act

    async def _write(self, me: Actor, contact: UUID) -> None:
        new = NewMessage(kind="reply", text="yes", client_msg_id=str(new_id()), attachments=[])
        twice = (self.desk.talking.write(me, contact, new) for _ in range(2))
        one, two = await asyncio.gather(*twice)
        assert one == two

    async def _wrap_up(self, me: Actor, dice: random.Random) -> bool:
        rows = await self.desk_database.fetch(
            "SELECT contact_id FROM work WHERE operator_id = $1 AND state = 'wrap_up'",
            me.employee_id,
        )
        if rows:
            result = WrapUp(result_code_id=self.code)
            await self.desk.ending.wrap_up(me, dice.choice(rows)["contact_id"], result)
        return bool(rows)

    def supervisor(self, me: Actor) -> Callable[[random.Random], Awaitable[bool]]:
        async def act(dice: random.Random) -> bool:
            view = dice.choice(("queue", "all"))
            rows = (await self.desk.contacts.page(me, ListQuery(view=view))).items
            if not rows:
                return False
            contact = dice.choice(rows).id
            if view == "queue":
                await self.desk.taking.take(me, contact)
            elif dice.random() < 0.5:
                await self.desk.ending.close(me, contact, Result())
            else:
                to = dice.choice(self.queues)
                await self.desk.moving.transfer(me, contact, Transfer(to="queue", id=to))
            await asyncio.sleep(0.05)
            return True

        return act

    def merger(self, me: Actor) -> Callable[[random.Random], Awaitable[bool]]:
        merges: list[UUID] = []

        async def act(dice: random.Random) -> bool:
            if merges and dice.random() < 0.5:
                await self.clients.undo(me, merges.pop(dice.randrange(len(merges))))
                return True
            rows = await self.desk_database.fetch("SELECT id FROM clients")
            if len(rows) < 2:
                return False
            winner, loser = (row["id"] for row in dice.sample(rows, 2))
            merges.append(await self.clients.merge(me, winner, loser, ""))
            return True

        return act

    async def run(self) -> None:
        """All parties until the time is over; the first error of any ends it."""
        chief = self.chief
        async with asyncio.TaskGroup() as group:
            for number in range(VISITORS):
                group.create_task(self.party(f"visitors {number}", self.visitor(number)))
            for number, me in enumerate(self.operators):
                group.create_task(self.party(f"operator{number}", self.operator(me)))
            group.create_task(self.party("supervisor", self.supervisor(chief)))
            for number in range(2):
                group.create_task(self.party(f"merger{number}", self.merger(chief)))
            try:
                for _ in range(WINDOWS):
                    before = self.progress.copy()
                    await asyncio.sleep(SECONDS / WINDOWS)
                    await eventually(lambda: not self.stand_still(before), every=0.05)  # noqa: B023 - awaited here
            except AssertionError as error:
                raise AssertionError(f"stand still: {self.stand_still(before)}") from error
            finally:
                self.over = True

    def stand_still(self, before: Counter[str]) -> list[str]:
        """The parties that have got nothing done since."""
        return [name for name, done in self.progress.items() if done == before[name]]


@pytest.fixture
async def crowd(database_url: str, hints: LocalHints) -> AsyncIterator[Crowd]:
    """The standing parts at work: intakes, router, sender."""
    clock = SystemClock()
    async with AsyncExitStack() as exits:
        house = await doors.House.build(database_url, hints, clock)
        exits.push_async_callback(house.close)
        others = []
        for _ in range(3):
            database = await Database.connect(database_url, hints=hints)
            exits.push_async_callback(database.close)
            others.append(database)
        crowd = Crowd(house, others, random.randrange(2**32))
        print(f"seed {crowd.seed}")
        await crowd.furnish()
        tasks = [
            asyncio.create_task(crowd.intakes[1].run()),
            asyncio.create_task(Dispatcher(others[2], hints, clock, "router").run()),
            asyncio.create_task(
                Sender(
                    others[2],
                    hints,
                    clock,
                    accounts=crowd.accounts,
                    files=fake_channel.NoFiles(),
                    node="node",
                ).run()
            ),
        ]
        yield crowd
        for task in tasks:
            task.cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(isinstance(one, asyncio.CancelledError) for one in ended), ended
        assert await faults(house.database) == []


@pytest.mark.timeout(SECONDS + WINDOWS * PATIENCE + 60)
async def test_everybody_works_on_the_same_rows_without_a_deadlock_and_gets_on(
    crowd: Crowd,
) -> None:
    await crowd.run()
    db = crowd.house.database
    stored = await db.fetch(
        "SELECT external_id, count(*) AS n FROM messages WHERE kind = 'inbound' GROUP BY 1"
    )
    assert {row["external_id"]: row["n"] for row in stored} == dict.fromkeys(crowd.acknowledged, 1)
    assert await crowd.house.count("quarantine") == 0
    answered: Any = await db.fetchval("SELECT count(*) FROM offers WHERE state = 'accepted'")
    assert answered > 0
    deadlocks = await db.fetchval(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"
    )
    assert deadlocks == 0
