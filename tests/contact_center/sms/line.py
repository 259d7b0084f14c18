"""The whole service with a number at a Twilio of our own, and a person with a phone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiohttp.test_utils import TestServer

from contact_center.intake import backfilling
from contact_center.kernel.ids import new_id
from contact_center.simulator.twilio import FakeTwilio
from tests.support.office import Office, Person, open_office
from tests.support.waiting import eventually


@dataclass
class Phone:
    """A client's number and his conversation."""

    line: Line
    number: str

    async def write(self, text: str, **more: Any) -> None:
        await self.line.twilio.receive(self.number, text, **more)

    async def messages(self, text: str | None = None) -> list[dict[str, Any]]:
        """What there is of the conversation."""
        rows = await self.line.db.fetch(
            "SELECT m.*, c.state, i.value AS number FROM messages m "
            "JOIN contacts c ON c.id = m.contact_id JOIN identities i ON i.id = c.identity_id "
            "WHERE c.account_id = $1 AND i.value = $2 AND m.kind <> 'system' ORDER BY m.seq",
            self.line.account, self.number,
        )  # fmt: skip
        return [dict(row) for row in rows if text is None or row["text"] == text]

    async def contact(self) -> UUID:
        """Of the latest message."""
        found = await eventually(self.messages)
        contact: UUID = found[-1]["contact_id"]
        return contact

    async def answer(self, text: str) -> UUID:
        """An operator takes the contact, where nobody has, and answers."""
        contact = await self.contact()
        await self.line.ask("POST", f"/contacts/{contact}/take")
        body = {"kind": "reply", "text": text, "client_msg_id": str(new_id())}
        said = await self.line.ask("POST", f"/contacts/{contact}/messages", body)
        assert said.status == 200, said.body
        return UUID(said.body["id"])

    async def becomes(self, message: UUID, *states: str) -> dict[str, Any]:
        """What the operator sees of a message, once it is in one of these states."""
        contact = await self.contact()

        async def seen() -> Any:
            answer = await self.line.ask("GET", f"/contacts/{contact}/messages")
            (one,) = [one for one in answer.body["items"] if one["id"] == str(message)]
            return one["delivery"] if one["delivery"]["state"] in states else None

        found: dict[str, Any] = await eventually(seen)
        return found


@dataclass
class Line:
    """The house and its number. Clients are strangers to each other, so tests share it."""

    office: Office
    olga: Person
    twilio: FakeTwilio
    account: UUID
    numbers: Any = field(default_factory=lambda: count(1))

    @property
    def db(self) -> Any:
        return self.office.db

    def phone(self) -> Phone:
        return Phone(self, f"+37529{next(self.numbers):07}")

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        return await self.office.ask(method, path, self.olga, json=body)


@asynccontextmanager
async def open_line(database_url: str, directory: Path) -> AsyncIterator[Line]:
    """The service at work in this process; Twilio reaches it by another address than its own."""
    twilio = FakeTwilio()
    quick = {"send_timeout": 30, "uncertain_hold": 60, "lease_ttl": 10}
    patch = pytest.MonkeyPatch()
    patch.setattr(backfilling, "PERIOD", 0.3)
    async with (
        open_office(database_url, directory, outbox=quick) as office,
        TestServer(twilio.application()) as api,
    ):
        office.workspace.start(office.app)
        olga = await office.hire("olga")
        account = new_id()
        outside = str(office.client.make_url("")).rstrip("/")
        await office.workspace.accounts.create(
            "system", provider="twilio_sms", title="SMS", brand_id=office.ids["brand"],
            queue_id=office.ids["sales_queue"], account_id=account,
            settings={
                "account_sid": twilio.account, "auth_token": twilio.token, "undo_seconds": 0,
                "number": twilio.number, "public_address": outside,
                "api_address": str(api.make_url("")).rstrip("/"),
            },
        )  # fmt: skip
        await eventually(lambda: twilio.webhook)  # it is told as soon as it is on
        yield Line(office, olga, twilio, account)
        await office.workspace.background.close()
    patch.undo()
