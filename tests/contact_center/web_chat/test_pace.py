"""A visitor has one pace, whichever door he comes through."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from channels.webchat.session import Session, issue_session
from tests.support.office import Office, open_office

SECRET = "session-secret-of-thirty-two-characters"
HOOK, CHAT = "/hooks/key", "/chat/v1/key/events"


class Shop:
    """A house with one web chat in it."""

    def __init__(self, office: Office) -> None:
        self.office = office
        self.account: Any = None
        self.number = 0

    async def furnish(self) -> None:
        await self.office.workspace.accounts.create(
            "system", provider="webchat", title="Site", public_key="key",
            brand_id=self.office.ids["brand"], queue_id=self.office.ids["sales_queue"],
            settings={"session_secret": SECRET, "identity_secret": SECRET},
        )  # fmt: skip
        self.account = self.office.workspace.accounts.by_public_key("key")

    async def send(
        self, visitor: str, door: str = HOOK, body: Any = None, secret: str = SECRET
    ) -> Any:
        token = issue_session(secret, Session(visitor, str(self.account.id), 4_000_000_000))
        self.number += 1
        given = body or {"type": "message", "id": str(self.number), "text": "hello"}
        return await self.office.client.post(
            door, json=given, headers={"Authorization": f"Bearer {token}"}
        )

    async def kept(self) -> int:
        return int(await self.office.db.fetchval("SELECT count(*) FROM quarantine"))


@pytest.fixture
async def shop(database_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    async with open_office(
        database_url, tmp_path, chat={"events": 3}, intake={"quarantine_per_hour": 4}
    ) as office:
        workspace = office.workspace
        workspace.background.start("intake", workspace.intake.run)
        shop = Shop(office)
        await shop.furnish()
        yield shop


async def test_who_sends_too_much_is_asked_to_wait_at_both_doors(shop: Shop) -> None:
    answers = [await shop.send("ann", door) for door in (HOOK, CHAT, HOOK, HOOK, CHAT)]
    assert [answer.status for answer in answers] == [200, 200, 200, 429, 429]
    assert 1 <= int(answers[3].headers["Retry-After"]) <= 10
    assert (await shop.send("ben")).status == 200
    assert await shop.office.db.fetchval("SELECT count(*) FROM messages") == 4


async def test_what_cannot_be_read_counts_as_well(shop: Shop) -> None:
    junk = {"type": "message", "id": "ж" * 100}
    statuses = [(await shop.send("ann", body=junk)).status for _ in range(6)]
    assert statuses == [422, 422, 422, 429, 429, 429]
    assert await shop.kept() == 3


async def test_who_proves_nothing_is_refused_and_fills_nothing(shop: Shop) -> None:
    statuses = {(await shop.send("ann", secret="x" * 40)).status for _ in range(9)}
    assert statuses == {401}
    assert await shop.kept() == 0
    assert (await shop.send("ann")).status == 200


async def test_many_visitors_together_fill_the_quarantine_only_so_far(shop: Shop) -> None:
    junk = {"type": "nonsense"}
    answers = [await shop.send(f"v{number}", body=junk) for number in range(7)]
    assert [answer.status for answer in answers] == [422] * 4 + [429] * 3
    assert (await answers[-1].json())["code"] == "quarantine_full"
    assert await shop.kept() == 4
    row = await shop.office.db.fetchrow("SELECT health, health_text FROM accounts")
    assert row is not None
    assert row["health"] == "yellow"
    assert row["health_text"].startswith("4 requests of this hour could not be read")
    assert (await shop.send("ann")).status == 200  # who writes sense is heard


async def test_the_alarm_ends_with_a_look_at_the_account(shop: Shop) -> None:
    accounts = shop.office.workspace.accounts
    await accounts.alarm(shop.account.id, "junk", 60)
    job = await shop.office.db.fetchrow(
        "SELECT id, kind, key, due_at, attempts FROM jobs WHERE kind = 'accounts.check'"
    )
    assert job is not None
    from contact_center.jobs.model import Job

    await accounts.handlers()["accounts.check"](Job(**job))
    assert await shop.office.db.fetchval("SELECT health FROM accounts") == "green"
