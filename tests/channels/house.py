"""The whole service, and requests that reach it as a provider's do: over HTTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from yarl import URL

from channels.contract import WebhookRequest
from channels.toolkit.suite import NOW, Subject
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.ids import new_id
from tests.support.office import Office, Person, open_office

MUCH = 100_000  # unreadable requests an hour: here they are the rule


@dataclass(frozen=True, slots=True)
class Kept:
    """What the house holds of one account."""

    keys: frozenset[str] = frozenset()
    messages: Sequence[Any] = ()
    quarantine: Sequence[Any] = ()


@dataclass
class House:
    """The service at work but for what sends, and somebody who may see all of it."""

    office: Office
    olga: Person

    async def account(self, subject: Subject) -> Account:
        """A fresh account of the subject's; its requests are signed for this one from now on."""
        number = new_id()
        saved = await self.office.workspace.accounts.create(
            "system", provider=subject.provider.name, title=subject.provider.name,
            brand_id=self.office.ids["brand"], queue_id=self.office.ids["sales_queue"],
            settings=subject.account_settings(0), account_id=number,
        )  # fmt: skip
        subject.account_ids = (str(number), str(new_id()))
        return Account(self, number, saved.row["public_key"])


@dataclass(frozen=True, slots=True)
class Account:
    """Where one provider's requests arrive."""

    house: House
    id: UUID
    key: str

    @property
    def base(self) -> str:
        """The address the house says it has."""
        return self.house.office.workspace.settings.base_url

    def placed(self, request: WebhookRequest) -> WebhookRequest:
        """The request as it is made to this account; what is signed is signed after this."""
        query = URL(request.url).raw_query_string
        url = f"{self.base}/hooks/{self.key}" + (f"?{query}" if query else "")
        return replace(request, url=url)

    async def post(self, request: WebhookRequest) -> tuple[int, bytes]:
        """Send it; what the provider hears."""
        path = request.url.removeprefix(self.base)
        async with self.house.office.client.request(
            request.method, URL(path, encoded=True), data=request.body,
            headers=dict(request.headers), skip_auto_headers=("content-type", "user-agent"),
            allow_redirects=False,
        ) as answer:  # fmt: skip
            return answer.status, await answer.read()

    async def kept(self) -> Kept:
        """What came of all requests so far."""
        db = self.house.office.db
        keys = await db.fetch("SELECT external_id FROM inbound_keys WHERE account_id = $1", self.id)
        messages = await db.fetch(
            "SELECT m.* FROM messages m JOIN contacts c ON c.id = m.contact_id"
            " WHERE c.account_id = $1 AND m.kind <> 'system' ORDER BY m.seq", self.id,
        )  # fmt: skip
        quarantine = await db.fetch(
            "SELECT * FROM quarantine WHERE account_id = $1 ORDER BY id", self.id
        )
        return Kept(frozenset(row["external_id"] for row in keys), messages, quarantine)

    async def seen(self, contact: UUID) -> list[dict[str, Any]]:
        """The messages as an operator's screen gets them."""
        path = f"/contacts/{contact}/messages"
        answer = await self.house.office.ask("GET", path, self.house.olga)
        assert answer.status == 200, answer.body
        found: list[dict[str, Any]] = answer.body["items"]
        return found


@asynccontextmanager
async def open_house(database_url: str, directory: Path) -> AsyncIterator[House]:
    """The application of the house with its intake; it is NOW all the time."""
    limits = {"quarantine_per_hour": MUCH}
    async with open_office(database_url, directory, intake=limits) as office:
        workspace = office.workspace
        workspace.hooks._clock = ManualClock(NOW)  # signatures with a time are as old as they say
        workspace.background.start("intake", workspace.intake.run)
        olga = await office.hire("olga", "administrator")
        yield House(office, olga)
        await workspace.background.close()
