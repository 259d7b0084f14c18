"""A process that listens to all accounts: python -m … DATABASE_URL DIRECTORY; to be killed.

What it needs is imported where it is used: the processes it starts import this module again.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path


async def main(url: str, directory: str) -> None:
    from contact_center.app import Workspace
    from contact_center.settings import Settings

    async with AsyncExitStack() as exits:
        given = Settings(database_url=url, data_dir=Path(directory), roles={"worker"})
        workspace = await Workspace.open(given, exits)
        workspace.background.start("intake", workspace.intake.run)
        workspace.background.start("listeners", workspace.listeners.run)
        print("listening", flush=True)
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
