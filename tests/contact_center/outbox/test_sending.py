"""Every send ends in one visible state, and what is written to one conversation leaves in order."""

from __future__ import annotations

import asyncio
import os
import random
from dataclasses import replace
from uuid import UUID

import pytest

from channels.contract import RateLimit
from channels.errors import LoginRefused
from channels.messages import Outbound, Receipt
from contact_center.kernel.background import Background
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.hints import LocalHints
from contact_center.outbox import pace, store
from contact_center.outbox.model import Limits
from contact_center.outbox.service import Sender
from contact_center.storage.database import Database
from contact_center.storage.following import Follower
from tests.contact_center.outbox.conftest import QUICK, World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel, NoFiles
from tests.support.waiting import eventually

SOAK = os.environ.get("CC_SOAK") == "1"


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
    await world.until(later, "sent", seconds=30)
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
    await world.until(message, "sent", seconds=30)
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


async def test_a_dead_account_does_not_delay_another(world: World) -> None:
    dead, _ = await world.account(FakeChannel(choose=lambda _message: fake.silent_before))
    alive, channel = await world.account()
    world.sender(Limits(send_timeout=2, concurrency=2))
    for number in range(10):
        await world.write(dead, "x", f"d{number}")
    await eventually(lambda: len(world.accounts.by_id[dead].channel.asked) == 2)
    message = await world.write(alive, "hello")
    await world.until(message, "sent")
    assert channel.texts() == ["hello"]
    assert {m.text for m in world.accounts.by_id[dead].channel.asked} == {"x"}


async def test_a_misconfigured_account_rests_and_reports(world: World) -> None:
    account, channel = await world.account(FakeChannel(choose=lambda _m: fake.misconfigured))
    message = await world.write(account, "hello")
    await world.write(account, "hello", "boris")
    world.sender()
    await eventually(lambda: world.accounts.reports)
    assert world.accounts.reports[-1][1:] == ("red", "the token was revoked")
    await asyncio.sleep(0.3)
    assert len(channel.asked) <= 2
    assert await world.state(message) == "pending"


async def test_a_refused_login_is_never_tried_again_with_the_same_settings(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pace, "BROKEN_REST", 0.05)
    monkeypatch.setattr(pace, "LONGEST_BROKEN_REST", 0.05)
    account, channel = await world.account(FakeChannel(choose=lambda _m: fake.login_refused))
    other, ill = await world.account(FakeChannel(choose=lambda _m: fake.misconfigured))
    message = await world.write(account, "hello")
    await world.write(other, "hello")
    world.sender()
    await eventually(lambda: len(ill.asked) > 2)  # what may pass is tried on
    await world.write(account, "hello", "boris")
    await asyncio.sleep(0.5)
    assert len(channel.asked) == 1
    row = await world.row(message)
    assert (row["state"], row["error_text"]) == ("pending", "535 wrong password")
    assert (account, "red", "535 wrong password") in world.accounts.reports
    cured = world.accounts.add(account, FakeChannel())  # as other settings make it
    await world.until(message, "sent")
    assert sorted(m.conversation_key for m in cured.arrived) == ["anna", "boris"]


async def test_whoever_was_refused_a_login_keeps_other_processes_from_trying(world: World) -> None:
    account, channel = await world.account(FakeChannel(choose=lambda _m: fake.login_refused))
    await world.write(account, "hello")
    world.sender()
    await eventually(lambda: channel.asked)
    world.sender(node="n2")
    await asyncio.sleep(2 * QUICK.lease_ttl)
    assert len(channel.asked) == 1


async def test_a_login_refused_to_former_settings_does_not_stop_the_new_ones(world: World) -> None:
    away = asyncio.Event()

    async def late(_channel: FakeChannel, _message: Outbound) -> Receipt:
        await away.wait()
        raise LoginRefused("535 wrong password")

    account, channel = await world.account(FakeChannel(faults=[late]))
    message = await world.write(account, "hello")
    world.sender(limits=replace(QUICK, send_timeout=5.0))
    await eventually(lambda: channel.asked)
    cured = world.accounts.add(account, FakeChannel())
    await world.until(await world.write(account, "hello", "boris"), "sent")
    away.set()
    await world.until(message, "sent")
    assert len(cured.arrived) == 2


PATIENT = replace(QUICK, send_timeout=5.0, margin=5.0)
BOSS = "boss@client.example"
LETTER = {"to": [{"address": "anna@client.example"}], "cc": [{"address": BOSS}]}


async def test_who_was_refused_for_now_gets_it_later_and_nobody_waits_for_that(
    world: World,
) -> None:
    busy = fake.not_for_now(BOSS)
    account, channel = await world.account(
        FakeChannel(faults=[busy, fake.accept, busy]), letters=True
    )
    message = await world.write(account, "first", letter=LETTER)
    follower = await world.write(account, "second", letter=LETTER)
    world.sender(limits=replace(PATIENT, first_pause=1.0))
    await world.until(follower, "sent")
    row = await world.row(message)
    assert (row["state"], row["error_text"]) == ("pending", f"{BOSS}: 450 busy")
    await world.until(message, "sent")
    assert channel.texts() == ["first", "second", "first", "first"]
    row = await world.row(message)
    assert (row["provider_id"], row["undelivered"], row["error_text"]) == ("p0", {}, None)


async def test_after_the_usual_attempts_it_says_to_whom_a_letter_was_not_delivered(
    world: World,
) -> None:
    account, channel = await world.account(
        FakeChannel(choose=lambda _m: fake.not_for_now(BOSS), faults=[fake.not_accepted]),
        letters=True,
    )
    message = await world.write(account, "hello", letter=LETTER)
    world.sender(limits=PATIENT)
    await world.until(message, "sent", "failed")
    row = await world.row(message)
    assert (row["state"], row["error_kind"]) == ("sent", "partly_refused")
    assert row["undelivered"] == {BOSS: "450 busy"}
    assert len(channel.asked) == 1 + QUICK.attempts


@pytest.mark.parametrize(
    ("end", "words"),
    [(fake.rejected, "the recipient has blocked us"), (fake.not_accepted, "connection refused")],
)
async def test_a_letter_that_others_have_got_does_not_fail_for_one(
    world: World, end: fake.Fault, words: str
) -> None:
    account, _ = await world.account(
        FakeChannel(faults=[fake.not_for_now(BOSS)], choose=lambda _m: end), letters=True
    )
    message = await world.write(account, "hello", letter=LETTER)
    world.sender(limits=PATIENT)
    await world.until(message, "sent", "failed")
    row = await world.row(message)
    assert (row["state"], row["undelivered"]) == ("sent", {BOSS: words})


async def test_whoever_dies_between_leaves_only_those_to_be_sent_to_who_were_refused(
    world: World,
) -> None:
    account, channel = await world.account(
        FakeChannel(faults=[fake.not_for_now(BOSS)]), letters=True
    )
    message = await world.write(account, "hello", letter=LETTER)
    kill = await world.mortal(replace(PATIENT, first_pause=1.0), "n1")

    async def noted() -> object:
        return (await world.row(message))["payload"].get("left")

    assert await eventually(noted) == {BOSS: "450 busy"}
    kill()
    world.sender(node="n2", limits=PATIENT)
    await world.until(message, "sent")
    assert [m.letter.only for m in channel.asked if m.letter] == [(), (BOSS,)]


async def test_a_doubt_about_the_last_recipient_is_sent_again_to_him_alone(world: World) -> None:
    account, _ = await world.account(
        FakeChannel(faults=[fake.not_for_now(BOSS), fake.cut_before]), letters=True
    )
    message = await world.write(account, "hello", letter=LETTER)
    world.sender(limits=replace(PATIENT, uncertain_hold=60.0))
    await world.until(message, "uncertain")
    await world.database.run(
        lambda unit: store.change(unit, store.AGAIN, message, "uncertain", False)
    )
    row = await world.row(message)
    assert (row["payload"]["left"], row["provider_id"]) == ({BOSS: "450 busy"}, "p0")
    await world.until(message, "sent")


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
        await asyncio.sleep(0.5)  # its worker sleeps now, for half a minute if nobody rings
        await elsewhere.write(account, "hello")
        await eventually(lambda: channel.texts() == ["hello"], seconds=5)
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
    due = await store.next_due(world.database, account, 60.0)
    assert due is not None
    assert due <= 0
    assert await store.next_due(world.database, account, 0.0) is None, "it was looked at"


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
    claims = await store.claim(
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
        final[message] = await world.until(message, "sent", "failed", "uncertain", seconds=60)
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
    await eventually(lambda: account in sender._workers)
    await asyncio.sleep(0.2)  # all are asleep
    sender._news.set()
    task.cancel()
    await asyncio.wait([task], timeout=5)
    assert task.cancelled()
