"""What a killed process leaves behind goes, and nothing else does."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from contact_center.contacts.files import orphans
from contact_center.kernel.clock import ManualClock
from contact_center.kernel.ids import new_id
from contact_center.storage.blobs import FileBlobs
from contact_center.storage.database import Database

NOW = ManualClock().now()


class Attic:
    """A blob store and the rows that name its blobs."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.database = database
        self.directory = directory
        self.blobs = FileBlobs(directory)

    async def blob(self, *, days: float, row: bool) -> str:
        async def stream() -> AsyncIterator[bytes]:
            yield b"hello"

        key = (await self.blobs.put(stream(), limit=100)).key
        self._age(self.directory / key[:2] / key[2:], days)
        if row:
            await self.database.execute(
                "INSERT INTO attachments (id, blob_key, state) VALUES ($1, $2, 'stored')",
                new_id(), key,
            )  # fmt: skip
        return key

    def draft(self, name: str, *, days: float) -> Path:
        path = self.directory / "incoming" / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
        self._age(path, days)
        return path

    def _age(self, path: Path, days: float) -> None:
        at = (NOW - timedelta(days=days)).timestamp()
        os.utime(path, (at, at))

    def there(self, key: str) -> bool:
        return (self.directory / key[:2] / key[2:]).exists()

    async def forget(self) -> int:
        return await orphans.forget(self.database, self.blobs, NOW)


@pytest.fixture
async def attic(database_url: str, tmp_path: Path) -> AsyncIterator[Attic]:
    database = await Database.connect(database_url)
    yield Attic(database, tmp_path)
    await database.close()


async def test_only_old_blobs_without_a_row_go(attic: Attic) -> None:
    orphan = await attic.blob(days=2, row=False)
    kept = [
        await attic.blob(days=2, row=True),
        await attic.blob(days=0.5, row=False),  # its row may be about to be written
        await attic.blob(days=0.01, row=True),
        await attic.blob(days=400, row=True),
    ]
    assert await attic.forget() == 1
    assert not attic.there(orphan)
    assert all(map(attic.there, kept))
    assert await attic.forget() == 0


async def test_a_blob_may_belong_to_a_row_of_long_ago(attic: Attic) -> None:
    key = await attic.blob(days=2, row=True)
    await attic.database.execute(
        "UPDATE attachments SET id = '01800000-0000-7000-8000-000000000000'"
    )
    assert await attic.forget() == 0
    assert attic.there(key)


async def test_halves_of_uploads_go_and_those_under_way_stay(attic: Attic) -> None:
    old, young = attic.draft("a" * 40, days=1.5), attic.draft("b" * 40, days=0.5)
    await attic.forget()
    assert (old.exists(), young.exists()) == (False, True)


async def test_files_of_another_database_are_left_alone(
    attic: Attic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(orphans, "FEW", 3)
    keys = [await attic.blob(days=3, row=False) for _ in range(4)]
    assert await attic.forget() == 0
    assert all(map(attic.there, keys))
    for _ in range(4):
        await attic.blob(days=3, row=True)
    assert await attic.forget() == 4


async def test_an_empty_store_has_nothing_to_forget(attic: Attic) -> None:
    assert await attic.forget() == 0
