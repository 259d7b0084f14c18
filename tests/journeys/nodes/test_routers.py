"""Routers over one database under load: the active one is killed or paused, the other goes on.

The full size (10,000 waiting, 50 skills) is `make soak`; here some hundred wait.
"""

from __future__ import annotations

import os
import random
import signal
from collections.abc import AsyncIterator
from itertools import chain

import pytest

from contact_center.storage.migrate import migrate
from tests.journeys.nodes.crowd import Crowd
from tests.journeys.nodes.routers import FULL, SMALL, Routers, crowd_of
from tests.support.postgres import in_thread
from tests.support.valkey import Valkey

SOAK = os.environ.get("CC_SOAK") == "1"
SIZE, ROUNDS = (FULL, 10) if SOAK else (SMALL, 1)
# The promise is measured where nothing else runs; a busy machine gets more.
SECONDS = 5.0 if SOAK else 60.0

pytestmark = [pytest.mark.processes, pytest.mark.timeout(3600 if SOAK else 400)]


@pytest.fixture
def url(request: pytest.FixtureRequest) -> str:
    """A migrated database; where figures count, on a server that syncs."""
    if not SOAK:
        return str(request.getfixturevalue("database_url"))
    url = str(request.getfixturevalue("own_postgres").start())
    in_thread(lambda: migrate(url))
    return url


@pytest.fixture
async def crowd(url: str) -> AsyncIterator[Crowd]:
    seed = int(os.environ.get("TEST_SEED") or random.randrange(2**32))
    async with crowd_of(SIZE, url, seed) as crowd:
        yield crowd


async def test_another_router_goes_on_within_seconds_and_nobody_is_offered_twice(
    crowd: Crowd, url: str, own_valkey: Valkey
) -> None:
    resumed: dict[signal.Signals, list[float]] = {signal.SIGSTOP: [], signal.SIGKILL: []}
    async with (
        crowd.at_work(SIZE.each_beat),
        Routers(SIZE, crowd, url, own_valkey.url) as routers,
    ):
        await routers.goes_on()
        for number in [*resumed] * ROUNDS:
            await routers.complete()
            resumed[number].append(await routers.strike(number))
        assert (await crowd.sessions()).startswith("sessions"), "a failure will explain itself"
    waiting = await crowd.database.fetchval("SELECT count(*) FROM work WHERE state = 'waiting'")
    print(f"{waiting} waiting, {crowd.done} served")
    assert await crowd.never() == {}
    assert max(chain(*resumed.values())) <= SECONDS
