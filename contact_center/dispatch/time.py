"""The database's time in this process: every node then means the same by "now"."""

from __future__ import annotations

from contact_center.dispatch import store
from contact_center.kernel.clock import Clock
from contact_center.storage.database import Database


class DatabaseTime:
    """The database's clock, carried on by our own monotonic one between two looks at it.

    A jump of this machine's wall clock changes nothing, and time never goes back.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._offset_ms = 0.0
        self._latest = 0

    async def look(self, database: Database) -> None:
        """Ask the database."""
        asked = self._clock.monotonic()
        there = await store.database_ms(database)
        self._offset_ms = there - 500 * (asked + self._clock.monotonic())

    def now_ms(self) -> int:
        """Milliseconds since the epoch; equal or later than the last answer."""
        self._latest = max(self._latest, int(self._offset_ms + 1000 * self._clock.monotonic()))
        return self._latest
