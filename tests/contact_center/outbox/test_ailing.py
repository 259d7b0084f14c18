"""An account that cannot send rests, says why, and delays nobody else."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.errors import LoginRefused
from channels.messages import Outbound, Receipt
from contact_center.outbox import pace, store
from contact_center.outbox.model import Limits
from tests.contact_center.outbox.conftest import QUICK, World
from tests.support import fake_channel as fake
from tests.support.fake_channel import FakeChannel
from tests.support.waiting import eventually


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
    await world.look(account)
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
    await world.look(account)
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
    held = "SELECT token, until FROM leases WHERE name = $1"
    first = await world.database.fetchrow(held, store.topic(account))
    assert first is not None
    world.sender(node="n2")
    await world.look(account, node="n2")

    async def outlasted() -> bool:
        now = await world.database.fetchrow(held, store.topic(account))
        assert now is not None
        assert now["token"] == first["token"]
        return bool(now["until"] > first["until"] + timedelta(seconds=QUICK.lease_ttl))

    await eventually(outlasted)
    await world.look(account, node="n2")
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
