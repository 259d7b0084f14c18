"""Changes of what was written: in place while it is here, else in the line behind it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

import pytest

from channels.errors import Rejected, Temporary
from channels.messages import Outbound
from contact_center.kernel.errors import Conflict, Invalid
from contact_center.outbox import acts, store
from contact_center.outbox.model import Act
from tests.contact_center.outbox.conftest import QUICK, World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel, Fault
from tests.support.waiting import eventually


@dataclass
class Changing(FakeChannel):
    """A channel whose messages can be changed; `shown` is what the client sees by their names."""

    shown: dict[str, str] = field(default_factory=dict)
    done: list[tuple[str, str]] = field(default_factory=list)
    trouble: list[Exception] = field(default_factory=list)
    held: Callable[[], Awaitable[None]] | None = None

    async def take(self, message: Outbound) -> str:
        name = await super().take(message)
        self.shown[name] = message.text
        return name

    async def edit(self, provider_id: str, message: Outbound) -> None:
        await self._do("edit", provider_id)
        self.shown[provider_id] = message.text

    async def delete(self, conversation_key: str, provider_id: str) -> None:
        await self._do("delete", provider_id)
        self.shown.pop(provider_id, None)

    async def _do(self, act: str, name: str) -> None:
        self.done.append((act, name))
        if self.held is not None:
            await self.held()
        if self.trouble:
            raise self.trouble.pop(0)


async def change(world: World, message: UUID, act: Act, text: str = "") -> None:
    contact = await world.database.fetchval(
        "SELECT contact_id FROM messages WHERE id = $1", message
    )

    async def step(unit: Any) -> None:
        await unit.lock("contacts", [contact], "id")
        await acts.change(unit, message, act, "system", text)

    await world.database.run(step)


async def settled(world: World, message: UUID) -> dict[str, Any]:
    """The newest change of a message, once nothing of it waits."""

    async def ended() -> Any:
        row = await world.database.fetchrow(
            "SELECT * FROM outbox WHERE message_id = $1 AND act <> 'send'"
            " ORDER BY seq DESC LIMIT 1",
            message,
        )
        return dict(row) if row and row["state"] not in ("pending", "sending") else None

    found: dict[str, Any] = await eventually(ended)
    return found


async def text_of(world: World, message: UUID) -> Any:
    return await world.database.fetchval("SELECT text FROM messages WHERE id = $1", message)


async def sent(world: World) -> tuple[Changing, UUID]:
    account, channel = await world.account(Changing())
    assert isinstance(channel, Changing)
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "sent")
    return channel, message


async def test_what_is_held_is_changed_where_it_stands_and_leaves_changed(world: World) -> None:
    account, channel = await world.account(Changing())
    message = await world.write(account, "helo", hold=60)
    await change(world, message, "edit", "hello")
    assert await text_of(world, message) == "hello"
    await world.database.execute("UPDATE outbox SET hold_until = now(), due_at = now()")
    world.sender()
    await world.until(message, "sent")
    assert channel.texts() == ["hello"]


async def test_what_has_not_left_is_deleted_and_never_leaves(world: World) -> None:
    account, channel = await world.account(Changing())
    message = await world.write(account, "oops", hold=60)
    await change(world, message, "delete")
    assert await world.state(message) == "cancelled"
    follower = await world.write(account, "next")
    world.sender()
    await world.until(follower, "sent")
    assert channel.texts() == ["next"]


async def test_changes_wait_in_the_line_and_only_the_last_of_them_is_made(world: World) -> None:
    account, channel = await world.account(Changing())
    message = await world.write(account, "one")
    sender = world.sender()
    await world.until(message, "sent")
    await world.stop(sender)
    for text in ("two", "three"):
        await change(world, message, "edit", text)
    assert await text_of(world, message) == "one"
    world.sender()
    assert (await settled(world, message))["state"] == "sent"
    assert isinstance(channel, Changing)
    assert (channel.done, channel.shown) == ([("edit", "p0")], {"p0": "three"})
    assert await text_of(world, message) == "three"


async def test_what_was_asked_on_the_wire_gives_way_to_what_was_asked_after_it_came_back(
    world: World,
) -> None:
    account, channel = await world.account(Changing())
    message = await world.write(account, "one")
    await world.database.execute("UPDATE outbox SET state = 'sending'")
    await change(world, message, "edit", "two")
    await world.database.execute("UPDATE outbox SET state = 'pending' WHERE act = 'send'")
    await change(world, message, "edit", "three")
    assert (await settled(world, message))["state"] == "cancelled"
    world.sender()
    assert isinstance(channel, Changing)
    await eventually(lambda: channel.shown)
    assert (channel.done, channel.shown) == ([], {"p0": "three"})
    assert await text_of(world, message) == "three"


async def test_a_list_shows_nothing_of_a_contact_whose_only_message_was_deleted(
    world: World,
) -> None:
    account, _ = await world.account(Changing())
    message = await world.write(account, "oops", hold=60)
    await world.database.execute("UPDATE contacts SET last_text = 'oops'")
    await change(world, message, "delete")
    assert await world.database.fetchval("SELECT last_text FROM contacts") == ""


@pytest.mark.parametrize("act", ["edit", "delete"])
async def test_a_sender_killed_in_between_leaves_it_to_be_done_again(
    world: World, act: Act
) -> None:
    account, channel = await world.account(Changing())
    assert isinstance(channel, Changing)
    message = await world.write(account, "hello")
    kill = await world.mortal(QUICK, "n1")
    await world.until(message, "sent")
    reached = asyncio.Event()

    async def hang() -> None:
        channel.held = None
        reached.set()
        await asyncio.sleep(3600)

    channel.held = hang
    await change(world, message, act, "bye" if act == "edit" else "")
    await eventually(reached.is_set)
    kill()
    world.sender(node="n2")
    assert (await settled(world, message))["state"] == "sent"
    assert channel.done == [(act, "p0")] * 2
    assert channel.shown == ({"p0": "bye"} if act == "edit" else {})
    assert len(channel.arrived) == 1


async def test_what_is_not_possible_now_is_done_later_and_what_never_is_fails(
    world: World,
) -> None:
    channel, message = await sent(world)
    channel.trouble = [Temporary("busy")]
    await change(world, message, "edit", "bye")
    assert (await settled(world, message))["state"] == "sent"
    channel.trouble = [Rejected("too late")]
    await change(world, message, "delete")
    row = await settled(world, message)
    assert (row["state"], row["error_text"]) == ("failed", "too late")
    assert await world.database.fetchval("SELECT deleted_at FROM messages") is None
    assert await world.database.fetchval(
        "SELECT state FROM outbox WHERE act = 'send'"
    ) == "sent"  # fmt: skip


async def test_a_receipt_of_a_later_message_leaves_changes_alone(world: World) -> None:
    channel, message = await sent(world)
    await change(world, message, "edit", "bye")
    await settled(world, message)
    account = await world.database.fetchval("SELECT account_id FROM outbox LIMIT 1")
    follower = await world.write(account, "next")
    await world.until(follower, "sent")
    await world.receipt(account, "p1", "read", up_to=True)
    rows = await world.database.fetch("SELECT act, state FROM outbox ORDER BY seq")
    assert [tuple(row) for row in rows] == [("send", "read"), ("edit", "sent"), ("send", "read")]
    assert len(channel.arrived) == 2


async def test_of_what_left_in_parts_all_are_deleted_and_none_is_changed(world: World) -> None:
    account, channel = await world.account(Changing(), text_limit=10)
    message = await world.write(account, "one two three four")
    world.sender()
    await world.until(message, "sent")
    assert len(channel.arrived) > 1
    with pytest.raises(Invalid):
        await change(world, message, "edit", "short")
    await change(world, message, "delete")
    assert (await settled(world, message))["state"] == "sent"
    assert isinstance(channel, Changing)
    assert channel.shown == {}


async def test_what_may_have_left_is_settled_before_it_is_changed(world: World) -> None:
    account, _ = await world.account(Changing(faults=[fake.cut_after]))
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "uncertain")
    with pytest.raises(Conflict) as refused:
        await change(world, message, "edit", "bye")
    assert refused.value.current == {"state": "uncertain"}


async def test_what_surely_arrived_of_an_uncertain_message_is_deleted_with_it(world: World) -> None:
    faults: list[Fault] = [fake.accept, fake.cut_before]
    account, channel = await world.account(Changing(faults=faults), text_limit=10)
    message = await world.write(account, "one two three four")
    world.sender()
    await world.until(message, "uncertain")
    await world.database.run(lambda unit: store.change(unit, store.ARRIVED, message))
    await change(world, message, "delete")
    assert (await settled(world, message))["state"] == "sent"
    assert isinstance(channel, Changing)
    assert (channel.done, channel.shown) == ([("delete", "p0")], {})


async def test_of_what_arrived_in_part_the_parts_are_deleted(world: World) -> None:
    faults: list[Fault] = [fake.accept, fake.rejected]
    account, channel = await world.account(Changing(faults=faults), text_limit=10)
    message = await world.write(account, "one two three four")
    world.sender()
    await world.until(message, "failed")
    told = (await world.row(message))["error_text"]
    assert told == "1 of 2 parts arrived, then: the recipient has blocked us"
    with pytest.raises(Invalid):
        await change(world, message, "edit", "bye")
    await change(world, message, "delete")
    assert (await settled(world, message))["state"] == "sent"
    assert isinstance(channel, Changing)
    assert (channel.done, channel.shown) == ([("delete", "p0")], {})
    assert await world.database.fetchval("SELECT deleted_at FROM messages") is not None
    kept = "SELECT state FROM outbox WHERE act = 'send'"
    assert await world.database.fetchval(kept) == "cancelled"  # and is not sent again


class Torn(Changing):
    """Says in two calls what has a text."""

    def split(self, message: Outbound) -> list[Outbound]:
        return [message, replace(message, text="")]


async def test_where_one_of_several_parts_bears_the_text_that_one_is_changed(world: World) -> None:
    account, channel = await world.account(Torn())
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "sent")
    await change(world, message, "edit", "bye")
    await settled(world, message)
    await change(world, message, "delete")
    await settled(world, message)
    assert isinstance(channel, Torn)
    assert channel.done == [("edit", "p0"), ("delete", "p0"), ("delete", "p1")]
