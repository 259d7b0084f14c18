"""When accounts last received and sent: gathered, and written at most once a second."""

from __future__ import annotations

import asyncio
from datetime import datetime
from uuid import UUID

from contact_center.accounts import store
from contact_center.kernel.errors import HouseError
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database

EVERY_SECONDS = 1.0
log = get_logger(__name__)


class Traffic:
    """Notes of one process. A note costs a dictionary entry; no timer runs while nothing comes."""

    def __init__(self, database: Database, *, every: float = EVERY_SECONDS) -> None:
        self._database = database
        self._every = every
        self._noted: dict[UUID, tuple[datetime | None, datetime | None]] = {}
        self._writing: asyncio.Task[None] | None = None

    def came_in(self, account_id: UUID, at: datetime) -> None:
        """Something was received."""
        self._note(account_id, (at, self._noted.get(account_id, (None, None))[1]))

    def went_out(self, account_id: UUID, at: datetime) -> None:
        """Something was sent."""
        self._note(account_id, (self._noted.get(account_id, (None, None))[0], at))

    def _note(self, account_id: UUID, instants: tuple[datetime | None, datetime | None]) -> None:
        self._noted[account_id] = instants
        if self._writing is None:
            self._writing = asyncio.create_task(self._write_soon(), name="account traffic")

    async def _write_soon(self) -> None:
        await asyncio.sleep(self._every)
        self._writing = None  # what is noted from here on starts the next write
        await self.write()

    async def write(self) -> None:
        """Write what is noted; lost notes are made up for by the next message."""
        noted, self._noted = self._noted, {}
        if not noted:
            return
        try:
            await store.note_traffic(self._database, noted)
        except HouseError as error:
            log.warning("account traffic not written", error=str(error))

    async def close(self) -> None:
        """Write the rest and stop."""
        if self._writing is not None:
            self._writing.cancel()
            await asyncio.gather(self._writing, return_exceptions=True)
        await self.write()
