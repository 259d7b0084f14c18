"""A router in a process of its own, to be stopped and killed: python -m … DATABASE_URL NODE."""

from __future__ import annotations

import asyncio
import sys

from contact_center.dispatch.service import Dispatcher
from contact_center.kernel.clock import SystemClock
from contact_center.kernel.errors import Unavailable
from contact_center.storage.database import Database


async def main(url: str, node: str) -> None:
    while True:
        try:
            database = await Database.connect(url, size=4)
            break
        except Unavailable:
            await asyncio.sleep(0.1)
    await Dispatcher(database, None, SystemClock(), node).run()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
