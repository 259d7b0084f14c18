"""Every send ends in one visible state, and what is written to one conversation leaves in order."""

from __future__ import annotations

import asyncio
from uuid import UUID

from channels.contract import RateLimit
from channels.messages import Outbound
from contact_center.outbox import store
from contact_center.outbox.model import Limits
from tests.contact_center.outbox.conftest import World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel
from tests.support.waiting import eventually


async def test_a_message_is_sent_and_its_contact_hears_of_it(world: World) -> None:
    account, channel = await world.account()
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "sent")
    assert channel.texts() == ["hello"]
    row = await world.row(message)
    assert row["provider_id"] == "p0"
    event = await world.database.fetchrow(
        "SELECT e.*, c.version AS contact_version, m.version AS message_version FROM events e "
        "JOIN contacts c ON c.id = e.subject_id JOIN messages m ON m.contact_id = c.id "
        "WHERE e.kind = 'message.changed'"
    )
    assert event is not None
    assert event["version"] == event["contact_version"] == 3
    assert event["message_version"] == 2
    assert event["data"]["message_id"] == str(message)
    assert world.accounts.reports[-1][1] == "green"


async def test_messages_of_one_conversation_leave_in_the_order_written(world: World) -> None:
    account, channel = await world.account()
    world.sender()
    for number in range(20):
        await world.write(account, str(number), "anna")
        await world.write(account, str(number), "boris")
    await eventually(lambda: len(channel.arrived) == 40)
    assert channel.texts("anna") == channel.texts("boris") == [str(n) for n in range(20)]


async def test_what_was_not_accepted_is_sent_again(world: World) -> None:
    account, channel = await world.account(FakeChannel(faults=[fake.too_many]))
    message = await world.write(account, "hello")
    later = await world.write(account, "again")
    world.sender()
    await world.until(later, "sent")
    assert await world.state(message) == "sent"
    assert channel.texts() == ["hello", "again"]


async def test_a_message_that_is_never_accepted_fails_and_frees_its_line(world: World) -> None:
    account, channel = await world.account(FakeChannel(faults=[fake.not_accepted]))
    message = await world.write(account, "hello")
    later = await world.write(account, "second")
    world.sender(Limits(attempts=1))
    await world.until(later, "sent")
    row = await world.row(message)
    assert (row["state"], row["error_kind"]) == ("failed", "temporary")
    assert channel.texts() == ["second"]


async def test_a_refused_message_fails_with_the_reason_and_can_be_tried_anew(world: World) -> None:
    account, channel = await world.account(FakeChannel(faults=[fake.rejected]))
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "failed")
    assert "blocked" in (await world.row(message))["error_text"]
    await world.database.run(lambda unit: store.change(unit, store.AGAIN, message, "failed", True))
    await world.until(message, "sent")
    first, second = channel.asked
    assert first.id != second.id, "a provider that dedupes must see a new attempt"


async def test_silence_is_uncertain_and_never_silently_resent(world: World) -> None:
    account, channel = await world.account(FakeChannel(faults=[fake.silent_after]))
    message = await world.write(account, "hello")
    follower = await world.write(account, "second")
    world.sender()
    await world.until(message, "uncertain")
    assert await world.state(follower) == "pending", "the line waits"
    await world.until(follower, "sent")
    assert (await world.row(follower))["payload"]["after_uncertain"] is True
    assert channel.texts() == ["hello", "second"]
    assert await world.state(message) == "uncertain"


async def test_silence_where_the_provider_dedupes_is_resent_with_the_same_key(world: World) -> None:
    account, channel = await world.account(FakeChannel(idempotent=True, faults=[fake.silent_after]))
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "sent")
    assert channel.texts() == ["hello"]
    assert [m.id for m in channel.asked] == [channel.asked[0].id] * 2


async def test_an_unforeseen_error_counts_as_uncertain(world: World) -> None:
    account, _ = await world.account(FakeChannel(faults=[fake.explode]))
    message = await world.write(account, "hello")
    world.sender()
    await world.until(message, "uncertain")


async def test_a_held_message_waits_and_can_be_undone(world: World) -> None:
    account, channel = await world.account()
    world.sender()
    undone = await world.write(account, "oops", hold=30)
    rows = await world.database.run(lambda unit: store.change(unit, store.CANCEL, undone))
    assert len(rows) == 1
    follower = await world.write(account, "right")
    await world.until(follower, "sent")
    assert channel.texts() == ["right"]
    assert await world.state(undone) == "cancelled"


async def test_a_hold_ends_by_itself_and_when_the_operator_goes_on(world: World) -> None:
    account, channel = await world.account()
    world.sender()
    first = await world.write(account, "one", hold=0.2)
    await world.until(first, "sent")
    second = await world.write(account, "two", hold=3600)
    contact = await world.contact(account)
    await world.database.run(lambda unit: store.release_holds(unit, contact))
    await world.until(second, "sent")
    assert channel.texts() == ["one", "two"]


async def test_interactive_goes_before_automatic_and_bulk(world: World) -> None:
    account, channel = await world.account()
    for number in range(5):
        await world.write(account, f"bulk {number}", f"k{number}", klass="bulk")
    await world.write(account, "automatic", "a", klass="automatic")
    await world.write(account, "interactive", "i")
    world.sender(Limits(concurrency=1))
    await eventually(lambda: len(channel.arrived) == 7)
    assert channel.texts()[:2] == ["interactive", "automatic"]


async def test_a_long_text_leaves_in_parts_and_is_one_message(world: World) -> None:
    account, channel = await world.account(text_limit=10)
    message = await world.write(account, "one two three four five")
    later = await world.write(account, "six")
    world.sender()
    await world.until(later, "sent")
    assert " ".join(channel.texts()) == "one two three four five six"
    assert len(channel.arrived) > 3
    assert await world.state(message) == "sent"


async def test_rate_limits_of_account_and_recipient_are_kept(world: World) -> None:
    limits = (RateLimit(3, 0.5), RateLimit(1, 0.4, "recipient"))
    account, channel = await world.account(limits=limits)
    times: list[tuple[float, str]] = []

    async def note(message: Outbound, _provider_id: str) -> None:
        times.append((asyncio.get_running_loop().time(), message.conversation_key))

    channel.on_arrival = note
    for number in range(3):
        for key in ("anna", "boris", "clara"):
            await world.write(account, str(number), key)
    world.sender()
    await eventually(lambda: len(times) == 9)
    for key in ("anna", "boris", "clara"):
        own = [at for at, whose in times if whose == key]
        assert own[2] - own[0] >= 0.7
    # a leaky bucket of 3 in 0.5 s lets 9 pass in no less than a second
    assert times[-1][0] - times[0][0] >= 0.9


async def test_an_answer_to_a_message_names_it_as_the_provider_does(world: World) -> None:
    account, channel = await world.account()
    world.sender()
    first = await world.write(account, "one")
    await world.until(first, "sent")
    second = await world.write(account, "two", reply_to=str(first))
    await world.until(second, "sent")
    assert channel.arrived[1].reply_to == "p0"


async def test_a_missing_file_fails_the_message(world: World) -> None:
    account, channel = await world.account()
    message = await world.write(account, "see", attachments=[str(UUID(int=1))])
    world.sender()
    await world.until(message, "failed")
    assert channel.asked == []
