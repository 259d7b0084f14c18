"""The one reader of the log that a process keeps, and who in the process follows it.

It stands before anything is loaded from the rows and keeps its place over outages, so whoever
loads first and follows then misses nothing. It also rings the bells of the process: a sleeper is
woken by the hint bus, and where that is away by what the log says, a quarter of a second later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from contact_center.kernel.hints import Hints
from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database
from contact_center.storage.events import Event, LogReader
from contact_center.storage.unit import BELL

Listener = Callable[[Sequence[Event]], None]

log = get_logger(__name__)


class Follower:
    """Gives each batch of the log to every listener of the process."""

    def __init__(self, database: Database, hints: Hints) -> None:
        self._hints = hints
        self._reader = LogReader(database, "process", hints=hints)
        self.listeners: list[Listener] = [self._ring]

    async def open(self) -> None:
        """Take the present place; what happens from now on will be told."""
        await self._reader.open()

    async def run(self) -> None:
        """Follow until cancelled. Raises Unavailable when the database is away: run it again."""
        async for batch in self._reader.read():
            for listener in self.listeners:
                try:
                    listener(batch)
                except Exception:  # the others, and what comes after, are not to suffer for it
                    log.exception("follower_failed", listener=repr(listener))

    def _ring(self, batch: Sequence[Event]) -> None:
        rung = {topic for event in batch if event.kind == BELL for topic in event.data["topics"]}
        for topic in rung:
            self._hints.ring(topic)
