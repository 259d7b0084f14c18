"""Who waits for an operator and is here, has left the site, or came back: noted in his rows.

Written seldom and many at once, for the beat of every open chat passes here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from uuid import UUID

from contact_center.desk import leaving
from contact_center.kernel.clock import Clock
from contact_center.kernel.errors import Unavailable
from contact_center.storage.database import Database

WRITE_SECONDS = 5.0


class Attendance:
    """What this node has to write down of those who wait."""

    def __init__(self, database: Database, clock: Clock, beat: float) -> None:
        self._database = database
        self._clock = clock
        self._beat = beat
        self._gone: dict[UUID, bool] = {}  # contact → gone or back: the last that happened counts
        self._gates = asyncio.Event()
        self._noted: dict[UUID, float] = {}  # who waits here → when that was noted last

    def note(self, contact_id: UUID, *, gone: bool) -> None:
        """A visitor who waits for an operator has left the site, or is there again."""
        self._gone[contact_id] = gone
        self._gates.set()

    async def write_forever(self) -> None:
        """Write down who left and who came back, all of a moment in one transaction."""
        while True:
            await self._gates.wait()
            await asyncio.sleep(min(self._beat, 1.0))  # a page that is left for the next one
            self._gates.clear()
            noted, self._gone = self._gone, {}
            left = [contact for contact, gone in noted.items() if gone]
            back = [contact for contact, gone in noted.items() if not gone]
            try:
                async with asyncio.timeout(WRITE_SECONDS):
                    if left:
                        await leaving.note_left(self._database, left, self._clock.now())
                    if back:
                        await leaving.note_back(self._database, back)
            except (Unavailable, TimeoutError):  # what has happened meanwhile is newer
                self._gone = {**noted, **self._gone}
                await asyncio.sleep(self._beat)
                self._gates.set()

    async def here(self, waiting: Collection[UUID]) -> None:
        """Note of all who wait on this node that they are here, each a few times per term."""
        now, again = asyncio.get_running_loop().time(), leaving.HERE.total_seconds() / 3
        self._noted = {one: self._noted[one] for one in waiting if one in self._noted}
        unsaid = [one for one in waiting if now - self._noted.get(one, now - again) >= again]
        if unsaid:
            await leaving.note_here(self._database, unsaid, self._clock.now())
            self._noted |= dict.fromkeys(unsaid, now)
