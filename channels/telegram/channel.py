"""One bot: called by Telegram or asking it, answering by its Bot API."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from importlib import import_module
from typing import Any

import orjson

from channels.contract import Cursor, Deps, Ear, Received, Reply, Report, WebhookRequest
from channels.errors import Malformed, Misconfigured, Refused, Rejected
from channels.messages import Outbound, Profile, Receipt
from channels.telegram import plan, polling, reading, setup
from channels.telegram.api import Api
from channels.telegram.settings import TelegramSettings
from channels.toolkit import signing

SECRET = "x-telegram-bot-api-secret-token"  # noqa: S105 - the header's name
_JSON = {"content-type": "application/json"}


class Telegram:
    """The channel of one account. Reading is pure; the library comes with the first call."""

    def __init__(self, settings: TelegramSettings, deps: Deps) -> None:
        self.settings = settings
        self._api = Api(settings, deps.http)
        self._bot: Any = None
        self._loading = asyncio.Lock()

    # --- in --------------------------------------------------------------------------------------

    def verify(self, request: WebhookRequest) -> None:
        """Raise Refused without the secret: https://core.telegram.org/bots/api#setwebhook."""
        if self.settings.mode != "webhook":
            raise Refused("this bot is not called, it asks", status=403)
        if not signing.same(self.settings.webhook_secret, request.headers.get(SECRET, "")):
            raise Refused("the secret of the webhook is missing or wrong")

    def receive(self, request: WebhookRequest) -> Received:
        """Verify and read an update."""
        self.verify(request)
        return self.parse(request)

    def parse(self, request: WebhookRequest) -> Received:
        """Read an update without asking who sent it: a recording, or one we fetched ourselves."""
        try:
            update = reading.update_of(request)
            events = reading.events(update, self.settings, request.received_at)
        except RecursionError:
            raise Malformed("nested too deep") from None
        return Received(events, _reply(reading.pressed_id(update)))

    @property
    def listens(self) -> bool:
        """Whether we ask; else Telegram calls."""
        return self.settings.mode == "polling"

    async def listen(self, cursor: Cursor | None, ear: Ear) -> None:
        """Ask for updates until cancelled. Raises Misconfigured."""
        await polling.listen(self._api, cursor, ear)

    async def open(self, ref: str) -> AsyncIterator[bytes]:
        """The bytes of a file by its `file_id`. Raises Rejected or Temporary."""
        return await self._api.open(ref)

    # --- out -------------------------------------------------------------------------------------

    def split(self, message: Outbound) -> list[Outbound]:
        """What Telegram has no one call for, in several."""
        return plan.calls(message)

    async def send(self, message: Outbound) -> Receipt:
        """Send what goes in one call."""
        sending, bot = await self._sdk()
        receipt: Receipt = await sending.send(bot, message)
        return receipt

    async def edit(self, provider_id: str, message: Outbound) -> None:
        """Change a message of ours."""
        sending, bot = await self._sdk()
        await sending.edit(bot, provider_id, message)

    async def delete(self, conversation_key: str, provider_id: str) -> None:  # noqa: ARG002
        """Delete a message; its name holds its chat."""
        sending, bot = await self._sdk()
        await sending.delete(bot, provider_id)

    async def typing(self, conversation_key: str) -> None:
        """Show that somebody writes."""
        sending, bot = await self._sdk()
        await sending.typing(bot, conversation_key)

    async def read(self, conversation_key: str, external_id: str) -> None:  # noqa: ARG002
        """Tell the client that it was read, where the bot acts for a business account."""
        sending, bot = await self._sdk()
        await sending.read(bot, external_id)

    # --- set-up ----------------------------------------------------------------------------------

    async def check(self) -> None:
        """Raise Misconfigured for a wrong token or no webhook, Temporary where updates pile up."""
        me = await self._api.call("getMe")
        if not (isinstance(me, dict) and me.get("is_bot")):
            raise Misconfigured("this token is not a bot's")
        if self.settings.mode == "webhook":
            setup.require_registered(await self._api.call("getWebhookInfo"))

    async def start_link(self, word: str) -> str:
        """The address by which a client begins a talk with this word."""
        return setup.start_link(await self._api.call("getMe"), word)

    async def profile(self, address: str) -> Profile:
        """A client's picture; his names come with what he writes. Raises a channel error."""
        if not address.isdecimal():
            raise Rejected("only people have pictures that bots may see", code="address")
        photos = await self._api.call("getUserProfilePhotos", user_id=int(address), limit=1)
        return Profile(avatar=setup.avatar(photos))

    async def report(self) -> Report:
        """What Telegram says of the bot and of its webhook."""
        me, info = await self._api.call("getMe"), await self._api.call("getWebhookInfo")
        return setup.report(me, info)

    async def install(self, webhook_url: str) -> None:
        """Tell Telegram where to call, with which secret and for what.

        https://core.telegram.org/bots/api#setwebhook: https alone, ports 443, 80, 88, 8443.
        A bot that asks has none. Raises Misconfigured with Telegram's words.
        """
        if self.settings.mode == "polling":
            await self._api.call("deleteWebhook", drop_pending_updates=False)
            return
        if not self.settings.webhook_secret:
            raise Misconfigured("the secret of the webhook is empty: anybody could call")
        await self._api.call(
            "setWebhook",
            url=webhook_url,
            secret_token=self.settings.webhook_secret,
            allowed_updates=reading.ALLOWED,
        )

    async def _sdk(self) -> tuple[Any, Any]:
        """How to send, and the library's client; loaded beside the loop, for it takes a second."""
        async with self._loading:
            if self._bot is None:
                self._api.http  # noqa: B018 - says so where there is none
                sdk = await asyncio.to_thread(import_module, "channels.telegram.sdk")
                self._bot = sdk.bot(self._api)
            sending = await asyncio.to_thread(import_module, "channels.telegram.sending")
        return sending, self._bot


def _reply(pressed: str | None) -> Reply:
    """A press is answered in the answer to the webhook itself.

    https://core.telegram.org/bots/api#making-requests-when-getting-updates
    """
    if pressed is None:
        return Reply()
    call = {"method": "answerCallbackQuery", "callback_query_id": pressed}
    return Reply(200, _JSON, orjson.dumps(call))
