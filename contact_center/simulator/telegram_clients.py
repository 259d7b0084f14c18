"""The clients of a bot: what they say, and how its updates reach it."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from contact_center.simulator import telegram_wire as wire
from contact_center.simulator.telegram_wire import Refusal

TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"  # noqa: S105 - the documentation's own
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name


@dataclass
class Chat:
    """A chat; `refuses`: how sending there fails."""

    id: int
    type: str = "private"
    name: str = "Ольга"
    refuses: Refusal | None = None
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)

    def shown(self) -> dict[str, Any]:
        key = "first_name" if self.type == "private" else "title"
        return {"id": self.id, "type": self.type, key: self.name}


@dataclass
class Webhook:
    url: str = ""
    secret: str = ""
    allowed: list[str] = field(default_factory=list)
    error: str = ""


class Clients:
    """The chats of one bot, and what waits to be told to it."""

    def __init__(self, token: str = TOKEN, *, insecure: bool = False) -> None:
        self.token = token
        self.insecure = insecure  # webhooks without https, for a house that is tested
        self.reaches: dict[str, str] = {}  # beginnings of addresses, and where they lead in truth
        self.bot = {"id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Shop",
                    "username": "shop_bot"}  # fmt: skip
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, bytes] = {}
        self.answered: list[str] = []
        self.pending: list[dict[str, Any]] = []
        self.webhook = Webhook()
        self._numbers = itertools.count(1)
        self._updates = itertools.count(10_000)
        self._news = asyncio.Event()

    # --- the clients' side -----------------------------------------------------------------------

    def chat(self, chat_id: int = 4242, **more: Any) -> Chat:
        """The chat of this id; made where it is new."""
        return self.chats.setdefault(chat_id, Chat(chat_id, **more))

    def sent(self, chat_id: int = 4242) -> list[dict[str, Any]]:
        """What the bot has said in a chat, oldest first."""
        said = self.chat(chat_id).messages.values()
        return [one for one in said if one["from"]["id"] == self.bot["id"]]

    def file(self, content: bytes) -> str:
        """The `file_id` under which these bytes are given out."""
        file_id = f"BQACAgIAAxkB{len(self.files):04}"
        self.files[file_id] = content
        return file_id

    async def say(self, chat_id: int = 4242, **content: Any) -> dict[str, Any]:
        """A client writes; returns the message."""
        message = self.message(self.chat(chat_id), self._client(chat_id), content)
        await self.tell(message=message)
        return message

    async def edit(self, message: Mapping[str, Any], **content: Any) -> None:
        """A client changes what he wrote."""
        edited = {**message, **content, "edit_date": int(time.time())}
        self.chat(message["chat"]["id"]).messages[message["message_id"]] = edited
        await self.tell(edited_message=edited)

    async def press(self, message: Mapping[str, Any], value: str) -> str:
        """A client presses a button under a message of the bot; returns the query's id."""
        chat, query = message["chat"]["id"], f"43{next(self._numbers)}"
        await self.tell(callback_query={
            "id": query, "from": self._client(chat), "message": dict(message),
            "chat_instance": str(-chat), "data": value,
        })  # fmt: skip
        return query

    async def tell(self, **update: Any) -> None:
        """An update for the bot, of a kind it asked for."""
        kind = next(iter(update))
        if self.webhook.allowed and kind not in self.webhook.allowed:
            return
        self.pending.append({"update_id": next(self._updates), **update})
        self._news.set()
        await self.deliver()

    async def deliver(self) -> None:
        """Give the webhook what waits; what it does not take with 2xx waits on."""
        hook = self.webhook
        headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
        async with aiohttp.ClientSession() as session:
            for update in list(self.pending) if hook.url else ():
                try:
                    async with session.post(self._reach(), json=update, headers=headers) as reply:
                        body = await reply.read()
                        status = f"{reply.status} {reply.reason}"
                except (aiohttp.ClientError, OSError) as error:
                    status = str(error)
                if not status.startswith("2"):
                    hook.error = f"Wrong response from the webhook: {status}"
                    return
                self.pending.remove(update)
                self._replied(body)

    def _reach(self) -> str:
        url = self.webhook.url
        for told, real in self.reaches.items():
            url = url.replace(told, real, 1)
        return url

    def _replied(self, body: bytes) -> None:
        """A method may stand in the answer; its result is told to nobody."""
        with contextlib.suppress(ValueError, Refusal):
            told = json.loads(body)
            if isinstance(told, dict) and told.pop("method", "") == "answerCallbackQuery":
                self.answer(wire.checked("answerCallbackQuery", told))

    def _client(self, chat_id: int) -> dict[str, Any]:
        who = {"id": abs(chat_id), "is_bot": False, "first_name": self.chat(chat_id).name}
        return {**who, "language_code": "ru"}

    def message(
        self, chat: Chat, author: Mapping[str, Any], content: Mapping[str, Any]
    ) -> dict[str, Any]:
        message = {"message_id": next(self._numbers), "from": dict(author), "chat": chat.shown(),
                   "date": int(time.time()), **content}  # fmt: skip
        chat.messages[message["message_id"]] = message
        return message

    def answer(self, given: Mapping[str, Any]) -> bool:
        """The progress on a pressed button ends."""
        self.answered.append(given["callback_query_id"])
        return True
