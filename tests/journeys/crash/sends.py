"""Replies on their way to a fake Telegram and a fake Twilio while the service is killed.

The fakes live outside the service and take what they are sent at once, though they say so later;
Twilio's reports overtake those answers. They are the ledger: what a client got, how often, in what
order.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
import asyncpg
from aiohttp.test_utils import TestServer

from contact_center.simulator.faults import Request
from contact_center.simulator.telegram import FakeTelegram
from contact_center.simulator.twilio import FakeTwilio
from contact_center.storage.embedded import PrivatePostgres
from tests.support.house import House, Office
from tests.support.waiting import eventually

PATIENCE = 60.0
CLIENTS = 4  # of each provider
LAG = 0.25  # long enough for a kill to fall between arrival and answer
SOAK = os.environ.get("CC_SOAK") == "1"
QUICK: tuple[Request, ...] = ("half_answer", "broken", "busy")
SILENT: tuple[Request, ...] = ("silent_before", "silent_after")  # each takes its 15 seconds
PACE = {"telegram": 1.0, "twilio_sms": 0.15}  # seconds between replies; one bot writes no faster
ENVIRON = {
    "CC_OUTBOX__UNCERTAIN_HOLD": "1", "CC_OUTBOX__LEASE_TTL": "1",
}  # fmt: skip
FLYING = "SELECT count(*) FROM outbox WHERE state = 'sending'"
UNFINISHED = "SELECT count(*) FROM outbox WHERE state IN ('held', 'pending', 'sending')"
ENDS = """
SELECT a.provider, l.conversation_key AS key, o.payload ->> 'text' AS text, o.state, o.error_text
FROM outbox o JOIN outbox_lines l ON l.id = o.line_id JOIN accounts a ON a.id = o.account_id
"""


@dataclass
class Talk:
    """One conversation; its replies are numbers."""

    provider: str
    key: str
    contact: str = ""
    written: int = 0


@dataclass
class Sends:
    """One run."""

    house: House
    chance: random.Random
    telegram: FakeTelegram = field(default_factory=lambda: FakeTelegram(insecure=True))
    twilio: FakeTwilio = field(default_factory=FakeTwilio)
    talks: list[Talk] = field(default_factory=list)
    flying: int = 0  # how many sends the kills fell into
    faults: int = 0  # how many befell the fakes
    stopping: bool = False
    _servers: list[TestServer] = field(default_factory=list)
    _writers: list[asyncio.Task[None]] = field(default_factory=list)

    async def begin(self) -> None:
        """Two accounts, clients who have written, and an operator who answers them all."""
        self.telegram.lag = self.twilio.lag = LAG
        await self.house.ready()
        self.office = Office(self.house.url)
        await self.office.begin(self.house.first_token)
        site = await self.office.furnish()
        for provider, fake in (("telegram", self.telegram), ("twilio_sms", self.twilio)):
            server = TestServer(fake.application())
            await server.start_server()
            self._servers.append(server)
            await self.office.call("POST", "/accounts", {
                "provider": provider, "title": provider, "brand_id": site["brand_id"],
                "queue_id": self.office.queue,
                "settings": self._settings(provider, str(server.make_url("")).rstrip("/")),
            })  # fmt: skip
        await eventually(
            lambda: self.telegram.webhook.url and self.twilio.webhook, seconds=PATIENCE
        )
        for number in range(CLIENTS):
            chat, phone = 4242 + number, f"+37529{number:07}"
            self.telegram.chat(chat)
            await asyncio.gather(self.telegram.say(chat, text="?"), self.twilio.receive(phone, "?"))
            self.talks += [Talk("telegram", str(chat)), Talk("twilio_sms", phone)]
        rows = await self.rows("SELECT id, conversation_key FROM contacts")
        found = {row["conversation_key"]: str(row["id"]) for row in rows}
        for talk in self.talks:
            talk.contact = found[talk.key]
            await self.office.call("POST", f"/contacts/{talk.contact}/take")
            self._writers.append(asyncio.create_task(self._answer(talk)))
        await eventually(lambda: self._arrivals() > len(self.talks), seconds=PATIENCE)

    def _settings(self, provider: str, url: str) -> dict[str, Any]:
        if provider == "telegram":
            return {"token": self.telegram.token, "api_url": url, "undo_seconds": 0}
        return {
            "account_sid": self.twilio.account, "auth_token": self.twilio.token,
            "number": self.twilio.number, "api_address": url, "undo_seconds": 0,
            "public_address": self.house.url,
        }  # fmt: skip

    async def _answer(self, talk: Talk) -> None:
        """Write 0, 1, 2…, each until the service says yes."""
        while not self.stopping:
            body = {"kind": "reply", "text": str(talk.written), "client_msg_id": str(uuid4())}
            while not self.stopping:
                with contextlib.suppress(aiohttp.ClientError, OSError, TimeoutError):
                    async with asyncio.timeout(10):
                        await self.office.call("POST", f"/contacts/{talk.contact}/messages", body)
                    talk.written += 1
                    break
                await asyncio.sleep(0.05)
            await asyncio.sleep(PACE[talk.provider])

    # --- the ledger ------------------------------------------------------------------------

    def got(self) -> dict[tuple[str, str], list[str]]:
        """What each client got, in its order."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for chat in self.telegram.chats:
            texts = [said["text"] for said in self.telegram.sent(chat)]
            found["telegram", str(chat)] = texts
        for message in self.twilio.messages.values():
            if message.direction != "inbound":
                found["twilio_sms", message.recipient].append(message.body)
        return found

    def _arrivals(self) -> int:
        return sum(map(len, self.got().values()))

    # --- faults ----------------------------------------------------------------------------

    async def kill(self) -> None:
        """Kill the service while something is on its way, and wait until sending goes on.

        Beside that one send of each provider's goes wrong by itself.
        """
        for fake in (self.telegram, self.twilio):
            fake.faults.append(self.chance.choice(QUICK + SILENT if SOAK else QUICK))
            self.faults += 1
        await asyncio.sleep(self.chance.uniform(0.05, 0.5))
        async with self._database() as database:  # at hand, for the next sender is soon there
            self.house.kill_service()
            self.flying += await database.fetchval(FLYING)
        arrived = self._arrivals()
        await eventually(lambda: self._arrivals() > arrived + 2, seconds=PATIENCE)

    async def end(self) -> None:
        """Nothing more is written; what is under way is finished, however much it is."""
        self.stopping = True
        await asyncio.gather(*self._writers, return_exceptions=True)
        left = 1 << 30
        while left:

            async def fewer(than: int = left) -> bool:
                nonlocal left
                left = (await self.rows(UNFINISHED))[0][0]
                return left < than

            await eventually(fewer, seconds=PATIENCE, every=0.1)

    async def close(self) -> None:
        self.stopping = True
        for writer in self._writers:
            writer.cancel()
        await asyncio.gather(*self._writers, return_exceptions=True)
        await self.office.close()
        for server in self._servers:
            await server.close()

    async def rows(self, query: str) -> list[Any]:
        async with self._database() as database:
            return list(await database.fetch(query))

    @contextlib.asynccontextmanager
    async def _database(self) -> AsyncIterator[Any]:
        """PostgreSQL is asked directly: it outlives the service."""
        url = PrivatePostgres(self.house.directory / "data").url()
        connection = await asyncpg.connect(url, timeout=30)
        try:
            yield connection
        finally:
            await connection.close()
