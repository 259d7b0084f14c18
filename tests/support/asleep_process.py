"""A process that falls asleep in the middle of a large answer, holding rows (`asleep.py`)."""

from __future__ import annotations

import asyncio
import os
import signal
import sys

import asyncpg

from contact_center.storage.database import SESSION

LARGE = "SELECT repeat('x', 1000) FROM generate_series(1, 5000)"


async def main(url: str, lock: str, *args: str) -> None:
    connection = await asyncpg.connect(url, server_settings=SESSION)
    await connection.execute("BEGIN")
    await connection.execute(lock, *args)
    answer = asyncio.create_task(connection.execute(LARGE))
    await asyncio.sleep(0)  # asked, and nothing read yet
    os.kill(os.getpid(), signal.SIGSTOP)
    await answer


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
