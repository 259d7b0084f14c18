"""Sessions that hold locks and wait for a client that does not read: the hole beside the time-outs.

A session idle in a transaction is ended by the server after a second (`database.SESSION`). One
whose process was stopped while the server sends it a large answer is not idle and cannot be
cancelled; it would keep its locks for as long as the process sleeps. Whoever waits for a lock
too long ends it (https://www.postgresql.org/docs/current/monitoring-stats.html, `ClientWrite`).
"""

from __future__ import annotations

from contact_center.kernel.log import get_logger
from contact_center.storage.database import Database

log = get_logger(__name__)

# `backend_xid`: only who has locked or written rows; who reads a long report slowly may go on.
CUT = """
SELECT count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE wait_event = 'ClientWrite' AND backend_xid IS NOT NULL
  AND datname = current_database() AND usename = current_user
  AND query_start < clock_timestamp() - interval '1 second'
"""


async def cut(database: Database) -> int:
    """End the sessions that keep locks for nobody; returns how many there were."""
    count = int(await database.fetchval(CUT))
    if count:
        log.warning("stalled sessions ended", sessions=count)
    return count
