"""A receipt and its message meet in either order, and a status never goes backwards."""

from __future__ import annotations

import asyncio
import itertools
import os
import random

import pytest

from tests.contact_center.outbox.conftest import World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"
STATUSES = ("sent", "failed", "delivered", "read")


async def test_a_receipt_moves_its_message_and_tells_the_contact(world: World) -> None:
    account, _ = await world.account()
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "sent")
    assert await world.receipt(account, "p0", "delivered")
    assert await world.state(message) == "delivered"
    assert not await world.receipt(account, "p0", "sent")
    assert await world.receipt(account, "p0", "read")
    versions = await world.database.fetch(
        "SELECT version FROM events WHERE kind = 'message.changed' ORDER BY version"
    )
    assert [row["version"] for row in versions] == [3, 4, 5]


async def test_a_receipt_that_comes_before_its_message_waits_for_it(world: World) -> None:
    account, channel = await world.account()

    async def early(_message: object, provider_id: str) -> None:
        await world.receipt(account, provider_id, "delivered")

    channel.on_arrival = early
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "delivered")


async def test_any_order_of_receipts_with_repeats_ends_in_the_same_state(world: World) -> None:
    account, channel = await world.account()
    world.sender()
    orders = [list(order) for order in itertools.permutations(STATUSES)]
    orders += [order[:2] + order for order in orders[:6]]
    messages = [await world.write(account, str(n), f"k{n}") for n in range(len(orders))]
    for message in messages:
        await world.until(message, "sent")
    for message, order in zip(messages, orders, strict=True):
        provider_id = (await world.row(message))["provider_id"]
        for status in order:
            await world.receipt(account, provider_id, status)
    assert {await world.state(message) for message in messages} == {"read"}
    assert len(channel.arrived) == len(orders)


async def test_failed_settles_only_what_was_never_delivered(world: World) -> None:
    account, _ = await world.account()
    world.sender()
    first, second = await world.write(account, "1", "a"), await world.write(account, "2", "b")
    await world.until(first, "sent")
    await world.until(second, "sent")
    one, two = [(await world.row(m))["provider_id"] for m in (first, second)]
    await world.receipt(account, one, "failed", reason="blocked")
    assert (await world.row(first))["error_text"] == "blocked"
    await world.receipt(account, two, "delivered")
    await world.receipt(account, two, "failed", reason="blocked")
    assert await world.state(first) == "failed"
    assert await world.state(second) == "delivered"


async def test_reading_one_message_reads_all_before_it(world: World) -> None:
    account, _ = await world.account()
    world.sender()
    messages = [await world.write(account, str(n)) for n in range(4)]
    for message in messages:
        await world.until(message, "sent")
    third = (await world.row(messages[2]))["provider_id"]
    await world.receipt(account, third, "read", up_to=True)
    assert [await world.state(m) for m in messages] == ["read", "read", "read", "sent"]
    seq = await world.database.fetchval("SELECT seq FROM contact_reads WHERE reader = 'client'")
    assert seq == 3


async def test_an_echo_of_our_own_id_settles_an_uncertain_message(world: World) -> None:
    account, _ = await world.account(FakeChannel(faults=[fake.silent_after]))
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "uncertain")
    own = str((await world.row(message))["id"])
    await world.receipt(account, "wamid.1", "delivered", own=own)
    assert await world.state(message) == "delivered"
    assert not await world.receipt(account, "wamid.2", "read", own="not one of ours")


async def test_news_of_a_former_attempt_pass_the_new_one_by(world: World) -> None:
    from contact_center.outbox import store

    account, channel = await world.account()
    sender = world.sender()
    message = await world.write(account, "hello")
    await world.until(message, "sent")
    await world.receipt(account, "p0", "failed")
    channel.faults = [fake.not_accepted]
    await world.stop(sender)
    await world.database.run(lambda unit: store.change(unit, store.AGAIN, message, "failed", True))
    await world.receipt(account, "p0", "read")
    assert await world.state(message) == "pending"
    world.sender()
    await world.until(message, "sent")
    assert (await world.row(message))["provider_id"] == "p1"


async def race(world: World, rounds: int, seed: int) -> None:
    """Receipts of every kind race the sender's own mark; what the client has seen is not lost."""
    chance = random.Random(seed)
    account, channel = await world.account()
    receipts: list[asyncio.Task[None]] = []

    async def tell(provider_id: str) -> None:
        for status in chance.sample(("sent", "delivered", "read"), 3):
            await asyncio.sleep(chance.random() * chance.choice((0.0, 0.003, 0.01)))
            await world.receipt(account, provider_id, status)

    async def arrive(_message: object, provider_id: str) -> None:
        receipts.append(asyncio.create_task(tell(provider_id)))
        await asyncio.sleep(chance.choice((0.0, 0.0, 0.004)))

    channel.on_arrival = arrive
    world.sender()
    messages = [await world.write(account, str(n), f"k{n % 50}") for n in range(rounds)]
    await eventually(lambda: len(channel.arrived) == rounds, seconds=rounds / 5 + 20)
    await asyncio.gather(*receipts)
    for message in messages:
        await world.until(message, "read")
    lost = await world.database.fetchval("SELECT count(*) FROM deliveries WHERE outbox_id IS NULL")
    assert lost == 0
    repeated = await world.database.fetchval(
        "SELECT count(*) - count(DISTINCT (subject_id, version)) FROM events"
    )
    assert repeated == 0, "every change has a version of its own"


@pytest.mark.timeout(900)
async def test_receipts_race_their_messages_and_none_is_lost(world: World) -> None:
    seed = random.SystemRandom().randrange(10**6)
    print(f"seed {seed}")  # to play it again
    await race(world, 1000 if SOAK else 100, seed=seed)
