"""A process without screens follows the accounts, whenever they change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from uuid import UUID

import pytest

from contact_center.app import Workspace
from contact_center.kernel.errors import Unavailable
from contact_center.settings import Settings
from tests.support.office import Office, Person
from tests.support.waiting import eventually


@asynccontextmanager
async def second_process(database_url: str, data_dir: Path) -> AsyncIterator[Workspace]:
    """As it stands before its tasks begin: the accounts are loaded, nobody reads yet."""
    given = Settings(database_url=database_url, data_dir=data_dir, roles={"router"})
    async with AsyncExitStack() as exits:
        yield await Workspace.open(given, exits)


async def add(office: Office, boss: Person) -> UUID:
    answer = await office.ask("POST", "/accounts", boss, json={
        "provider": "webchat", "title": "Site", "brand_id": str(office.ids["brand"]),
        "queue_id": str(office.ids["sales_queue"]), "settings": {},
    })  # fmt: skip
    return UUID(answer.body["id"])


async def test_an_account_made_while_a_process_starts_is_not_missed(
    office: Office, database_url: str, tmp_path: Path
):
    boss = await office.hire("boss", "administrator")
    async with second_process(database_url, tmp_path) as other:
        made = await add(office, boss)
        assert other.accounts.get(made) is None
        other.start(other.application())
        await eventually(lambda: other.accounts.get(made))


async def test_a_change_that_met_a_silent_database_is_taken_over_later(
    office: Office, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    boss = await office.hire("boss", "administrator")
    async with second_process(database_url, tmp_path) as other:
        refresh, asked = other.accounts.refresh, []

        async def stumbling(ids: Iterable[UUID]) -> None:
            asked.append(ids)
            if len(asked) == 1:
                raise Unavailable("the database does not answer")
            await refresh(ids)

        monkeypatch.setattr(other.accounts, "refresh", stumbling)
        other.start(other.application())
        made = await add(office, boss)
        await eventually(lambda: other.accounts.get(made))
        assert len(asked) > 1
