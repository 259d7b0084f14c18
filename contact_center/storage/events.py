"""The log and its one reader.

A reader sees rows in the order (xid, seq) and only below the oldest running transaction, so it
never steps over a row that commits late. That order is the order of delivery and nothing more:
an xid is given before a lock is won, so what happened first is told by the versions alone, and a
reader ignores a version older than what it has.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple
from uuid import UUID

from contact_center.kernel.hints import Hints, rang, ring_at
from contact_center.storage.database import LOG_TOPIC, Database
from contact_center.storage.stalled import cut
from contact_center.storage.unit import Record, Unit

BATCH = 1000
POLL_SECONDS = 0.25
HORIZON_SECONDS = 0.01
STANDING_SECONDS = 1.0  # no transaction of the house writes that long
# Each commit rings. A few in a row are looked at one by one, so that a person's step and what
# follows from it show at once; of a steady stream one look takes what came in this time.
REST_SECONDS = 0.01
FEW = 5

# One row at or above the horizon comes back too, and last: it says "ask again soon".
_ROWS = """
SELECT seq, xid, kind, subject_kind, subject_id, version, identity_id, actor, cause, data, at,
       {settled} AS settled
FROM events WHERE (xid, seq) > ($1::xid8, $2::bigint)
  AND xid {side} pg_snapshot_xmin(pg_current_snapshot()) ORDER BY xid, seq LIMIT {limit}
"""
READ = (
    f"({_ROWS.format(settled='true', side='<', limit='$3')}) UNION ALL "
    f"({_ROWS.format(settled='false', side='>=', limit='1')})"
)
HORIZON = "SELECT (pg_snapshot_xmin(pg_current_snapshot())::text::numeric - 1)::text::bigint"
LOAD = "SELECT xid, seq FROM cursors WHERE reader = $1"
MOVE = """
INSERT INTO cursors (reader, era, xid, seq)
VALUES ($1, (SELECT era FROM workspace), $2::xid8, $3)
ON CONFLICT (reader) DO UPDATE SET era = excluded.era, xid = excluded.xid, seq = excluded.seq,
                                   moved_at = now()
"""


class Event(NamedTuple):
    """One row of the log, in the order of READ's columns."""

    seq: int
    xid: int
    kind: str
    subject_kind: str
    subject_id: UUID
    version: int
    identity_id: UUID | None
    actor: str
    cause: str
    data: dict[str, Any]
    at: datetime


_WIDTH = len(Event._fields)

Position = tuple[int, int]


async def horizon(database: Database) -> Position:
    """The position below which everything is settled now: read it, then the rows, then the log."""
    return int(await database.fetchval(HORIZON)), 2**62


class LogReader:
    """Reads the log from a position on; keep one per consumer.

    A durable reader loads its cursor and moves it by `commit`, in the unit that did the work where
    there is one. Others start at `start`, or at the present horizon.
    """

    def __init__(
        self,
        database: Database,
        name: str,
        *,
        hints: Hints | None = None,
        durable: bool = False,
        start: Position | None = None,
    ) -> None:
        self._database = database
        self._hints = hints
        self._name = name
        self._durable = durable
        self.position: Position | None = start
        self._woken = asyncio.Event()
        self._stands: float | None = None  # since when rows have been there and none to be read
        self.behind = False

    async def open(self) -> Position:
        """Where reading begins; loads the durable cursor. A new durable reader starts at 0."""
        if self.position is None:
            if self._durable:
                row = await self._database.fetchrow(LOAD, self._name)
                self.position = (int(row["xid"]), int(row["seq"])) if row else (0, 0)
            else:
                self.position = await horizon(self._database)
        return self.position

    async def commit(self, unit: Unit | None = None) -> None:
        """Make the position durable, with the unit that did the work or by itself."""
        xid, seq = self.position or (0, 0)
        await (unit or self._database).execute(MOVE, self._name, xid, seq)

    async def poll(self) -> list[Event]:
        """What is settled and new, at most a thousand events; moves the position in memory."""
        position = await self.open()
        rows = await self._database.fetch(READ, *position, BATCH)
        settled = [row for row in rows if row["settled"]]
        self.behind = len(settled) < len(rows) or len(settled) == BATCH
        if settled:
            last = settled[-1]
            self.position = (int(last["xid"]), int(last["seq"]))
        await self._move_on(stands=bool(rows) and not settled)
        return [_event(row) for row in settled]

    async def _move_on(self, *, stands: bool) -> None:
        """A process that fell asleep while it wrote must not keep the log from all others."""
        now = asyncio.get_running_loop().time()
        if not stands:
            self._stands = None
        elif self._stands is None:
            self._stands = now
        elif now - self._stands > STANDING_SECONDS:
            self._stands = now
            await cut(self._database)

    async def read(self) -> AsyncIterator[list[Event]]:
        """Batches for ever. Raises Unavailable when the database is away: back off, read again."""
        waker = None
        if self._hints:
            waker = asyncio.create_task(ring_at(self._hints, LOG_TOPIC, self._woken))
        rested = 0.0
        try:
            while True:
                self._woken.clear()
                looked = asyncio.get_running_loop().time()
                batch = await self.poll()
                if batch:
                    yield batch
                if not batch or not self.behind:
                    rested = max(rested, looked - FEW * REST_SECONDS) + REST_SECONDS
                    await self._pause(rested)
        finally:
            if waker:
                waker.cancel()

    async def _pause(self, rested: float) -> None:
        """Until there may be more, and not before the instant `rested`."""
        if self.behind:
            await asyncio.sleep(HORIZON_SECONDS)
            return
        if not await rang(self._woken, POLL_SECONDS):
            return
        await asyncio.sleep(max(0.0, rested - asyncio.get_running_loop().time()))


def _event(row: Record) -> Event:
    return Event._make(islice(row.values(), _WIDTH))
