"""A small house with one chat account, and its intake."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from contact_center.kernel.clock import ManualClock
from contact_center.kernel.hints import LocalHints
from tests.support.intake import House


@pytest.fixture
async def house(database_url: str, hints: LocalHints, clock: ManualClock) -> AsyncIterator[House]:
    """A house whose intake runs."""
    house = await House.build(database_url, hints, clock)
    try:
        yield house
    finally:
        await house.close()
