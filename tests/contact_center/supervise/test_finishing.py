"""A service that is told to stop ends what it has begun."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from pathlib import Path

from contact_center.app import Workspace
from contact_center.contacts.files.service import Files
from contact_center.jobs import store
from contact_center.jobs.model import Job
from contact_center.settings import Settings


async def test_a_job_in_flight_ends_before_the_process_does(
    database_url: str, tmp_path: Path, monkeypatch
) -> None:
    begun = asyncio.Event()

    async def slow(_: Job) -> None:
        begun.set()
        await asyncio.sleep(0.5)

    monkeypatch.setattr(Files, "handlers", lambda _: {"slow": slow})
    monkeypatch.setattr(Files, "prepare", lambda _: asyncio.sleep(0))
    given = Settings(database_url=database_url, data_dir=tmp_path, roles={"worker"})
    async with AsyncExitStack() as exits:
        workspace = await Workspace.open(given, exits)
        workspace.start(workspace.application())
        await workspace.database.run(
            lambda unit: store.schedule(unit, "slow", "a", datetime.now(UTC))
        )
        async with asyncio.timeout(60):
            await begun.wait()
            await workspace.finish()
        state = "SELECT state, attempts FROM jobs WHERE kind = 'slow'"
        row = await workspace.database.fetchrow(state)
        assert row is not None
        assert (row["state"], row["attempts"]) == ("done", 1)
