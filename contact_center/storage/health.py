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
# The age of the oldest transaction that still may write: no reader of the log sees beyond it, also
# where it is one of another database of this server, or one prepared by somebody and forgotten.
HORIZON = """
SELECT greatest(
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(xact_start)), 0)
   FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND pid <> pg_backend_pid()),
  (SELECT coalesce(extract(epoch FROM clock_timestamp() - min(prepared)), 0)
   FROM pg_prepared_xacts))::float
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

# For machines that ask every few seconds: what is open now, by partial indexes, never history.
GAUGES = f"""
SELECT ({HORIZON}) AS log_horizon_lag_seconds, o.*, j.*, d.*, q.*
FROM (SELECT count(*) FILTER (WHERE state IN ('held','pending')) AS outbox_pending,
             count(*) FILTER (WHERE state = 'uncertain') AS outbox_uncertain,
             greatest(0, coalesce(extract(epoch FROM now() - min(due_at)), 0))::float
               AS outbox_oldest_seconds
      FROM outbox WHERE state IN ('held','pending','sending','uncertain')) o,
     (SELECT count(*) AS jobs_waiting FROM jobs WHERE state IN ('waiting','running')) j,
     (SELECT count(*) AS jobs_dead
      FROM (SELECT FROM jobs WHERE state = 'dead' LIMIT 10000) dead) d,
     (SELECT count(*) AS quarantine_waiting
      FROM (SELECT FROM quarantine WHERE state = 'waiting' LIMIT 10000) waiting) q
"""  # noqa: S608 - a constant


async def gauges(database: Database) -> dict[str, float]:
    """What `web.gauges` tells, by the names of its metrics."""
    row = await database.fetchrow(GAUGES)
    return {name: float(value) for name, value in row.items()} if row else {}


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
