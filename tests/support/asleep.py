"""Sessions whose client is never heard of again, in the states no time-out of the server ends."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncpg

from contact_center.storage.database import SESSION

HELD_UP = """
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND state = 'active' AND wait_event_type = 'Client'
  AND query_start < clock_timestamp() - interval '1 second'
"""
"""How many there are that said nothing for a second."""


@asynccontextmanager
async def between_two_messages(
    url: str, lock: str, *args: Any, program: str = "contact-center"
) -> AsyncIterator[asyncpg.Connection[asyncpg.Record]]:
    """A session that has done `lock` in a transaction, and whose client sends half a request."""
    settings = {**SESSION, "application_name": program}
    connection = await asyncpg.connect(url, server_settings=settings)
    try:
        await connection.execute("BEGIN")
        await connection.execute(lock, *args)
        await connection.prepare("SELECT 7")  # asked and answered; what would be next is `Bind`
        yield connection
    finally:
        connection.terminate()


@contextmanager
def in_an_answer(url: str, lock: str, *args: str) -> Iterator[None]:
    """A process (SIGSTOP) that has done `lock` and does not read the large answer to come."""
    command = [sys.executable, "-m", "tests.support.asleep_process", url, lock, *args]
    sleeper = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdin=subprocess.DEVNULL)
    try:
        yield
    finally:
        sleeper.kill()
        sleeper.wait(60)
