"""That somebody writes and that a client was read: told in passing, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from channels.errors import Temporary
from contact_center.kernel.ids import new_id
from contact_center.outbox.signs import AT_ONCE_PER_ACCOUNT, Signs
from tests.contact_center.outbox.conftest import World
from tests.support.fake_channel import FakeAccount, FakeAccounts, FakeChannel
from tests.support.waiting import eventually


@dataclass
class Showing(FakeChannel):
    """A channel that shows both; `gate` holds the calls up."""

    shown: list[Any] = field(default_factory=list)
    gate: asyncio.Event | None = None
    error: Exception | None = None

    async def typing(self, conversation_key: str) -> None:
        await self._show(conversation_key)

    async def read(self, conversation_key: str, external_id: str) -> None:
        await self._show((conversation_key, external_id))

    async def _show(self, what: Any) -> None:
        self.shown.append(what)
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error


class Accounts(FakeAccounts):
    """Accounts that can what they are said to."""

    async def live(self, account_id: UUID) -> FakeAccount:
        return self.by_id[account_id]


@dataclass
class Desk:
    """An operator with contacts on a channel that shows signs."""

    world: World
    signs: Signs
    channel: Showing
    account: UUID
    operator: UUID

    async def contact(self, key: str = "anna", messages: int = 1) -> UUID:
        """A contact of the operator with messages of the client."""
        contact = await self.world.contact(self.account, key)
        await self.world.database.execute(
            "UPDATE contacts SET operator_id = $2 WHERE id = $1", contact, self.operator
        )
        await self.world.database.execute(
            "INSERT INTO messages (id, contact_id, seq, kind, external_id)"
            " SELECT gen_random_uuid(), $1, n, 'inbound', 'm' || n"
            " FROM generate_series(1, $2) AS n",
            contact, messages,
        )  # fmt: skip
        return contact

    async def reads(self, contact: UUID, seq: int, reader: UUID | None = None) -> None:
        await self.world.database.execute(
            "INSERT INTO contact_reads (contact_id, reader, seq) VALUES ($1, $2, $3)"
            " ON CONFLICT (contact_id, reader) DO UPDATE SET seq = excluded.seq",
            contact, str(reader or self.operator), seq,
        )  # fmt: skip
        self.signs.seen(contact, reader or self.operator)

    def count(self, name: str) -> float:
        return self.signs.numbers()[f"outbox_signs_{name}"]

    async def rest(self) -> None:
        """Until nothing is under way."""
        await eventually(lambda: not self.signs._tasks)


@pytest.fixture
async def desk(world: World) -> AsyncIterator[Desk]:
    world.accounts, channel = Accounts(), Showing()
    account, _ = await world.account(channel)
    known = world.accounts.by_id[account]
    known.capabilities = replace(known.capabilities, typing=True, marks_read=True)
    operator = new_id()
    await world.database.execute(
        "INSERT INTO employees (id, email, name, role) VALUES ($1, 'o@x.example', 'O', 'operator')",
        operator,
    )
    signs = Signs(world.database, world.accounts)
    yield Desk(world, signs, channel, account, operator)
    await signs.close()


async def test_typing_is_told_at_once_and_not_again_for_some_seconds(desk: Desk) -> None:
    contact = await desk.contact()
    for _ in range(3):
        desk.signs.typed(contact, desk.operator)
        await desk.rest()
    assert desk.channel.shown == ["anna"]
    assert (desk.count("sent"), desk.count("dropped")) == (1, 0)


async def test_only_who_has_the_contact_is_seen_to_write_and_read(desk: Desk) -> None:
    contact = await desk.contact()
    other = new_id()
    desk.signs.typed(contact, other)
    await desk.reads(contact, 1, reader=other)
    await desk.rest()
    assert desk.channel.shown == []


async def test_the_newest_message_that_was_read_is_told_once(desk: Desk) -> None:
    contact = await desk.contact(messages=5)
    desk.channel.gate = asyncio.Event()
    await desk.reads(contact, 2)
    await eventually(lambda: desk.channel.shown == [("anna", "m2")])
    for seq in (3, 4, 4):
        await desk.reads(contact, seq)
    desk.channel.gate.set()
    await desk.rest()
    assert desk.channel.shown == [("anna", "m2"), ("anna", "m4")]


async def test_a_channel_that_cannot_is_not_asked(desk: Desk) -> None:
    known = desk.world.accounts.by_id[desk.account]
    known.capabilities = replace(known.capabilities, typing=False, marks_read=False)
    contact = await desk.contact()
    desk.signs.typed(contact, desk.operator)
    await desk.reads(contact, 1)
    await desk.rest()
    assert desk.channel.shown == []


async def test_a_provider_that_hangs_holds_up_few_and_the_rest_is_dropped(desk: Desk) -> None:
    desk.channel.gate = asyncio.Event()
    contacts = [await desk.contact(f"k{number}") for number in range(AT_ONCE_PER_ACCOUNT + 3)]
    for contact in contacts:
        desk.signs.typed(contact, desk.operator)
    await eventually(lambda: desk.count("dropped") == 3)
    assert len(desk.channel.shown) == AT_ONCE_PER_ACCOUNT
    desk.channel.gate.set()
    await desk.rest()
    assert desk.count("sent") == AT_ONCE_PER_ACCOUNT


async def test_a_provider_that_wants_no_more_is_left_alone_for_as_long_as_it_says(
    desk: Desk,
) -> None:
    desk.channel.error = Temporary("slow down", retry_after=600)
    for key in ("anna", "boris"):
        desk.signs.typed(await desk.contact(key), desk.operator)
        await desk.rest()
    assert desk.channel.shown == ["anna"]
    assert (desk.count("failed"), desk.count("dropped")) == (1, 1)
