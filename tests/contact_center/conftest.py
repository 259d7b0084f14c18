"""What tests of every feature start from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contact_center.storage.database import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A fresh migrated database of this test's own, and connections to it."""
    database = await Database.connect(database_url)
    try:
        yield database
    finally:
        await database.close()
