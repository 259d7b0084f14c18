"""Numbers of the health page: a handful of short reads over small or indexed rows."""

from __future__ import annotations

from typing import Any

from contact_center.storage.database import Database

ACCOUNTS = """
SELECT id, title, provider, state, health, health_text, health_at, last_in_at, last_out_at
FROM accounts WHERE archived_at IS NULL ORDER BY title, id
"""
ROUTER = (
    "SELECT holder, until, until > clock_timestamp() AS alive FROM leases WHERE name = 'router'"
)
# The age of the oldest transaction that still may write: no reader sees beyond it.
HORIZON = """
SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)::float
FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()
"""
READERS = """
SELECT c.reader, (SELECT count(*) FROM (SELECT 1 FROM events e
  WHERE (e.xid, e.seq) > (c.xid, c.seq) LIMIT 10000) behind) AS behind FROM cursors c
"""
JOBS = "SELECT state, count(*) AS n FROM jobs WHERE state <> 'done' GROUP BY state"
OUTBOX = """
SELECT state, count(*) AS n FROM outbox
WHERE state IN ('held','pending','sending','uncertain')
   OR (state = 'failed' AND settled_at > now() - interval '1 day') GROUP BY state
"""
QUARANTINE = "SELECT state, count(*) AS n FROM quarantine WHERE state = 'waiting' GROUP BY state"
WAITING = """
SELECT count(*) AS n, min(arrived_at) AS oldest FROM work WHERE state IN ('waiting','offered')
"""


async def answers(database: Database) -> None:
    """Return when the database does; raises Unavailable when it is away."""
    await database.fetchval("SELECT 1")


async def report(database: Database) -> dict[str, Any]:
    """What `web.health.HealthReport` shows."""
    router = await database.fetchrow(ROUTER)
    waiting = await database.fetchrow(WAITING)
    return {
        "at": await database.fetchval("SELECT now()"),
        "accounts": [dict(row) for row in await database.fetch(ACCOUNTS)],
        "router": dict(router) if router else {"holder": None, "until": None, "alive": False},
        "log": {
            "horizon_lag_seconds": round(await database.fetchval(HORIZON), 3),
            "readers": {row["reader"]: row["behind"] for row in await database.fetch(READERS)},
        },
        "jobs": await _counts(database, JOBS),
        "outbox": await _counts(database, OUTBOX),
        "quarantine": await _counts(database, QUARANTINE),
        "waiting": waiting["n"] if waiting else 0,
        "oldest_waiting_at": waiting["oldest"] if waiting else None,
    }


async def _counts(database: Database, query: str) -> dict[str, int]:
    return {row["state"]: row["n"] for row in await database.fetch(query)}
