"""Writes how sends ended, set-wise: one step takes all that ended while the last was written."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from contact_center.kernel.errors import Unavailable
from contact_center.kernel.log import get_logger
from contact_center.outbox import acts, sending
from contact_center.outbox.model import Mark
from contact_center.storage.database import Database
from contact_center.storage.unit import Unit

BATCH = 256
log = get_logger(__name__)


class Marks:
    """One writer for all accounts of this process."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: list[tuple[Mark, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def put(self, mark: Mark) -> None:
        """Return when the mark is committed.

        While the database is away it is kept and tried again: to forget a provider's answer would
        make a message uncertain that is not.
        """
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((mark, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="outbox marks")
        await done

    async def close(self, seconds: float = 5.0) -> None:
        """Wait for what is being written; what cannot be written by then becomes an orphan."""
        if self._writer is not None and not self._writer.done():
            await asyncio.wait([self._writer], timeout=seconds)
            self._writer.cancel()

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:BATCH], self._waiting[BATCH:]
            await self._settle([mark for mark, _ in batch])
            for _, done in batch:
                if not done.done():
                    done.set_result(None)

    async def _settle(self, marks: Sequence[Mark]) -> None:
        pause = 0.1
        while True:
            try:
                await self._database.run(lambda unit: _note(unit, marks))
            except Unavailable as error:
                log.warning("marks wait for the database", error=str(error), count=len(marks))
                await asyncio.sleep(pause)
                pause = min(2.0, pause * 2)
            except Exception as error:  # noqa: BLE001 - whatever it is, the others must be written
                await self._halve(marks, error)
                return
            else:
                return

    async def _halve(self, marks: Sequence[Mark], error: Exception) -> None:
        """One mark that cannot be written must not hold up the others; its claim runs out."""
        if len(marks) == 1:
            log.error("mark not written", outbox=str(marks[0].claim.id), exc_info=error)
            return
        middle = len(marks) // 2
        await self._settle(marks[:middle])
        await self._settle(marks[middle:])


async def _note(unit: Unit, marks: Sequence[Mark]) -> None:
    await acts.settle(unit, await sending.settle(unit, marks))
