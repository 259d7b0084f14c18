"""A small house with accounts on a fault-injecting channel, and a sender at work."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from functools import partial
from typing import Any
from uuid import UUID

import pytest

from channels.contract import RateLimit
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.hints import LocalHints
from contact_center.kernel.ids import new_id
from contact_center.outbox import store
from contact_center.outbox.model import Files, Klass, Limits
from contact_center.outbox.service import Sender
from contact_center.outbox.worker import AccountWorker
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit
from tests.support.fake_channel import FakeAccounts, FakeChannel, NoFiles
from tests.support.waiting import PATIENCE, eventually

QUICK = Limits(
    send_timeout=0.3,
    margin=1.5,
    uncertain_hold=0.6,
    lease_ttl=2.0,
    attempts=4,
    first_pause=0.1,
)


class World:
    """Accounts, contacts, messages, what became of them, and how often senders have looked."""

    def __init__(self, database: Database, hints: LocalHints) -> None:
        self.database = database
        self.hints = hints
        self.accounts = FakeAccounts()
        self.senders: list[asyncio.Task[None]] = []
        self.turns: Counter[tuple[str, UUID]] = Counter()  # by node and account
        self.dead: list[Database] = []
        self._contacts: dict[tuple[UUID, str], UUID] = {}
        self._seq: dict[UUID, int] = {}

    async def prepare(self) -> None:
        self.brand, self.department, self.queue = new_id(), new_id(), new_id()
        await self.database.execute("INSERT INTO brands (id, name) VALUES ($1, 'b')", self.brand)
        await self.database.execute(
            "INSERT INTO departments (id, name) VALUES ($1, 'd')", self.department
        )
        await self.database.execute(
            "INSERT INTO queues (id, name, department_id) VALUES ($1, 'q', $2)",
            self.queue, self.department,
        )  # fmt: skip

    async def account(
        self,
        channel: FakeChannel | None = None,
        *,
        limits: tuple[RateLimit, ...] = (),
        text_limit: int = 4096,
        letters: bool = False,
    ) -> tuple[UUID, FakeChannel]:
        account_id = new_id()
        await self.database.execute(
            "INSERT INTO accounts "
            "(id, provider, title, medium, brand_id, queue_id, public_key) "
            "VALUES ($1, 'fake', 'fake', 'messenger', $2, $3, $4)",
            account_id, self.brand, self.queue, account_id.hex,
        )  # fmt: skip
        channel = channel or FakeChannel()
        self.accounts.add(
            account_id, channel, limits=limits, text_limit=text_limit, letters=letters
        )
        return account_id, channel

    async def contact(self, account_id: UUID, key: str = "anna") -> UUID:
        if found := self._contacts.get((account_id, key)):
            return found
        client, identity, contact = new_id(), new_id(), new_id()

        async def step(unit: Unit) -> None:
            await unit.execute("INSERT INTO clients (id, name) VALUES ($1, 'Anna')", client)
            await unit.execute(
                "INSERT INTO identities (id, client_id, medium, value) VALUES ($1, $2, 'fake', $3)",
                identity, client, f"{account_id}:{key}",
            )  # fmt: skip
            await unit.execute(
                "INSERT INTO contacts (id, account_id, conversation_key, medium, brand_id, "
                "queue_id, identity_id) VALUES ($1, $2, $3, 'messenger', $4, $5, $6)",
                contact, account_id, key, self.brand, self.queue, identity,
            )  # fmt: skip

        await self.database.run(step)
        self._contacts[account_id, key] = contact
        return contact

    async def write(
        self,
        account_id: UUID,
        text: str,
        key: str = "anna",
        *,
        hold: float = 0.0,
        klass: Klass = "interactive",
        letter: dict[str, Any] | None = None,
        **payload: Any,
    ) -> UUID:
        """An operator's message, in one step with its outbox row; returns the message id."""
        contact, message = await self.contact(account_id, key), new_id()

        async def step(unit: Unit) -> None:
            await unit.lock("contacts", [contact], "id")
            seq = await unit.fetchval(
                "UPDATE contacts SET last_seq = last_seq + 1, version = version + 1 "
                "WHERE id = $1 RETURNING last_seq",
                contact,
            )
            await unit.execute(
                "INSERT INTO messages (id, contact_id, seq, kind, text, data) "
                "VALUES ($1, $2, $3, 'outbound', $4, $5)",
                message, contact, seq, text, {"letter": letter} if letter else {},
            )  # fmt: skip
            await store.enqueue(
                unit, account_id=account_id, conversation_key=key, contact_id=contact,
                message_id=message, klass=klass, payload={"text": text, **payload},
                hold_seconds=hold,
            )  # fmt: skip

        await self.database.run(step)
        return message

    def sender(self, limits: Limits = QUICK, files: Files | None = None, node: str = "n1") -> Any:
        sender = Sender(
            self.database, self.hints, SystemClock(), accounts=self.accounts,
            files=files or NoFiles(), node=node, limits=limits,
        )  # fmt: skip
        task = asyncio.create_task(sender.run())
        self.senders.append(task)
        return task

    async def look(self, account_id: UUID, times: int = 3, node: str = "n1") -> None:
        """Return when the sender of an account, rung, has looked so often at what it may do."""
        for _ in range(times):
            wanted = self.turns[node, account_id] + 1
            self.hints.ring(store.topic(account_id))
            await eventually(partial(self._has_looked, node, account_id, wanted))

    def _has_looked(self, node: str, account_id: UUID, times: int) -> bool:
        return self.turns[node, account_id] >= times

    async def state(self, message_id: UUID) -> str:
        return str(
            await self.database.fetchval(
                "SELECT state FROM outbox WHERE message_id = $1", message_id
            )
        )

    async def row(self, message_id: UUID) -> dict[str, Any]:
        row = await self.database.fetchrow("SELECT * FROM outbox WHERE message_id = $1", message_id)
        assert row is not None
        return dict(row)

    async def until(self, message_id: UUID, *states: str, seconds: float = PATIENCE) -> str:
        async def reached() -> str | None:
            state = await self.state(message_id)
            return state if state in states else None

        return str(await eventually(reached, seconds=seconds))

    async def receipt(self, account_id: UUID, provider_id: str, status: str, **more: Any) -> bool:
        """What intake does with a receipt."""
        return bool(
            await self.database.fetchval(
                "SELECT cc_delivery($1, $2, $3, $4, now(), $5, $6)",
                account_id,
                provider_id,
                status,
                more.get("reason"),
                more.get("up_to", False),
                more.get("own"),
            )
        )

    async def stop(self, task: asyncio.Task[None]) -> None:
        """End a sender in good order."""
        self.senders.remove(task)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    async def mortal(self, limits: Limits, node: str) -> Callable[[], None]:
        """A sender with connections of its own; call the answer to kill it as SIGKILL would:
        whatever it has sent by then, it writes nothing any more."""
        database = await Database.connect(self.database.url, hints=self.hints, size=4)
        sender = Sender(
            database, self.hints, SystemClock(), accounts=self.accounts, files=NoFiles(),
            node=node, limits=limits,
        )  # fmt: skip
        task = asyncio.create_task(sender.run())
        self.senders.append(task)

        def kill() -> None:
            database._pool.terminate()
            task.cancel()

        self.dead.append(database)

        return kill

    async def close(self) -> None:
        for task in self.senders:
            task.cancel()
        await asyncio.gather(*self.senders, return_exceptions=True)
        for database in self.dead:
            await database.close()


@pytest.fixture
async def world(
    database_url: str, hints: LocalHints, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[World]:
    database = await Database.connect(database_url, hints=hints, size=12)
    world = World(database, hints)
    turn = AccountWorker._turn

    async def counted(worker: AccountWorker) -> float:
        try:
            return await turn(worker)
        finally:
            world.turns[worker._node, worker._id] += 1

    monkeypatch.setattr(AccountWorker, "_turn", counted)
    await world.prepare()
    try:
        yield world
    finally:
        await world.close()
        await database.close()
