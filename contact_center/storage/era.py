"""A log that comes from another cluster (a restored dump) is numbered anew.

There the transaction ids of the rows lie above the present one, and a reader would wait for years.
The old rows keep their order by seq under one old xid, and so do the cursors.
"""

from __future__ import annotations

from contact_center.kernel.errors import Unavailable
from contact_center.kernel.log import get_logger
from contact_center.storage.connecting import connected
from contact_center.storage.database import Connection, Database
from contact_center.storage.migrate import LOCK

SLICE = 100_000
PATIENT = {
    "statement_timeout": "0", "lock_timeout": "0", "idle_in_transaction_session_timeout": "0",
}  # fmt: skip
FOREIGN = """
SELECT coalesce((SELECT xid FROM events ORDER BY xid DESC, seq DESC LIMIT 1), '0')
       >= pg_current_xact_id()
"""
# From the bottom up: until the last slice the top of the log says that there is more to do. Each
# begins after the one before, not among the entries that it has left dead in the index.
RENUMBER = """
WITH slice AS (
  SELECT xid, seq FROM events WHERE (xid, seq) > ($1::xid8, $2::bigint) ORDER BY xid, seq LIMIT $3
), moved AS (
  UPDATE events e SET xid = '3' FROM slice s WHERE e.xid = s.xid AND e.seq = s.seq
  RETURNING s.xid, s.seq
)
SELECT xid, seq, count(*) OVER () AS moved FROM moved ORDER BY xid DESC, seq DESC LIMIT 1
"""

log = get_logger(__name__)


async def ensure_era(database: Database) -> bool:
    """Open a new era where the log comes from another cluster; True if it did.

    In slices, so that a start which is ended goes on where it was; without time-outs, for a log
    may be large; under the lock of the migrations, so that nodes which start meanwhile wait.
    """
    if not await database.fetchval(FOREIGN):
        return False
    async with connected(database.url, server_settings=PATIENT) as own:
        await own.execute("SELECT pg_advisory_lock($1)", LOCK)
        if not await own.fetchval(FOREIGN):
            return False
        await _renumber(own)
    return True


async def _renumber(own: Connection) -> None:
    present = int(await own.fetchval("SELECT pg_current_xact_id()"))
    place, done = (present - 1, 2**62), 0
    log.warning("the log comes from another cluster: a new era begins")
    while True:
        async with own.transaction():
            row = await own.fetchrow(RENUMBER, *place, SLICE)
            if row is None or row["moved"] < SLICE:
                await _begin(own, present)
                return
        place, done = (int(row["xid"]), row["seq"]), done + SLICE
        log.info("the log is being numbered anew", done=done)


async def _begin(own: Connection, present: int) -> None:
    await own.execute("UPDATE cursors SET xid = '3' WHERE xid >= $1::xid8", present)
    if await own.fetchval("UPDATE workspace SET era = era + 1 RETURNING era") is None:
        raise Unavailable("the workspace row is missing: run the migrations")
