"""What our own Twilio posts to the house: messages from outside, and what became of ours.

Overrides behind the "#" of an address are heeded (https://www.twilio.com/docs/usage/webhooks/
webhooks-connection-overrides, read 2026-11).
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping
from itertools import islice
from urllib.parse import parse_qs

from aiohttp import ClientError, ClientSession, ClientTimeout

from contact_center.simulator import twilio_media
from contact_center.simulator.faults import Switches
from contact_center.simulator.serving import Room
from contact_center.simulator.twilio_wire import (
    Form,
    Message,
    again,
    incoming,
    now,
    report,
    sid,
    signed,
)

# What Twilio itself takes for an opt-out and its end: https://help.twilio.com/articles/223134027.
STOPS = frozenset({"STOP", "STOPALL", "UNSUBSCRIBE", "CANCEL", "END", "QUIT"})
STARTS = frozenset({"START", "YES", "UNSTOP"})
EVERYTHING = 1_000_000_000


class Telling:
    """One account with one number: what it holds, and what it tells.

    `posted` keeps what was posted and how it was answered. `kept`: how many messages and posts are
    remembered.
    """

    def __init__(self, account: str, token: str, number: str, kept: int) -> None:
        self.account, self.token, self.number = account, token, number
        self.webhook = ""  # where incoming messages are posted, overrides and all
        self.messages: dict[str, Message] = {}
        self.unsubscribed: set[str] = set()
        self.fails: dict[str, int] = {}  # recipient → code of a failed delivery
        self.switches = Switches()
        self.mischief = self.switches.on
        self.lateness = 0.3  # seconds, where something is told late
        self.pause = 0.0  # between the steps of a delivery
        self.posted: list[tuple[str, dict[str, str], int]] = []
        self._room, self._kept = Room(kept), kept

    def _keep(self, message: Message) -> None:
        self.messages[message.sid] = message
        for name in list(islice(self.messages, self._room.take(message.weight))):
            self.messages.pop(name)
        self.switches.changed()

    async def receive(
        self, sender: str, body: str, *, media: list[tuple[str, bytes]] | None = None,
        told: bool = True, **more: str,
    ) -> Message:  # fmt: skip
        """A message from outside. `told`: it is posted, unless nobody answers, as in an outage."""
        files = [(sid("ME"), kind, content) for kind, content in media or []]
        name = sid("MM" if files else "SM")
        message = Message(name, self.account, "inbound", sender, self.number, body, "received",
                          now(), media=files)  # fmt: skip
        self._keep(message)
        word = body.strip().upper()
        if word in STOPS:
            self.unsubscribed.add(sender)
        elif word in STARTS:
            self.unsubscribed.discard(sender)
        if told:
            await self._say(message, {**incoming(message), **more})
        return message

    async def _say(self, message: Message, form: Form) -> None:
        if self.switches.happens("late"):
            await asyncio.sleep(self.lateness)
        await self.switches.hold_back(self.lateness)
        for _ in range(2 if self.switches.happens("twice") else 1):
            message.told = await self.post(self.webhook, form)
            self.switches.gone_by()

    async def _deliver(self, message: Message) -> None:
        """Queued → sent → delivered, or what befalls it; of the first status nobody is told."""
        code = self.fails.get(message.recipient)
        steps = ["queued"] if message.service else []
        steps += ["sent", "undelivered" if code else "delivered"]
        found = await twilio_media.fetched(message.urls) if message.urls else []
        if isinstance(found, int):
            code, steps = found, ["failed"]
        else:
            message.media = found
        message.sender = message.sender or self.number
        if self.switches.happens("none_at_all"):
            message.status, message.code = steps[-1], code
            return
        told = []
        for step in steps:
            await asyncio.sleep(self.pause)
            message.status = step
            message.code = code if step in ("undelivered", "failed") else None
            self.switches.changed()
            told.append(report(message))
        await self._tell(message, told)

    async def retell(self) -> None:
        """Tell once more what became of everything, however late; it was told before, or not."""
        for message in list(self.messages.values()):
            if message.callback and message.status in ("delivered", "undelivered"):
                await self.post(message.callback, report(message))

    async def _tell(self, message: Message, told: list[dict[str, str]]) -> None:
        if not message.callback:
            return
        if self.switches.happens("late"):
            await asyncio.sleep(self.lateness)
        if self.switches.happens("backwards"):
            told.reverse()
        for form in told:
            for _ in range(2 if self.switches.happens("twice") else 1):
                await self.post(message.callback, form)

    async def post(self, url: str, form: Form) -> int:
        """Sign and post, again where the address asks for it; the last status, 0 for no answer."""
        bare, _, overrides = url.partition("#")
        asked = {name: values[0] for name, values in parse_qs(overrides).items()}
        policy = asked.get("rp", "ct").split(",")
        wrong = self.switches.happens("wrongly_signed")
        token = secrets.token_hex(16) if wrong else self.token
        headers = {
            "X-Twilio-Signature": signed(token, bare, form),
            "I-Twilio-Idempotency-Token": secrets.token_hex(16),
        }
        status = 0
        for _ in range(1 + int(asked.get("rc", "1"))):
            status = await _post(bare, form, headers)
            if not again(status, policy):
                break
        self.posted.append((bare, dict(form), status))
        del self.posted[: -self._kept]
        self.switches.count("told" if 200 <= status < 300 else "refused")  # noqa: PLR2004
        return status


async def _post(url: str, form: Form, headers: Mapping[str, str]) -> int:
    try:
        async with (
            ClientSession(timeout=ClientTimeout(total=15)) as session,
            session.post(url, data=form, headers=headers, allow_redirects=False) as answer,
        ):
            await answer.read()
            return answer.status
    except (ClientError, TimeoutError):
        return 0
