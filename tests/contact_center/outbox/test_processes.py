"""Several processes share the sending: nothing twice, nothing lost, whoever dies."""

from __future__ import annotations

import asyncio
import os
import random
from uuid import UUID

import pytest

from contact_center.kernel.background import Background
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.hints import LocalHints
from contact_center.outbox import pace, sending, store
from contact_center.outbox.model import Limits
from contact_center.outbox.service import Sender
from contact_center.storage.database import Database
from contact_center.storage.following import Follower
from tests.contact_center.outbox.conftest import QUICK, World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel, NoFiles
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"


async def test_a_message_written_in_another_process_leaves_at_once_without_a_bus(
    world: World, database_url: str
) -> None:
    account, channel = await world.account()
    follower = Follower(world.database, world.hints)
    await follower.open()
    background = Background()
    background.start("log", follower.run)
    world.sender()
    elsewhere = World(await Database.connect(database_url), LocalHints())
    elsewhere.brand, elsewhere.queue = world.brand, world.queue
    try:
        # Its worker sleeps behind its first look, for half a minute if nobody rings.
        await eventually(lambda: world.turns["n1", account])
        await elsewhere.write(account, "hello")
        await eventually(lambda: channel.texts() == ["hello"], seconds=20)
    finally:
        await background.close()
        await elsewhere.database.close()


async def test_two_senders_share_without_doubling(world: World) -> None:
    account, channel = await world.account()
    world.sender(node="n1")
    world.sender(node="n2")
    messages = [await world.write(account, str(n), f"k{n % 5}") for n in range(40)]
    for message in messages:
        await world.until(message, "sent")
    assert sorted(map(int, channel.texts())) == list(range(40))


async def test_an_orphan_is_uncertain_or_resent_with_its_key(world: World) -> None:
    for idempotent, state in ((False, "uncertain"), (True, "sent")):
        account, channel = await world.account(FakeChannel(idempotent=idempotent))
        message = await world.write(account, "hello")
        channel_id = (await world.row(message))["id"]
        await world.database.execute(
            "UPDATE outbox SET state = 'sending', attempts = 1, claim_until = now(), "
            "due_at = now() WHERE id = $1",
            channel_id,
        )
        sender = world.sender()
        await world.until(message, state)
        assert channel.texts() == (["hello"] if idempotent else [])
        await world.stop(sender)


async def test_what_became_due_since_it_was_looked_is_not_slept_over(world: World) -> None:
    account, _ = await world.account()
    await world.write(account, "due by now")
    due = await sending.next_due(world.database, account, 60.0)
    assert due is not None
    assert due <= 0
    assert await sending.next_due(world.database, account, 0.0) is None, "it was looked at"


async def test_what_a_former_holder_was_sending_is_uncertain_at_once_and_its_line_waits(
    world: World,
) -> None:
    account, channel = await world.account()
    message = await world.write(account, "hello")
    follower = await world.write(account, "second")
    row = await world.row(message)
    await world.database.execute(
        "UPDATE outbox SET state = 'sending', attempts = 1, token = 0, "
        "claim_until = now() + interval '1 hour', due_at = now() + interval '1 hour' "
        "WHERE id = $1",
        row["id"],
    )
    world.sender()
    await world.until(message, "uncertain")
    row = await world.row(message)
    assert (row["due_at"] - row["settled_at"]).total_seconds() > 3500, "he may still be sending"
    assert (await world.state(follower), channel.texts()) == ("pending", [])


async def test_a_sender_that_lost_its_lease_claims_nothing(world: World) -> None:
    account, _ = await world.account()
    message = await world.write(account, "hello")
    row = await world.row(message)
    await world.database.execute(
        "INSERT INTO leases (name, holder, token, until) "
        "VALUES ($1, 'another', 7, now() + interval '1 hour')",
        store.topic(account),
    )
    claims = await sending.claim(
        world.database,
        [row["id"]],
        owner="n1",
        token=6,
        lease=store.topic(account),
        limits=QUICK,
    )
    assert claims == []
    assert await world.state(message) == "pending"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("seed", range(1, 41 if SOAK else 4))
async def test_order_holds_under_random_faults_and_kills(
    world: World, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """P5 and P6: nothing twice, nothing lost, each conversation in order, only truth in states."""
    monkeypatch.setattr(pace, "FIRST_REST", 0.05)
    monkeypatch.setattr(pace, "LONGEST_REST", 0.1)
    chance = random.Random(seed)
    faults = [fake.accept] * 12 + [
        fake.not_accepted, fake.too_many, fake.silent_after, fake.silent_before,
        fake.cut_after, fake.cut_before, fake.rejected,
    ]  # fmt: skip
    limits = Limits(
        send_timeout=0.1,
        margin=0.15,
        uncertain_hold=0.3,
        lease_ttl=0.6,
        attempts=1000,
        first_pause=0.05,
    )
    account, channel = await world.account(FakeChannel(choose=lambda _m: chance.choice(faults)))
    messages: dict[UUID, tuple[str, int]] = {}
    kill = await world.mortal(limits, "n")
    for number in range(60):
        key = f"k{number % 3}"
        messages[await world.write(account, str(number), key)] = (key, number)
        if number % 10 == 9:
            await asyncio.sleep(chance.random() / 5)
            kill()
            kill = await world.mortal(limits, f"n{number}")
    final: dict[UUID, str] = {}
    for message in messages:
        final[message] = await world.until(message, "sent", "failed", "uncertain")
    arrived = channel.texts()
    assert len(arrived) == len(set(arrived)), "nothing was sent twice"
    for key in ("k0", "k1", "k2"):
        order = [int(text) for text in channel.texts(key)]
        assert order == sorted(order)
    for message, (_, number) in messages.items():
        if final[message] == "sent":
            assert str(number) in arrived
        if final[message] == "failed":
            assert str(number) not in arrived


async def test_a_sender_ends_though_news_come_in_the_same_moment(world: World) -> None:
    sender = Sender(
        world.database, world.hints, SystemClock(), accounts=world.accounts, files=NoFiles(),
        node="n",
    )  # fmt: skip
    account, _ = await world.account()
    task = asyncio.create_task(sender.run())
    await eventually(lambda: world.turns["n", account])  # it sleeps
    sender._news.set()
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
