"""A Bot API that remembers: one bot, its chats, messages and files, and failures on demand.

`FakeTelegram.application()` speaks to the bot; `say`, `press` and `edit` play its clients, whose
updates go to the webhook, else they wait for `getUpdates`.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from contact_center.simulator import telegram_wire as wire
from contact_center.simulator.faults import Request as Fault
from contact_center.simulator.serving import Room, half, served
from contact_center.simulator.telegram_clients import (
    EVERYTHING,
    TOKEN,
    TYPING_SECONDS,
    Chat,
    Clients,
    Webhook,
)
from contact_center.simulator.telegram_wire import Refusal, Upload, bad

HUNG = 60.0


class FakeTelegram(Clients):
    """`calls` keeps the calls that were understood, `faults` are used up in turn by sending."""

    def __init__(self, token: str = TOKEN, *, kept: int = EVERYTHING, **more: Any) -> None:
        super().__init__(token, kept=kept, **more)
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.faults: list[Fault] = []
        self.lag = 0.0  # between doing what is asked and saying so
        self.retry_after = 1
        self._room = Room(kept)

    # --- the bot's side --------------------------------------------------------------------------

    def application(self) -> web.Application:
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_route("*", "/file/bot{token}/{path:.+}", self._download)
        app.router.add_route("*", "/bot{token}/{method}", self._handle)
        return app

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        try:
            self._known(request)
            parameters = wire.checked(method, await _given(request))
            fault = self._fault(method)
            await self._before(fault)
            self._note(method, parameters)
            result = await self._methods()[method](parameters)
            await asyncio.sleep(self.lag if method.startswith("send") else 0)
        except Refusal as no:
            told = {"ok": False, "error_code": no.status, "description": no.description}
            told |= {"parameters": no.parameters} if no.parameters else {}
            return web.json_response(told, status=no.status)
        answer = json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()
        return await _after(request, fault, answer)

    def _known(self, request: web.Request) -> None:
        """Refuse a token that is not the bot's, or no longer: /revoke at @BotFather."""
        if request.match_info["token"] != self.token or self.switches.happens("revoked"):
            raise Refusal(401, "Unauthorized")

    def _fault(self, method: str) -> Fault | None:
        if not method.startswith("send") or method == "sendChatAction":
            return None
        return self.faults.pop(0) if self.faults else self.switches.of_sending()

    async def _before(self, fault: Fault | None) -> None:
        if fault == "busy":
            seconds = self.retry_after
            raise Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)
        if fault == "broken":
            raise Refusal(500, "Internal Server Error")
        if fault == "silent_before":
            await asyncio.sleep(HUNG)
            raise Refusal(504, "Gateway Timeout")  # nothing was done, whoever still listens

    def _note(self, method: str, parameters: dict[str, Any]) -> None:
        self.calls.append((method, parameters))
        del self.calls[: self._room.take(_weight(parameters))]
        self.switches.count("asked")

    def _methods(self) -> dict[str, Callable[[dict[str, Any]], Awaitable[Any]]]:
        return {
            "getMe": self._me, "getWebhookInfo": self._info, "getUpdates": self._get_updates,
            "setWebhook": self._set_webhook, "deleteWebhook": self._delete_webhook,
            "getFile": self._get_file, "getUserProfilePhotos": self._profile_photos,
            "sendMessage": self._send, "sendMediaGroup": self._album,
            "sendChatAction": self._typing, "editMessageText": self._edit,
            "editMessageCaption": self._edit, "deleteMessage": self._delete,
            "deleteBusinessMessages": self._nothing, "readBusinessMessage": self._nothing,
            "answerCallbackQuery": self._answered,
            **{method: self._send_file(kind) for method, kind in wire.FILES.items()},
        }  # fmt: skip

    async def _me(self, _: dict[str, Any]) -> Any:
        return {**self.bot, "can_join_groups": True, "supports_inline_queries": False}

    async def _nothing(self, given: dict[str, Any]) -> bool:
        if "chat_id" in given:
            self._target(given)
        return True

    async def _typing(self, given: dict[str, Any]) -> bool:
        self._target(given).typing_until = time.monotonic() + TYPING_SECONDS
        self.switches.changed()
        return True

    async def _answered(self, given: dict[str, Any]) -> bool:
        return self.answer(given)

    # --- sending ---------------------------------------------------------------------------------

    def _target(self, given: Mapping[str, Any]) -> Chat:
        chat = self.chats.get(int(given["chat_id"]))
        if chat is None:
            raise bad("chat not found")
        if chat.refuses is not None:
            raise chat.refuses
        return chat

    async def _send(self, given: dict[str, Any]) -> Any:
        return self._said(given, {"text": given["text"], **_marks(given, "entities")})

    def _send_file(self, kind: str) -> Callable[[dict[str, Any]], Awaitable[Any]]:
        async def send(given: dict[str, Any]) -> Any:
            self._target(given)
            wire.size(kind, given[kind])
            content = self.media(kind, given[kind], given.get("caption"))
            return self._said(given, {**content, **_marks(given, "caption_entities")})

        return send

    async def _album(self, given: dict[str, Any]) -> Any:
        attached = {name: value for name, value in given.items() if name.startswith("attached")}
        group = str(next(self._numbers))
        return [
            self._said(given, {**self.media(item["type"], content, item.get("caption")),
                               "media_group_id": group, **_marks(item, "caption_entities")})
            for item, content in wire.album(given["media"], attached)
        ]  # fmt: skip

    def _said(self, given: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
        chat, more = self._target(given), dict(content)
        reply = given.get("reply_parameters")
        if reply and reply["message_id"] in chat.messages:
            answered = dict(chat.messages[reply["message_id"]])
            answered.pop("reply_to_message", None)
            more["reply_to_message"] = answered
        elif reply and not reply.get("allow_sending_without_reply"):
            raise bad("message to be replied not found")
        if "reply_markup" in given:
            more["reply_markup"] = given["reply_markup"]
        if "message_thread_id" in given:
            more |= {"message_thread_id": given["message_thread_id"], "is_topic_message": True}
        return self.message(chat, self.bot, more)

    async def _edit(self, given: dict[str, Any]) -> Any:
        message = self._target(given).messages.get(given["message_id"])
        if message is None:
            raise bad("message to edit not found")
        part = "text" if "text" in given else "caption"
        if part == "text" and "text" not in message:
            raise bad("there is no text in the message to edit")
        marks = "entities" if part == "text" else "caption_entities"
        if all(message.get(n) == given.get(n) for n in (part, marks, "reply_markup")):
            raise bad("message is not modified: specified new message content and reply markup "
                      "are exactly the same")  # fmt: skip
        for name in (part, marks, "reply_markup"):
            message.pop(name, None)
            if name in given:
                message[name] = given[name]
        message["edit_date"] = int(time.time())
        self.switches.changed()
        return message

    async def _delete(self, given: dict[str, Any]) -> bool:
        if self._target(given).messages.pop(given["message_id"], None) is None:
            raise bad("message to delete not found")
        self.switches.changed()
        return True

    # --- updates and files -----------------------------------------------------------------------

    async def _set_webhook(self, given: dict[str, Any]) -> bool:
        url = urlsplit(given["url"])
        secret = given.get("secret_token", "")
        if not self.insecure and url.scheme != "https":
            raise bad("bad webhook: An HTTPS URL must be provided for webhook")
        if not self.insecure and (url.port or 443) not in wire.PORTS:
            raise bad("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
        if secret and not wire.SECRET.match(secret):
            raise bad("secret token contains unallowed characters")
        self.webhook = Webhook(given["url"], secret, given.get("allowed_updates", []))
        self._news.set()  # who waits for updates is sent away
        return True

    async def _delete_webhook(self, given: dict[str, Any]) -> bool:
        self.webhook = Webhook()
        if given.get("drop_pending_updates"):
            self.pending.clear()
        return True

    async def _info(self, _: dict[str, Any]) -> Any:
        hook = self.webhook
        told: dict[str, Any] = {"url": hook.url, "has_custom_certificate": False,
                                "pending_update_count": len(self.pending)}  # fmt: skip
        if hook.allowed:
            told["allowed_updates"] = hook.allowed
        if hook.error:
            told |= {"last_error_message": hook.error, "last_error_date": int(time.time())}
        return told

    async def _get_updates(self, given: dict[str, Any]) -> Any:
        self._may_be_asked()
        after = given.get("offset", 0)
        self.pending = [one for one in self.pending if one["update_id"] >= after]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(given.get("timeout", 0)):
                while not self.pending:
                    self._news.clear()
                    await self._news.wait()
                    self._may_be_asked()
        return self.pending[: given.get("limit", 100)]

    def _may_be_asked(self) -> None:
        if self.webhook.url:
            raise Refusal(
                409,
                "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook"
                " to delete the webhook first",
            )

    async def _get_file(self, given: dict[str, Any]) -> Any:
        content = self.files.get(given["file_id"])
        if content is None:
            raise bad("wrong file_id or the file is temporarily unavailable")
        if len(content) > wire.DOWNLOAD_BYTES:
            raise bad("file is too big")
        file_id = given["file_id"]
        return {"file_id": file_id, "file_unique_id": file_id[-8:], "file_size": len(content),
                "file_path": f"documents/{file_id}.bin"}  # fmt: skip

    async def _profile_photos(self, given: dict[str, Any]) -> Any:
        """What https://core.telegram.org/bots/api#getuserprofilephotos gives."""
        avatar = self.chat(given["user_id"]).avatar if given["user_id"] in self.chats else ""
        if avatar not in self.files:
            return {"total_count": 0, "photos": []}
        size = {"file_id": avatar, "file_unique_id": avatar[-8:], "width": 160, "height": 160,
                "file_size": len(self.files[avatar])}  # fmt: skip
        return {"total_count": 1, "photos": [[size]]}

    async def _download(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["path"].removeprefix("documents/").removesuffix(".bin")
        content = self.files.get(name)
        if request.match_info["token"] != self.token or content is None:
            return web.json_response({"ok": False, "error_code": 404}, status=404)
        return web.Response(body=content)


async def _given(request: web.Request) -> dict[str, Any]:
    """The parameters: https://core.telegram.org/bots/api#making-requests names these ways."""
    given: dict[str, Any] = dict(request.query)
    if request.content_type == "application/json":
        told = json.loads(await request.read() or b"{}")
        return given | (told if isinstance(told, dict) else {})
    return given | {name: _value(value) for name, value in (await request.post()).items()}


def _value(value: Any) -> Any:
    if not isinstance(value, web.FileField):
        return value
    return Upload.of(value.file.read(), value.filename, value.content_type)


def _weight(given: Mapping[str, Any]) -> int:
    return sum(len(value) for value in given.values() if isinstance(value, bytes))


def _marks(given: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The entities, where there are any."""
    return {name: given[name]} if given.get(name) else {}


async def _after(request: web.Request, fault: Fault | None, answer: bytes) -> web.StreamResponse:
    """The answer, or what a fault leaves of it: by now it has been done."""
    if fault == "silent_after":
        await asyncio.sleep(HUNG)
    if fault == "half_answer":
        return await half(request, answer)
    return web.Response(body=answer, content_type="application/json")


@contextlib.asynccontextmanager
async def serving(fake: FakeTelegram) -> AsyncIterator[str]:
    """The fake on a free port of this machine; gives its address."""
    async with served(fake.application()) as url:
        yield url
