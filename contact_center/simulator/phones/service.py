"""All phones of this process, and the two providers between them and the house.

They live in memory: a restart sends everybody home.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import secrets
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from contact_center.kernel.errors import Conflict, Invalid, NotFound
from contact_center.kernel.log import get_logger
from contact_center.simulator.company import Company
from contact_center.simulator.faults import REPORTS, REQUESTS, Switches
from contact_center.simulator.phones import content, screens
from contact_center.simulator.phones.avatar import avatar
from contact_center.simulator.serving import served
from contact_center.simulator.telegram import FakeTelegram
from contact_center.simulator.telegram_wire import Refusal, Upload
from contact_center.simulator.twilio import FakeTwilio

Channel = Literal["telegram", "sms"]
CHANNELS: Sequence[Channel] = ("telegram", "sms")
MOST, KEPT = 30, 500
# Canadian ones: 555-0100 to 555-0199 are kept for stories in each.
AREAS = ("613", "204", "416", "514", "604", "902", "403", "506", "709", "306")
LATE_SECONDS = 4.0
AGAIN_SECONDS = 3.0
STEP_SECONDS = 0.7
SMS_FILES, SMS_BYTES = 10, 5 * 1024 * 1024
BLOCKED = Refusal(403, "Forbidden: bot was blocked by the user")
# Gone with the last start: Telegram's and Twilio's names must not be those of an earlier one.
EPOCH = 1_760_000_000
log = get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Phone:
    """One client's phone; `chat`: who he is in Telegram, `number`: who he is to the others."""

    id: str
    channel: Channel
    name: str
    chat: int
    number: str

    @property
    def address(self) -> str:
        """What the house knows him by."""
        return str(self.chat) if self.channel == "telegram" else self.number


class Phones:
    """Reads and plays; `settings` of the accounts come with `open`."""

    def __init__(self, company: Company) -> None:
        first = int(time.time()) - EPOCH
        self.company = company
        self.telegram = FakeTelegram(f"7300000001:{secrets.token_hex(20)}", insecure=True,
                                     first=first, kept=KEPT)  # fmt: skip
        self.telegram.bot |= {"first_name": company.name, "username": company.telegram.number}
        self.twilio = FakeTwilio(
            account=f"AC{secrets.token_hex(16)}", token=secrets.token_hex(16),
            number=company.sms.number, kept=KEPT,
        )  # fmt: skip
        self.telegram.lateness = self.twilio.lateness = LATE_SECONDS
        self.telegram.retry_after, self.twilio.pause = 3, STEP_SECONDS
        self.phones: dict[str, Phone] = {}
        self.closed = asyncio.Event()
        self._ids = itertools.count(first)
        self._news = asyncio.Event()
        self._pressing: dict[tuple[int, int], str] = {}
        self._hidden: set[str] = set()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._chance = random.Random()  # noqa: S311 - who comes is no secret
        for switches in (self.telegram.switches, self.twilio.switches):
            switches.changed = self._changed

    @contextlib.asynccontextmanager
    async def open(self, before: Mapping[Channel, str]) -> AsyncIterator[dict[Channel, Any]]:
        """Serve both providers, on the ports they had before if these are free.

        Gives what the accounts must be told.
        """
        ports = {name: _port(before.get(name, "")) for name in CHANNELS}
        async with (
            served(self.telegram.application(), ports["telegram"]) as bot_api,
            served(self.twilio.application(), ports["sms"]) as twilio,
        ):
            self.start(self.telegram.keep_telling(AGAIN_SECONDS))
            yield {
                "telegram": {"token": self.telegram.token, "mode": "webhook", "api_url": bot_api,
                             "undo_seconds": 0},
                "sms": {"account_sid": self.twilio.account, "auth_token": self.twilio.token,
                        "number": self.twilio.number, "api_address": twilio, "undo_seconds": 0},
            }  # fmt: skip
            await self._close()

    def close(self) -> None:
        """Send away who looks on: the service is about to stop."""
        self.closed.set()
        self._changed()

    async def _close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, work: Any) -> None:
        """Let something go on beside the answer to the page."""
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.warning("phone failed", error=repr(error))

    # --- phones ----------------------------------------------------------------------------------

    def phone(self, phone_id: str) -> Phone:
        """One of the phones. Raises NotFound."""
        try:
            return self.phones[phone_id]
        except KeyError:
            raise NotFound("there is no such phone") from None

    def add(self, channel: Channel, name: str = "") -> Phone:
        """A new client with a phone. Raises Conflict when there are enough."""
        if len(self.phones) >= MOST:
            raise Conflict("there are enough phones: put one away first", code="full")
        own = next(self._ids)
        phone = Phone(secrets.token_hex(4), channel, name or self._somebody(), 7_000_000_000 + own,
                      self._number(own))  # fmt: skip
        self.phones[phone.id] = phone
        if channel == "telegram":
            chat = self.telegram.chat(phone.chat, name=phone.name)
            chat.avatar = self.telegram.file(avatar(own))
        self._changed()
        return phone

    def _number(self, own: int) -> str:
        """Nobody's. MMS are carried in North America alone, so every third phone is elsewhere."""
        others = sum(one.channel == "sms" for one in self.phones.values())
        if others % 3 == 2:  # noqa: PLR2004
            return f"+375290{own % 1_000_000:06}"  # no subscriber's number begins with 0 there
        return f"+1{AREAS[own // 100 % len(AREAS)]}55501{own % 100:02}"

    def remove(self, phone_id: str) -> None:
        """Put a phone away. To the bot the client stays: his phone is only switched off."""
        self.phones.pop(self.phone(phone_id).id)
        self._changed()

    def _somebody(self) -> str:
        names = self.company.names.ru
        if self._chance.random() < 0.5:  # noqa: PLR2004
            return f"{self._chance.choice(names.men)} {self._chance.choice(names.family)}"
        return f"{self._chance.choice(names.women)} {self._chance.choice(names.family)}а"

    # --- what a client does ----------------------------------------------------------------------

    def write(self, phone: Phone, text: str, files: Sequence[Upload], reply_to: str | None) -> None:
        """Text, files, or both. Raises Invalid for what the channel cannot carry."""
        if phone.channel == "sms":
            if len(files) > SMS_FILES or sum(map(len, files)) > SMS_BYTES:
                raise Invalid("an MMS carries ten files and 5 MB at most", field="files")
            media = [(file.type, bytes(file)) for file in files]
            self.start(self.twilio.receive(phone.number, text, media=media))
            return
        made = content.files(files, text, self.telegram.media, str(next(self._ids))) if files else [
            content.words(text)
        ]  # fmt: skip
        self._say(phone, made, reply_to)

    def send(self, phone: Phone, made: Mapping[str, Any], reply_to: str | None = None) -> None:
        """Anything else that Telegram knows. Raises Invalid by SMS."""
        if phone.channel == "sms":
            raise Invalid("SMS carries text and files only", field="kind")
        self._say(phone, [made], reply_to)

    def _say(
        self, phone: Phone, made: Sequence[Mapping[str, Any]], reply_to: str | None
    ) -> None:  # fmt: skip
        answered = self._message(phone, reply_to) if reply_to else None
        for one in made:
            more = {"reply_to_message": _flat(answered)} if answered and one is made[0] else {}
            message = self.telegram.write(phone.chat, **one, **more)
            self.start(self.telegram.tell(message=message))

    def press(self, phone: Phone, message_id: str, value: str) -> None:
        """Press a button of a message. Raises NotFound."""
        message = self._message(phone, message_id)
        self.start(self._press(phone.chat, message, value))

    async def _press(self, chat: int, message: Mapping[str, Any], value: str) -> None:
        place = (chat, message["message_id"])
        self._pressing[place] = value
        self._changed()
        try:
            await self.telegram.press(message, value)
        finally:
            self._pressing.pop(place, None)
            self._changed()

    def edit(self, phone: Phone, message_id: str, text: str) -> None:
        """Change one's own message. Raises NotFound."""
        message = self._message(phone, message_id)
        part = "text" if "text" in message else "caption"
        plain, entities = content.marked(text)
        marks = "entities" if part == "text" else "caption_entities"
        self.start(self.telegram.edit(message, **{part: plain, marks: entities}))

    def delete(self, phone: Phone, message_id: str) -> None:
        """Delete a message: a bot is not told of that. Raises NotFound."""
        if phone.channel == "sms":
            self._hidden.add(message_id)
        else:
            self._message(phone, message_id)
            self.telegram.chat(phone.chat).messages.pop(int(message_id))
        self._changed()

    def block(self, phone: Phone, *, blocked: bool) -> None:
        """Block the bot, or write STOP; and take it back."""
        if phone.channel == "sms":
            self.start(self.twilio.receive(phone.number, "STOP" if blocked else "START"))
            return
        self.telegram.chat(phone.chat).refuses = BLOCKED if blocked else None
        self._changed()

    def _message(self, phone: Phone, message_id: str) -> dict[str, Any]:
        known = self.telegram.chat(phone.chat).messages if phone.channel == "telegram" else {}
        number = int(message_id) if message_id.isdecimal() else 0
        if number not in known:
            raise NotFound("there is no such message")
        return known[number]

    # --- what the page asks ----------------------------------------------------------------------

    def switches(self, channel: str) -> Switches:
        """The faults of a provider. Raises NotFound."""
        if channel not in CHANNELS:
            raise NotFound("there is no such provider")
        return (self.telegram if channel == "telegram" else self.twilio).switches

    def turn(self, channel: str, name: str, *, on: bool) -> None:
        """Switch a fault. Raises NotFound."""
        found = next((one for one in (*REQUESTS, *REPORTS) if one == name), None)
        if found is None:
            raise NotFound("there is no such fault")
        self.switches(channel).turn(found, on=on)

    def file(self, channel: str, name: str) -> bytes:
        """The bytes of a file on a phone. Raises NotFound."""
        if channel == "telegram":
            found = self.telegram.files.get(name)
        else:
            stored = (file for one in self.twilio.messages.values() for file in one.media)
            found = next((body for media, _, body in stored if media == name), None)
        if found is None:
            raise NotFound("there is no such file")
        return found

    async def news(self, seconds: float) -> None:
        """Wait for a change, or so long."""
        news = self._news
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await news.wait()

    def state(self) -> dict[str, Any]:
        """Everything the page shows."""
        return {
            "lines": {"telegram": self.company.telegram.number, "sms": self.company.sms.number},
            "phones": [self._shown(phone) for phone in self.phones.values()],
            "faults": screens.faults(self.telegram, self.twilio),
        }

    def _shown(self, phone: Phone) -> dict[str, Any]:
        told = {"id": phone.id, "channel": phone.channel, "name": phone.name}
        if phone.channel == "sms":
            return told | screens.sms(self.twilio, phone.number, self._hidden)
        pressing = {str(at): v for (where, at), v in self._pressing.items() if where == phone.chat}
        return told | screens.telegram(self.telegram, phone.chat) | {"pressing": pressing}

    def _changed(self) -> None:
        self._news.set()
        self._news = asyncio.Event()


def _port(address: str) -> int:
    tail = address.rpartition(":")[2]
    return int(tail) if tail.isdecimal() else 0


def _flat(message: Mapping[str, Any]) -> dict[str, Any]:
    """A message without the one it answers: https://core.telegram.org/bots/api#message."""
    return {name: part for name, part in message.items() if name != "reply_to_message"}
