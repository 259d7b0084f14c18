"""Numbers of one account's health page: counts of two days, and what is open now; no history."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from contact_center.storage.database import Database
from contact_center.storage.unit import Record

COUNTS = """
SELECT * FROM account_counts WHERE account_id = $1 AND at > now() - interval '1 day' ORDER BY at
"""
OUTBOX = """
SELECT state, count(*) AS n, min(due_at) AS oldest FROM (
  SELECT state, due_at FROM outbox
  WHERE account_id = $1 AND state IN ('held','pending','sending','uncertain') LIMIT 10000) open
GROUP BY state
"""
PACE = """
SELECT failures, failing_since, width, until,
       greatest(0, extract(epoch FROM until - now()))::float AS rest
FROM account_paces WHERE account_id = $1
"""
KEPT = """
SELECT kind, CASE WHEN kind = 'unsupported' THEN error ELSE '' END AS what, count(*) AS n FROM (
  SELECT kind, error FROM quarantine WHERE account_id = $1 AND state = 'waiting'
  ORDER BY id DESC LIMIT 1000) newest
GROUP BY 1, 2 ORDER BY n DESC, 1, 2 LIMIT 30
"""


async def now(database: Database) -> datetime:
    """The database's time, by which the slots are chosen."""
    at: datetime = await database.fetchval("SELECT now()")
    return at


async def counts(database: Database, account_id: UUID) -> list[Record]:
    """The counts of a day, by five minutes: at most 289 rows."""
    return await database.fetch(COUNTS, account_id)


async def outbox(database: Database, account_id: UUID) -> list[Record]:
    """What has not left yet, by state."""
    return await database.fetch(OUTBOX, account_id)


async def pace(database: Database, account_id: UUID) -> Record | None:
    """What refusals have taught the sender; None where there is nothing to know."""
    return await database.fetchrow(PACE, account_id)


async def kept(database: Database, account_id: UUID) -> list[dict[str, Any]]:
    """What waits in quarantine, of the newest thousand; unsupported kinds by their name."""
    return [dict(row) for row in await database.fetch(KEPT, account_id)]
