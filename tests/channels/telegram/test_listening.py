"""Polling, the webhook's registration, and files, against the fake over real HTTP."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from channels.contract import Cursor, Health, WebhookRequest, listens
from channels.errors import Misconfigured, Rejected, Temporary
from channels.telegram import polling
from channels.telegram.channel import Telegram
from channels.telegram.reading import ALLOWED
from tests.channels.telegram.conftest import Bot
from tests.channels.telegram.samples import NOW, SECRETS, TOKENS
from tests.support.waiting import eventually


@dataclass
class Listener:
    """The house's side: reads what comes, may lose it once."""

    channel: Telegram
    texts: list[str] = field(default_factory=list)
    cursors: list[Cursor] = field(default_factory=list)
    health: list[tuple[Health, str | None]] = field(default_factory=list)
    failing: bool = False

    async def deliver(self, requests: Sequence[WebhookRequest], cursor: Cursor) -> None:
        if self.failing:
            raise ConnectionError("the database is away")
        for request in requests:
            self.texts += [event.text for event in self.channel.parse(request).events]  # type: ignore[attr-defined]
        self.cursors.append(cursor)

    async def report(self, health: Health, reason: str | None) -> None:
        self.health.append((health, reason))


@contextlib.asynccontextmanager
async def listening(ear: Listener, cursor: Cursor | None = None) -> Any:
    task = asyncio.create_task(ear.channel.listen(cursor, ear))
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await task


async def test_the_offset_moves_with_what_was_stored(bot: Bot) -> None:
    ear = Listener(bot.channel(mode="polling"))
    assert listens(ear.channel)
    await bot.fake.say(text="раз")
    await bot.fake.say(text="два")
    async with listening(ear):
        await eventually(lambda: ear.texts == ["раз", "два"])
        await bot.fake.say(text="три")
        await eventually(lambda: len(ear.texts) == 3)
    assert ear.cursors == [{"offset": 10_002}, {"offset": 10_003}]
    assert ear.health[-1] == ("green", None)


async def test_what_was_not_stored_is_given_again(bot: Bot) -> None:
    ear = Listener(bot.channel(mode="polling"), failing=True)
    await bot.fake.say(text="раз")
    async with listening(ear) as task:
        with pytest.raises(ConnectionError):
            await task
    ear.failing = False
    async with listening(ear):
        await eventually(lambda: ear.texts == ["раз"])


async def test_what_was_stored_is_not_asked_for_again(bot: Bot) -> None:
    await bot.fake.say(text="раз")
    ear = Listener(bot.channel(mode="polling"))
    async with listening(ear, {"offset": 10_001}):
        await bot.fake.say(text="два")
        await eventually(lambda: ear.texts == ["два"])


async def test_a_press_is_answered_once_it_is_stored(bot: Bot) -> None:
    from tests.channels.telegram.conftest import button

    await bot.send(buttons=(button(),))
    query = await bot.fake.press(bot.fake.sent()[0], "yes")
    ear = Listener(bot.channel(mode="polling"))
    async with listening(ear):
        await eventually(lambda: bot.fake.answered == [query])
    assert ear.texts == ["Да"]


async def test_presses_are_answered_some_at_once_and_none_stops_the_next_updates(
    bot: Bot, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.channels.telegram.conftest import button

    together, answered = asyncio.Barrier(3), bot.fake._answered

    async def slowly(given: dict[str, Any]) -> bool:
        await together.wait()  # the fourth waits for two more that never come
        return await answered(given)

    monkeypatch.setattr(bot.fake, "_answered", slowly)
    monkeypatch.setattr(polling, "ANSWER_SECONDS", 1.0)
    await bot.send(buttons=(button(),))
    queries = [await bot.fake.press(bot.fake.sent()[0], "yes") for _ in range(4)]
    ear = Listener(bot.channel(mode="polling"))
    async with listening(ear):
        await eventually(lambda: len(bot.fake.answered) == 3)
        await bot.fake.say(text="три")
        await eventually(lambda: "три" in ear.texts)
    assert set(bot.fake.answered) < set(queries)


async def test_a_webhook_in_the_way_is_taken_down_and_nothing_is_lost(bot: Bot) -> None:
    await bot.channel().install("http://127.0.0.1:9/hooks/key")
    await bot.fake.say(text="раз")
    ear = Listener(bot.channel(mode="polling"))
    async with listening(ear):
        await eventually(lambda: ear.texts == ["раз"])
    assert bot.fake.webhook.url == ""


async def test_a_webhook_set_by_somebody_meanwhile_is_taken_down_too(bot: Bot) -> None:
    ear = Listener(bot.channel(mode="polling"))
    async with listening(ear):
        await eventually(lambda: ear.health == [("green", None)])
        await bot.channel().install("http://127.0.0.1:9/hooks/key")
        for text in ("раз", "два"):
            await bot.fake.say(text=text)
        await eventually(lambda: ear.texts == ["раз", "два"])
    assert [state for state, _ in ear.health] == ["green", "yellow", "green"]


async def test_a_revoked_token_ends_the_listening(bot: Bot) -> None:
    ear = Listener(bot.channel(mode="polling", token=TOKENS[1]))
    with pytest.raises(Misconfigured, match="does not know this bot token"):
        await ear.channel.listen(None, ear)


async def test_an_outage_is_reported_and_waited_for(bot: Bot) -> None:
    ear = Listener(bot.channel(mode="polling", api_url="http://127.0.0.1:9"))
    async with listening(ear):
        await eventually(lambda: bool(ear.health))
    assert ear.health[0][0] == "yellow"
    assert TOKENS[0] not in str(ear.health)


# --- set-up ------------------------------------------------------------------------------------


async def test_the_webhook_is_registered_with_its_secret_and_what_we_read(bot: Bot) -> None:
    await bot.channel().install("http://cc.example/hooks/key")
    hook = bot.fake.webhook
    assert (hook.url, hook.secret) == ("http://cc.example/hooks/key", SECRETS[0])
    assert hook.allowed == list(ALLOWED)
    await bot.channel().check()


async def test_telegram_wants_https(bot: Bot) -> None:
    bot.fake.insecure = False
    with pytest.raises(Rejected, match="HTTPS"):
        await bot.channel().install("http://cc.example/hooks/key")


async def test_a_bot_without_webhook_cannot_hear(bot: Bot) -> None:
    with pytest.raises(Misconfigured, match="no webhook"):
        await bot.channel().check()
    await bot.channel(mode="polling").check()


async def test_a_webhook_that_is_not_told_all_cannot_hear(bot: Bot) -> None:
    await bot.channel().install("http://cc.example/hooks/key")
    bot.fake.webhook.allowed.remove("callback_query")
    with pytest.raises(Misconfigured, match="callback_query"):
        await bot.channel().check()


async def test_updates_that_pile_up_are_seen(bot: Bot) -> None:
    await bot.channel().install("http://127.0.0.1:9/hooks/key")
    await bot.fake.say(text="раз")
    with pytest.raises(Temporary, match="1 updates wait"):
        await bot.channel().check()


async def test_how_telegrams_side_does_is_told(bot: Bot) -> None:
    told = await bot.channel().report()
    assert (told.name, told.address, told.waiting, told.error) == ("@shop_bot", "", 0, "")
    await bot.channel().install("http://127.0.0.1:9/hooks/key")
    await bot.fake.say(text="раз")
    told = await bot.channel().report()
    assert (told.address, told.waiting) == ("http://127.0.0.1:9/hooks/key", 1)
    assert told.error
    assert told.error_at is not None


async def test_without_a_secret_no_webhook_is_registered(bot: Bot) -> None:
    with pytest.raises(Misconfigured):
        await bot.channel(webhook_secret="").install("http://cc.example/hooks/key")


async def test_a_wrong_token_is_told(bot: Bot) -> None:
    with pytest.raises(Misconfigured, match="@BotFather"):
        await bot.channel(token=TOKENS[1]).check()


# --- files -------------------------------------------------------------------------------------


async def test_a_file_comes_by_its_id_and_its_address_is_told_to_nobody(bot: Bot) -> None:
    content = b"x" * 200_000
    told = await bot.channel().open(bot.fake.file(content))
    assert b"".join([piece async for piece in told]) == content


async def test_a_file_that_is_gone_or_too_large_is_rejected(bot: Bot) -> None:
    with pytest.raises(Rejected, match="does not hold this file") as gone:
        await bot.channel().open("BQAC")
    assert gone.value.code == "gone"
    with pytest.raises(Rejected, match="larger") as large:
        await bot.channel().open(bot.fake.file(b"x" * 20_000_001))
    assert large.value.code == "too_large"


async def test_a_file_that_vanishes_on_the_way_is_rejected_without_its_address(bot: Bot) -> None:
    file = bot.fake.file(b"x")
    pieces = await bot.channel().open(file)
    del bot.fake.files[file]
    with pytest.raises(Rejected) as raised:
        await anext(pieces)
    assert TOKENS[0] not in str(raised.value)


async def test_an_update_of_the_fake_is_read_like_any_other(bot: Bot) -> None:
    from tests.channels.telegram.samples import posted

    await bot.fake.say(text="Заказ 👍")
    (update,) = bot.fake.pending
    (event,) = bot.channel().receive(posted(update, SECRETS[0])).events
    assert event.text == "Заказ 👍"  # type: ignore[attr-defined]
    assert event.at > NOW
