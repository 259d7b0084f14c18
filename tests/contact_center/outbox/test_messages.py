"""Undo, retry and resolve: who may, and what is told when it is too late."""

from __future__ import annotations

import pytest

from contact_center.access.model import Actor
from contact_center.access.policy import ROLE_PERMISSIONS
from contact_center.kernel.errors import Conflict, NotFound
from contact_center.kernel.ids import new_id
from contact_center.outbox.messages import Messages
from tests.contact_center.outbox.conftest import World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel


def actor(world: World, *, foreign: bool = False) -> Actor:
    queues = frozenset() if foreign else frozenset({world.queue})
    return Actor(new_id(), "operator", "Olga", ROLE_PERMISSIONS["operator"], queues=queues)


async def test_undo_takes_back_what_is_held_and_the_client_waits_again(world: World) -> None:
    account, channel = await world.account()
    contact = await world.contact(account)
    await world.database.execute(
        "INSERT INTO messages (id, contact_id, seq, kind, text) "
        "VALUES ($1, $2, 1, 'inbound', 'hi')",
        new_id(), contact,
    )  # fmt: skip
    await world.database.execute("UPDATE contacts SET last_seq = 1 WHERE id = $1", contact)
    message = await world.write(account, "oops", hold=60)
    await world.database.execute(
        "UPDATE contacts SET awaiting = 'client', last_text = 'oops', first_reply_at = now()"
    )
    row = await Messages(world.database).undo(actor(world), message)
    assert row["state"] == "cancelled"
    after = await world.database.fetchrow("SELECT * FROM contacts WHERE id = $1", contact)
    assert after is not None
    assert (after["last_text"], after["awaiting"], after["first_reply_at"]) == ("hi", "us", None)
    assert after["waiting_since"] is not None
    assert await world.database.fetchval("SELECT deleted_at FROM messages WHERE id = $1", message)
    world.sender()
    follower = await world.write(account, "right")
    await world.until(follower, "sent")
    assert channel.texts() == ["right"]


async def test_undo_after_the_message_left_says_so(world: World) -> None:
    account, _ = await world.account()
    world.sender()
    message = await world.write(account, "hello")
    await world.until(message, "sent")
    with pytest.raises(Conflict) as refused:
        await Messages(world.database).undo(actor(world), message)
    assert refused.value.current == {"state": "sent"}


async def test_a_foreign_message_does_not_exist(world: World) -> None:
    account, _ = await world.account()
    message = await world.write(account, "hello", hold=60)
    messages = Messages(world.database)
    for step in (messages.undo, messages.retry):
        with pytest.raises(NotFound):
            await step(actor(world, foreign=True), message)
    with pytest.raises(NotFound):
        await messages.resolve(actor(world, foreign=True), message, "arrived")
    assert await world.state(message) == "held"


async def test_retry_really_sends_again(world: World) -> None:
    account, channel = await world.account(FakeChannel(faults=[fake.rejected]))
    world.sender()
    message = await world.write(account, "hello")
    await world.until(message, "failed")
    await Messages(world.database).retry(actor(world), message)
    await world.until(message, "sent")
    assert channel.texts() == ["hello"]
    with pytest.raises(Conflict):
        await Messages(world.database).retry(actor(world), message)


async def test_an_uncertain_message_is_settled_by_the_operator(world: World) -> None:
    account, channel = await world.account(FakeChannel(faults=[fake.cut_after, fake.cut_before]))
    world.sender()
    messages = Messages(world.database)
    arrived = await world.write(account, "one", "a")
    await world.until(arrived, "uncertain")
    lost = await world.write(account, "two", "b")
    await world.until(lost, "uncertain")
    row = await messages.resolve(actor(world), arrived, "arrived")
    assert row["state"] == "sent"
    await messages.resolve(actor(world), lost, "send_again")
    await world.until(lost, "sent")
    assert channel.texts() == ["one", "two"]
