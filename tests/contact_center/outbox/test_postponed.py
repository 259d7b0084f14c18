"""A letter that some of its recipients lack goes to these alone, later."""

from __future__ import annotations

from dataclasses import replace

import pytest

from channels.messages import Outbound, Receipt
from contact_center.outbox import store
from tests.contact_center.outbox.conftest import QUICK, World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel
from tests.support.waiting import eventually

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


async def test_a_bounce_of_the_later_letter_names_it_as_its_relay_did(world: World) -> None:
    async def renamed(channel: FakeChannel, message: Outbound) -> Receipt:
        await channel.take(message)
        return Receipt("relayed", aliases=("relayed",))

    account, _ = await world.account(
        FakeChannel(faults=[fake.not_for_now(BOSS), renamed]), letters=True
    )
    message = await world.write(account, "hello", letter=LETTER)
    world.sender(limits=PATIENT)
    await world.until(message, "sent")
    await world.database.execute(
        "SELECT cc_deliveries(ARRAY[$1::uuid], '{relayed}', '{failed}', '{550 nobody}',"
        " ARRAY[now()], NULL, ARRAY[$2])", account, f"to:{BOSS}",
    )  # fmt: skip
    row = await world.row(message)
    assert (row["state"], row["provider_id"]) == ("sent", "p0")
    assert row["undelivered"] == {BOSS: "550 nobody"}


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
