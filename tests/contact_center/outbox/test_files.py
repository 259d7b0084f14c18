"""Files take their time to leave: nobody takes the message away meanwhile, nobody else waits."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from channels.contract import Capabilities
from channels.messages import Outbound, OutboundFile, Receipt
from contact_center.kernel.ids import new_id
from tests.contact_center.outbox.conftest import QUICK, World
from tests.support.fake_channel import FakeChannel

LIMITS = replace(QUICK, lease_ttl=0.6, file_seconds=0.0)
SIZE = LIMITS.slowest * 20  # may take twenty seconds more than a text
SLOW = 1.5  # longer than a text, its claim and the lease of its account last


class Shelf:
    """Files of one size, and for whom they were asked."""

    def __init__(self) -> None:
        self.asked: list[Capabilities] = []

    async def outbound(self, ids: Sequence[UUID], can: Capabilities) -> tuple[OutboundFile, ...]:
        self.asked.append(can)
        return tuple(OutboundFile("file", "a.pdf", "application/pdf", SIZE, "/a") for _ in ids)


async def slowly(channel: FakeChannel, message: Outbound) -> Receipt:
    await asyncio.sleep(SLOW)
    return Receipt(await channel.take(message))


async def upload(world: World) -> UUID:
    file_id = new_id()
    await world.database.execute(
        "INSERT INTO attachments (id, size, state) VALUES ($1, $2, 'stored')", file_id, SIZE
    )
    return file_id


async def test_a_large_file_has_time_and_two_senders_send_it_once(world: World) -> None:
    others_went = asyncio.Event()

    async def very_slowly(channel: FakeChannel, message: Outbound) -> Receipt:
        await others_went.wait()
        return await slowly(channel, message)

    account, channel = await world.account(FakeChannel(faults=[very_slowly]))
    other, quick = await world.account()
    message = await world.write(account, "", attachments=[str(await upload(world))])
    shelf = Shelf()
    for node in ("n1", "n2"):
        world.sender(LIMITS, files=shelf, node=node)
    await world.until(message, "sending")
    text = await world.write(other, "hello")
    await world.until(text, "sent")
    assert await world.state(message) == "sending"
    others_went.set()
    await world.until(message, "sent")
    assert (len(channel.asked), len(quick.arrived)) == (1, 1)
    assert [one.attachments for one in shelf.asked] == [{"file": 10_000_000, "image": 10_000_000}]


async def test_a_text_has_no_more_time_than_before(world: World) -> None:
    account, _ = await world.account(FakeChannel(faults=[slowly]))
    message = await world.write(account, "hello")
    world.sender(LIMITS)
    await world.until(message, "uncertain")
