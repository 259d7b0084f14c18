"""Updates fetched by ourselves: https://core.telegram.org/bots/api#getupdates.

Telegram forgets an update once a later offset is asked for, so the offset is the cursor that was
stored with the updates before it: what was not stored is given again.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson

from channels.contract import Cursor, Ear, WebhookRequest
from channels.errors import ChannelError, Misconfigured, Temporary
from channels.telegram.api import Api
from channels.telegram.reading import ALLOWED, pressed_id

WAIT_SECONDS = 25
AT_ONCE = 100
ANSWERS_AT_ONCE, ANSWER_SECONDS = 10, 5.0
SHORTEST_REST, LONGEST_REST = 0.5, 30.0


async def listen(api: Api, cursor: Cursor | None, ear: Ear) -> None:
    """Ask and deliver until cancelled. Raises Misconfigured."""
    offset, rest, well = _offset(cursor), SHORTEST_REST, False
    await _without_webhook(api)
    while True:
        try:
            updates = await _updates(api, offset, WAIT_SECONDS if well else 0)
        except Misconfigured:
            raise
        except ChannelError as error:
            well = False
            await ear.report("yellow", str(error))
            await asyncio.sleep(_pause(error, rest))
            rest = min(LONGEST_REST, rest * 2)
            await _without_webhook(api)
            continue
        if not well:
            await ear.report("green", None)
        rest, well = SHORTEST_REST, True
        if updates:
            offset = max(update["update_id"] for update in updates) + 1
            await ear.deliver([_request(update) for update in updates], {"offset": offset})
            await _answer(api, updates)


async def _without_webhook(api: Api) -> None:
    """While a webhook stands, asking is refused. What waits is kept."""
    try:
        told = await api.call("getWebhookInfo")
        if told.get("url"):
            await api.call("deleteWebhook", drop_pending_updates=False)
    except Misconfigured:
        raise
    except ChannelError:
        return  # asking tells what is wrong, and goes on trying


async def _updates(api: Api, offset: int | None, wait: int) -> list[dict[str, Any]]:
    told = await api.call(
        "getUpdates", offset=offset, limit=AT_ONCE, timeout=wait, allowed_updates=ALLOWED
    )
    if not isinstance(told, list):
        raise Temporary("Telegram's answer could not be read")
    return [
        one for one in told if isinstance(one, dict) and isinstance(one.get("update_id"), int)
    ]  # fmt: skip


async def _answer(api: Api, updates: list[dict[str, Any]]) -> None:
    """End the progress shown on pressed buttons: https://core.telegram.org/bots/api#callbackquery.

    The press is stored already; one that is too old to be answered needs no answer. Some at once
    and not for long: the next updates wait behind this.
    """
    places = asyncio.Semaphore(ANSWERS_AT_ONCE)

    async def answer(pressed: str) -> None:
        async with places:
            with suppress(ChannelError):
                await api.call("answerCallbackQuery", callback_query_id=pressed)

    with suppress(TimeoutError):
        async with asyncio.timeout(ANSWER_SECONDS), asyncio.TaskGroup() as group:
            for pressed in filter(None, map(pressed_id, updates)):
                group.create_task(answer(pressed))


def _request(update: dict[str, Any]) -> WebhookRequest:
    """An update in the form of one that was posted: from here on they are alike."""
    headers = {"content-type": "application/json"}
    never = datetime.fromtimestamp(0, UTC)  # the house knows when it came
    return WebhookRequest("POST", "polling:", headers, {}, orjson.dumps(update), never)


def _offset(cursor: Cursor | None) -> int | None:
    given = (cursor or {}).get("offset")
    return given if isinstance(given, int) else None


def _pause(error: ChannelError, rest: float) -> float:
    asked = error.retry_after if isinstance(error, Temporary) else None
    return rest if asked is None else asked
