"""The clients of a bot: what they say, and how its updates reach it.

An update that the webhook does not take waits and is given again with the next one, or by
`keep_telling` (https://core.telegram.org/bots/api#setwebhook: "we will repeat the request").
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from contact_center.simulator import telegram_wire as wire
from contact_center.simulator.faults import Switches
from contact_center.simulator.serving import Room
from contact_center.simulator.telegram_wire import Refusal, Upload

TOKEN = "123456:ABC-DEF1234ghIkl-zyx57W2v1u123ew11"  # noqa: S105 - the documentation's own
SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the header's name
TYPING_SECONDS = 5.0  # https://core.telegram.org/bots/api#sendchataction
EVERYTHING = 1_000_000_000


@dataclass
class Chat:
    """A chat; `refuses`: how sending there fails, `fates`: how telling of a message ended."""

    id: int
    type: str = "private"
    name: str = "Ольга"
    refuses: Refusal | None = None
    typing_until: float = 0.0  # by the monotonic clock
    avatar: str = ""  # a `file_id`
    messages: dict[int, dict[str, Any]] = field(default_factory=dict)
    fates: dict[int, str] = field(default_factory=dict)

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
    """The chats of one bot, and what waits to be told to it.

    `first`: where numbers begin; whoever remembers those of an earlier run must not meet them anew.
    `kept`: how many messages of a chat, files and calls are remembered.
    """

    def __init__(
        self, token: str = TOKEN, *, insecure: bool = False, first: int = 1,
        kept: int = EVERYTHING,
    ) -> None:  # fmt: skip
        self.token = token
        self.insecure = insecure  # webhooks without https, for a house that is tested
        self.reaches: dict[str, str] = {}  # beginnings of addresses, and where they lead in truth
        self.bot: dict[str, Any] = {
            "id": int(token.partition(":")[0]), "is_bot": True, "first_name": "Shop",
            "username": "shop_bot",
        }  # fmt: skip
        self.chats: dict[int, Chat] = {}
        self.files: dict[str, bytes] = {}
        self._file_numbers = itertools.count(first)
        self._shelf, self._kept = Room(kept), kept
        self.answered: list[str] = []
        self.pending: list[dict[str, Any]] = []
        self.webhook = Webhook()
        self.switches = Switches()
        self.lateness = 0.3  # seconds, where updates come late
        self._numbers = itertools.count(first)
        self._updates = itertools.count(first + 9_999)
        self._news = asyncio.Event()
        self._telling = asyncio.Lock()

    # --- the clients' side -----------------------------------------------------------------------

    def chat(self, chat_id: int = 4242, **more: Any) -> Chat:
        """The chat of this id; made where it is new."""
        return self.chats.setdefault(chat_id, Chat(chat_id, **more))

    def sent(self, chat_id: int = 4242) -> list[dict[str, Any]]:
        """What the bot has said in a chat, oldest first."""
        said = self.chat(chat_id).messages.values()
        return [one for one in said if one["from"]["id"] == self.bot["id"]]

    def file(self, content: bytes) -> str:
        """The `file_id` under which these bytes are given out; the oldest are given up."""
        file_id = f"BQACAgIAAxkB{next(self._file_numbers):04}"
        self.files[file_id] = content
        for name in list(itertools.islice(self.files, self._shelf.take(len(content)))):
            self.files.pop(name)
        return file_id

    def write(self, chat_id: int = 4242, **content: Any) -> dict[str, Any]:
        """A client writes; returns the message, of which the bot is not told yet."""
        return self.message(self.chat(chat_id), self._client(chat_id), content)

    async def say(self, chat_id: int = 4242, **content: Any) -> dict[str, Any]:
        """A client writes, and the bot is told; returns the message."""
        message = self.write(chat_id, **content)
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

    # --- updates ---------------------------------------------------------------------------------

    async def tell(self, **update: Any) -> None:
        """An update for the bot, of a kind it asked for."""
        kind, told = next(iter(update.items()))
        if self.webhook.allowed and kind not in self.webhook.allowed:
            return
        self._fate(told, "waits")
        if self.switches.happens("late"):
            await asyncio.sleep(self.lateness)
        await self.switches.hold_back(self.lateness)
        self.pending.append({"update_id": next(self._updates), **update})
        self._news.set()
        await self.deliver()
        self.switches.gone_by()

    async def deliver(self) -> None:
        """Give the webhook what waits, one after the other; what it does not take waits on."""
        if self.pending and self.switches.happens("none_at_all"):
            return
        async with self._telling, aiohttp.ClientSession() as session:
            for update in list(self.pending) if self.webhook.url else ():
                if not await self._deliver(session, update):
                    return
                if self.switches.happens("twice"):
                    await self._post(session, update)

    async def keep_telling(self, pause: float) -> None:
        """Try again every `pause` seconds what the webhook did not take, until cancelled."""
        while True:
            await asyncio.sleep(pause)
            if self.pending:
                await self.deliver()

    async def _deliver(self, session: aiohttp.ClientSession, update: dict[str, Any]) -> bool:
        status, body = await self._post(session, update)
        taken = status.startswith("2")
        self.switches.count("told" if taken else "refused")
        if update in self.pending and taken:
            self.pending.remove(update)
            self._replied(body)
        if not taken:
            self.webhook.error = f"Wrong response from the webhook: {status}"
        self._fate(next(reversed(update.values())), "taken" if taken else status)
        return taken

    async def _post(
        self, session: aiohttp.ClientSession, update: dict[str, Any]
    ) -> tuple[str, bytes]:
        wrong = self.switches.happens("wrongly_signed")
        secret = secrets.token_hex(16) if wrong else self.webhook.secret
        headers = {SECRET_HEADER: secret} if secret else {}
        try:
            async with session.post(self._reach(), json=update, headers=headers) as reply:
                return f"{reply.status} {reply.reason}", await reply.read()
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return str(error) or type(error).__name__, b""

    def _fate(self, told: Any, fate: str) -> None:
        """What became of telling the bot of a client's own message."""
        if isinstance(told, dict) and "message_id" in told and "chat" in told:
            self.chat(told["chat"]["id"]).fates[told["message_id"]] = fate
            self.switches.changed()

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
        while len(chat.messages) > self._kept:
            chat.fates.pop(number := next(iter(chat.messages)), None)
            chat.messages.pop(number)
        self.switches.changed()
        return message

    def answer(self, given: Mapping[str, Any]) -> bool:
        """The progress on a pressed button ends."""
        self.answered.append(given["callback_query_id"])
        del self.answered[: -self._kept]
        return True

    def types(self, chat_id: int) -> bool:
        """Whether the bot shows that it is typing there."""
        return self.chat(chat_id).typing_until > time.monotonic()

    def media(self, kind: str, content: bytes, caption: str | None = None) -> dict[str, Any]:
        """The part of a message that holds a file: https://core.telegram.org/bots/api#message."""
        file_id = self.file(content)
        file: dict[str, Any] = {
            "file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(content),
        }  # fmt: skip
        more = {"caption": caption} if caption else {}
        if kind == "photo":
            return {"photo": [{**file, "width": 90, "height": 60}], **more}
        if isinstance(content, Upload) and kind != "sticker":
            file |= {"file_name": content.name, "mime_type": content.type}
        if kind in ("video", "animation"):
            file |= {"width": 90, "height": 60}
        if kind in ("video", "animation", "audio", "voice"):
            file["duration"] = 1
        if kind == "sticker":
            file |= {"type": "regular", "width": 512, "height": 512, "is_animated": False,
                     "is_video": False}  # fmt: skip
        return {kind: file, **more}
