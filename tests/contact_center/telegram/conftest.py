"""The whole service with a bot at a fake Bot API, and Olga who answers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from contact_center.kernel.ids import new_id
from contact_center.simulator.telegram import TOKEN, FakeTelegram, serving
from tests.support.office import Answer, Office, Person, open_office
from tests.support.waiting import eventually


@dataclass
class Shop:
    """A house with one bot."""

    office: Office
    olga: Person
    fake: FakeTelegram
    account: UUID

    async def ask(self, method: str, path: str, **more: Any) -> Answer:
        answer = await self.office.ask(method, path, self.olga, **more)
        assert answer.status < 300, answer.body
        return answer

    async def contact(self) -> dict[str, Any]:
        """The one open contact there is, as soon as it is there."""

        async def opened() -> Any:
            return await self.rows("SELECT * FROM contacts WHERE account_id = $1")

        (found,) = await eventually(opened)
        return dict(found)

    async def rows(self, query: str) -> list[dict[str, Any]]:
        return [dict(row) for row in await self.office.db.fetch(query, self.account)]

    async def messages(self, number: int) -> list[dict[str, Any]]:
        """The messages, as soon as there are so many."""

        async def enough() -> Any:
            found = await self.rows(
                "SELECT m.* FROM messages m JOIN contacts c ON c.id = m.contact_id"
                " WHERE c.account_id = $1 AND m.kind <> 'system' ORDER BY m.seq"
            )
            return found if len(found) >= number else None

        found: list[dict[str, Any]] = await eventually(enough)
        return found

    async def take(self) -> UUID:
        contact: UUID = (await self.contact())["id"]
        await self.ask("POST", f"/contacts/{contact}/take")
        return contact

    async def reply(self, contact: UUID, text: str, **more: Any) -> UUID:
        body = {"kind": "reply", "text": text, "client_msg_id": str(new_id()), **more}
        said = await self.ask("POST", f"/contacts/{contact}/messages", json=body)
        return UUID(said.body["id"])

    async def said(self, number: int = 1) -> dict[str, Any]:
        """What the client was sent, as soon as it is there."""
        await eventually(lambda: len(self.fake.sent()) >= number)
        return self.fake.sent()[number - 1]

    async def delivery(self, message: UUID, *states: str) -> dict[str, Any]:
        async def ended() -> Any:
            row = await self.office.db.fetchrow(
                "SELECT * FROM outbox WHERE message_id = $1", message
            )
            return dict(row) if row and row["state"] in states else None

        found: dict[str, Any] = await eventually(ended)
        return found


@pytest.fixture
def mode() -> str:
    return "webhook"


@pytest.fixture
async def shop(database_url: str, tmp_path: Path, mode: str) -> AsyncIterator[Shop]:
    fake, told = FakeTelegram(insecure=True), "http://cc.example"
    fake.chat(4242)
    quick = {"send_timeout": 30, "lease_ttl": 10}
    async with (
        serving(fake) as url,
        open_office(database_url, tmp_path, outbox=quick, public_url=told) as office,
    ):
        fake.reaches[told] = str(office.client.make_url("")).rstrip("/")
        office.workspace.start(office.app)
        olga, account = await office.hire("olga"), new_id()
        await office.workspace.accounts.create(
            "system", provider="telegram", title="@shop_bot", brand_id=office.ids["brand"],
            queue_id=office.ids["sales_queue"], account_id=account,
            settings={"token": TOKEN, "mode": mode, "api_url": url, "undo_seconds": 0,
                      "groups": "contact"},
        )  # fmt: skip
        if mode == "webhook":  # the house says where by itself
            await eventually(lambda: fake.webhook.url.startswith(f"{told}/hooks/"))
        yield Shop(office, olga, fake, account)
        await office.workspace.background.close()
