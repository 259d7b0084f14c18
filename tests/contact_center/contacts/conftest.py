"""What every test of the desk starts from."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contact_center.kernel.clock import ManualClock
from contact_center.storage.database import Database
from tests.contact_center.desk.house import House, faults


@pytest.fixture
async def house(database: Database, clock: ManualClock) -> AsyncIterator[House]:
    """Afterwards the rows must be sound, whatever the test did."""
    house = await House(database, clock).build()
    yield house
    assert await faults(database) == []
