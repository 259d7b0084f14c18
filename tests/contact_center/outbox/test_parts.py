"""A text that leaves in several parts: all of it arrives, once, and the worst part counts."""

from __future__ import annotations

import asyncio
import itertools
from uuid import UUID

import pytest

from channels.messages import Outbound, Receipt
from contact_center.outbox import store
from contact_center.outbox.model import Limits
from tests.contact_center.outbox.conftest import World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel, Fault

PARTS = ["one two", "three four", "five six"]
TEXT = " ".join(PARTS)
PATIENT = Limits(send_timeout=20)


async def three_parts(
    world: World, channel: FakeChannel | None = None, limits: Limits = PATIENT
) -> tuple[UUID, FakeChannel, UUID]:
    account, channel = await world.account(channel, text_limit=10)
    message = await world.write(account, TEXT)
    world.sender(limits)
    return account, channel, message


async def sent(world: World, channel: FakeChannel | None = None) -> tuple[UUID, FakeChannel, UUID]:
    account, channel, message = await three_parts(world, channel)
    await world.until(message, "sent")
    return account, channel, message


async def test_news_of_the_first_part_leave_the_second_on_the_wire_alone(world: World) -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    async def arrive(_message: Outbound, provider_id: str) -> None:
        if provider_id == "p1":
            reached.set()
            await go.wait()

    account, channel, message = await three_parts(world, FakeChannel(on_arrival=arrive))
    async with asyncio.timeout(60):
        await reached.wait()
    await world.receipt(account, "p0", "delivered", own=channel.asked[0].id)
    assert await world.state(message) == "sending"
    go.set()
    await world.until(message, "sent")
    assert channel.texts() == PARTS


@pytest.mark.parametrize("lost", [0, 1, 2])
@pytest.mark.parametrize("when", ["on the wire", "uncertain"])
async def test_news_of_a_part_whose_answer_was_lost_let_the_next_one_go(
    world: World, lost: int, when: str
) -> None:
    told = asyncio.Event()

    async def arrive(message: Outbound, provider_id: str) -> None:
        if provider_id == f"p{lost}" and when == "on the wire":
            await world.receipt(account, provider_id, "delivered", own=message.id)
            told.set()

    faults: list[Fault] = [*[fake.accept] * lost, fake.cut_after]
    account, channel, message = await three_parts(
        world, FakeChannel(faults=faults, on_arrival=arrive), Limits(uncertain_hold=0.5)
    )
    if when == "uncertain":
        await world.until(message, "uncertain")
        await world.receipt(account, f"p{lost}", "delivered", own=channel.asked[lost].id)
        world.hints.ring(store.topic(account))
    await world.until(message, "sent", "delivered")
    assert channel.texts() == PARTS
    for number in range(3):
        await world.receipt(account, f"p{number}", "delivered")
    assert await world.state(message) == "delivered"
    names = await world.database.fetch("SELECT name FROM message_names ORDER BY name")
    assert {row["name"] for row in names} | {(await world.row(message))["provider_id"]} == {
        "p0", "p1", "p2",
    }  # fmt: skip


async def test_the_worst_part_says_what_became_of_the_text_in_any_order(world: World) -> None:
    account, _ = await world.account(text_limit=10)
    world.sender()
    fates = [("failed", "blocked"), ("delivered", None), ("read", None)]
    for at, order in enumerate(itertools.permutations(range(3))):
        message = await world.write(account, TEXT)
        await world.until(message, "sent")
        for number in order:
            status, reason = fates[number]
            await world.receipt(account, f"p{3 * at + number}", status, reason=reason)
        row = await world.row(message)
        assert (row["state"], row["error_text"]) == ("failed", "blocked")


async def test_a_text_is_delivered_when_all_of_it_is(world: World) -> None:
    account, channel, message = await sent(world)
    for number, after in enumerate(["sent", "sent", "delivered"]):
        own = channel.asked[number].id
        await world.receipt(account, f"p{number}", "delivered", own=own)
        assert await world.state(message) == after


async def test_news_that_come_while_parts_are_left_count_in_the_end(world: World) -> None:
    async def arrive(_message: Outbound, provider_id: str) -> None:
        if provider_id != "p0":
            earlier = f"p{int(provider_id[1:]) - 1}"
            await world.receipt(account, earlier, "failed", reason="blocked")

    account, channel, message = await three_parts(world, FakeChannel(on_arrival=arrive))
    await world.until(message, "failed")
    assert channel.texts() == PARTS


async def test_of_what_a_channel_made_of_one_message_the_worst_counts_too(world: World) -> None:
    async def album(channel: FakeChannel, message: Outbound) -> Receipt:
        return Receipt(await channel.take(message), aliases=("second", "third"))

    account, _ = await world.account(FakeChannel(faults=[album]))
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "sent")
    await world.receipt(account, "p0", "delivered")
    await world.receipt(account, "second", "failed", reason="blocked")
    assert await world.state(message) == "failed"


async def test_who_has_read_the_last_part_has_read_all(world: World) -> None:
    account, _, message = await sent(world)
    await world.receipt(account, "p2", "read", up_to=True)
    assert await world.state(message) == "read"


async def again(world: World, account: UUID, message: UUID) -> None:
    """The operator's button."""
    rows = await world.database.run(
        lambda unit: store.change(unit, store.AGAIN, message, "failed", True)
    )
    assert rows
    world.hints.ring(store.topic(account))


@pytest.mark.parametrize("lost", [(0,), (2,), (0, 2), (0, 1, 2)])
async def test_only_the_parts_that_were_lost_are_sent_again(
    world: World, lost: tuple[int, ...]
) -> None:
    account, channel, message = await sent(world)
    for part in range(3):
        status = "failed" if part in lost else "delivered"
        await world.receipt(account, f"p{part}", status, own=channel.asked[part].id)
    assert await world.state(message) == "failed"
    await again(world, account, message)
    await world.until(message, "sent")
    assert channel.texts() == [*PARTS, *(PARTS[part] for part in lost)]
    await world.receipt(account, f"p{lost[0]}", "failed")
    assert await world.state(message) == "sent", "that was of the former attempt"
    for number in range(len(lost)):
        asked = channel.asked[3 + number]
        await world.receipt(account, f"p{3 + number}", "delivered", own=asked.id)
    assert await world.state(message) == "delivered"
    named = await world.database.fetch("SELECT name FROM message_names")
    assert ("p2" in {row["name"] for row in named}) == (2 not in lost)


async def test_a_part_that_is_lost_twice_is_sent_a_third_time_alone(world: World) -> None:
    account, channel, message = await sent(world)
    await world.receipt(account, "p1", "failed")
    for number in (3, 4):
        await again(world, account, message)
        await world.until(message, "sent")
        await world.receipt(account, f"p{number}", "failed")
    assert channel.texts() == [*PARTS, PARTS[1], PARTS[1]]


async def test_what_was_refused_behind_a_part_goes_on_from_there(world: World) -> None:
    faults: list[Fault] = [fake.accept, fake.rejected]
    account, channel, message = await three_parts(world, FakeChannel(faults=faults))
    await world.until(message, "failed")
    await again(world, account, message)
    await world.until(message, "sent")
    assert channel.texts() == PARTS


async def test_news_of_a_former_attempt_do_not_settle_the_one_on_the_wire(world: World) -> None:
    reached, go = asyncio.Event(), asyncio.Event()

    async def slowly(channel: FakeChannel, message: Outbound) -> Receipt:
        reached.set()
        await go.wait()
        return await fake.accept(channel, message)

    account, channel = await world.account(FakeChannel(faults=[fake.accept, slowly]))
    message = await world.write(account, "hello")
    world.sender(PATIENT)
    await world.until(message, "sent")
    await world.receipt(account, "p0", "failed", own=channel.asked[0].id)
    await again(world, account, message)
    async with asyncio.timeout(60):
        await reached.wait()
    await world.receipt(account, "p0", "failed", own=channel.asked[0].id)
    assert await world.state(message) == "sending"
    go.set()
    await world.until(message, "sent")


@pytest.mark.parametrize("lost", [0, 1, 2])
async def test_who_says_that_a_part_arrived_lets_the_next_one_go(world: World, lost: int) -> None:
    faults: list[Fault] = [*[fake.accept] * lost, fake.cut_after]
    _, channel, message = await three_parts(world, FakeChannel(faults=faults))
    await world.until(message, "uncertain")
    await world.database.run(lambda unit: store.change(unit, store.ARRIVED, message))
    await world.until(message, "sent")
    assert channel.texts() == PARTS
